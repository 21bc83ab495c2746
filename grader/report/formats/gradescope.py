"""Gradescope's `results.json`, on a scale up to the assignment's points.

A submission that wasn't graded gets no score at all: Gradescope then shows its autograder as
failed, which is the truth, and keeps no 0.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from grader.report.files import ReportError, save
from grader.report.seen import FAULT, Seen, SeenExercise, SeenTest
from grader.report.sheet import read_maximum
from grader.report.single import only, said
from grader.report.text import block, number, score
from grader.result import Grades, Outcome

NAME = "gradescope"
HELP = "Gradescope's results.json. Holds no secret."
OUT = "results/results.json"
VISIBILITIES = ("visible", "after_due_date", "after_published", "hidden")
OPTIONS: Mapping[str, str] = {
    "points": "the assignment's points (default 100)",
    "visibility": f"when students see the tests: {', '.join(VISIBILITIES)}",
    "bonus-visibility": "the same for the bonus tests (default: as the others)",
}


def write(grades: Grades, out: Path, options: Mapping[str, str]) -> list[Path]:
    """Write the file for the one submission of the run."""
    visibility = options.get("visibility", "visible")
    bonus = options.get("bonus-visibility", visibility)
    for given in (visibility, bonus):
        if given not in VISIBILITIES:
            raise ReportError(f"visibility={given}: give one of {', '.join(VISIBILITIES)}.")
    maximum = read_maximum(options.get("points", "100"))
    seconds = grades.results[0].seconds if grades.results else 0.0
    made = result(only(grades, NAME), maximum, visibility, bonus)
    return [_save(out, {**made, "execution_time": round(seconds)})]


def write_failure(message: str, out: Path) -> list[Path]:
    """Write the file of a run that couldn't grade. Exit with a status other than 0 after it."""
    return [_save(out, failure(message))]


def _save(out: Path, made: dict[str, Any]) -> Path:
    return save(out, msgspec.json.format(msgspec.json.encode(made), indent=2) + b"\n")


def result(
    student: Seen, maximum: float = 100.0, visibility: str = "visible", bonus: str = "visible"
) -> dict[str, Any]:
    """What Gradescope reads: a test of ours is a test of its."""
    if not student.graded:
        made = failure(student.fault or FAULT)
        made["tests"] += [
            _test(exercise, test, None, visibility)
            for exercise in student.exercises
            for test in exercise.tests
        ]
        return made
    scale = maximum / student.points
    total = ((student.total or 0.0) + student.bonus) * maximum / 100
    heading = f"{score(student.total)} of 100, and {number(student.bonus)} bonus."
    return {
        "score": round(total, 4),
        "output": "\n".join([heading, *student.notes]),
        "output_format": "text",
        "test_output_format": "text",
        "test_name_format": "text",
        "stdout_visibility": "hidden",
        "extra_data": {"graded": True},
        "tests": [
            _test(exercise, test, scale, bonus if test.bonus else visibility)
            for exercise in student.exercises
            for test in exercise.tests
        ],
    }


def failure(message: str) -> dict[str, Any]:
    """A result that says that nothing was graded, and why."""
    text = block(message).strip() or FAULT
    return {
        "output": f"Not graded. {text}",
        "output_format": "text",
        "test_output_format": "text",
        "test_name_format": "text",
        "stdout_visibility": "hidden",
        "extra_data": {"graded": False},
        "tests": [
            {"name": "Not graded", "status": "failed", "output": text, "visibility": "visible"}
        ],
    }


def _test(
    exercise: SeenExercise, test: SeenTest, scale: float | None, visibility: str
) -> dict[str, Any]:
    passed = test.outcome is Outcome.PASSED
    made: dict[str, Any] = {
        "name": f"{exercise.name}: {test.title}" + (" (bonus)" if test.bonus else ""),
        "status": "passed" if passed else "failed",
        "output": "" if passed else said(test),
        "visibility": visibility,
        "tags": [exercise.name],
    }
    if scale is not None:
        made["score"] = round(test.earned * scale, 4)
        # a maximum of 0 makes points extra
        made["max_score"] = 0 if test.bonus else round(test.points * scale, 4)
    return made
