"""Gradescope's `results.json`, on a scale up to the assignment's points.

A submission that wasn't graded gets no score at all. Gradescope then says that the autograder
failed, which is true, and records no 0.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec

from grader.grading.policy import length
from grader.report.files import ReportError, save
from grader.report.seen import FAULT, Seen, SeenExercise, SeenTest
from grader.report.sheet import read_maximum
from grader.report.single import only, said
from grader.report.text import block, number, score
from grader.result import Grades, Outcome

NAME = "gradescope"
HELP = "Gradescope's results.json. Holds no secret."
SINGLE = True
STEPS = 10_000  # to a point
OUT = "results/results.json"
VISIBILITIES = ("visible", "after_due_date", "after_published", "hidden")
OPTIONS: Mapping[str, str] = {
    "points": "the assignment's points (default 100)",
    "visibility": f"when students see the tests: {', '.join(VISIBILITIES)}",
    "bonus-visibility": "the same for the bonus tests (default: as the others)",
    "metadata": "Gradescope's submission_metadata.json (default: beside the folder of the results, "
    "where Gradescope puts it)",
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
    student = only(grades)
    metadata = Path(options["metadata"]) if "metadata" in options else metadata_of(out)
    late = "" if student.late else lateness(metadata)  # the reasons say it already
    made = result(student, maximum, visibility, bonus, late)
    return [_save(out, {**made, "execution_time": round(seconds)})]


def write_failure(message: str, out: Path) -> list[Path]:
    """Write the file of a run that couldn't grade. The caller then exits with an error."""
    return [_save(out, failure(message))]


def _save(out: Path, made: dict[str, Any]) -> Path:
    return save(out, msgspec.json.format(msgspec.json.encode(made), indent=2) + b"\n")


def metadata_of(out: Path) -> Path:
    """Where Gradescope's metadata is, if `out` is where it wants the results."""
    return out.parent.parent / "submission_metadata.json"


def lateness(metadata: Path) -> str:
    """How late the submission is by Gradescope's own metadata, in words; '' if it isn't.

    '' too where there is no such file, or no dates in it. What that costs is Gradescope's to
    decide: no points are taken for it.
    """
    try:
        told = msgspec.json.decode(metadata.read_bytes())
        late = _instant(told["created_at"]) - _instant(told["assignment"]["due_date"])
    except (OSError, ValueError, LookupError, TypeError):
        return ""
    if late <= timedelta():
        return ""
    return f"Handed in late, {length(late)} after the due date."


def submitted(metadata: Path) -> tuple[datetime | None, list[str]]:
    """When the submission was made, and its students' names and addresses, as Gradescope says."""
    try:
        told = msgspec.json.decode(metadata.read_bytes())
        when = _instant(told["created_at"])
        users = told.get("users") or []
        names = [str(user[key]) for user in users for key in ("name", "email") if user.get(key)]
        return (when if when.tzinfo else None), names
    except (OSError, ValueError, LookupError, TypeError, AttributeError):
        return None, []


def _instant(text: object) -> datetime:
    return datetime.fromisoformat(str(text).replace("Z", "+00:00"))  # Python 3.10 doesn't read a Z


def result(
    student: Seen,
    maximum: float = 100.0,
    visibility: str = "visible",
    bonus: str = "visible",
    late: str = "",
) -> dict[str, Any]:
    """What Gradescope reads: each of our tests is one of its tests.

    `maximum`: the assignment's points. `late`: a note on when it was handed in.
    """
    if not student.graded:
        made = failure(student.fault or FAULT)
        made["tests"] += [
            _test(exercise, test, None, visibility)
            for exercise in student.exercises
            for test in exercise.tests
        ]
        return made
    scale = maximum / student.points if student.points else 0.0
    total = ((student.total or 0.0) + student.bonus) * maximum / 100
    heading = f"{score(student.total)} of 100, and {number(student.bonus)} bonus."
    maxima = iter(shares([t.points for e in student.exercises for t in e.base], maximum))
    return {
        "score": round(total, 4),
        "output": "\n".join(filter(None, [heading, *student.reasons, late, *student.notes])),
        "output_format": "text",
        "test_output_format": "text",
        "test_name_format": "text",
        "stdout_visibility": "hidden",
        "extra_data": {"graded": True},
        "tests": [
            _test(exercise, test, round(test.points * scale, 4), bonus)
            if test.bonus
            else _test(exercise, test, next(maxima), visibility)
            for exercise in student.exercises
            for test in exercise.tests
        ],
    }


def shares(points: Sequence[float], maximum: float) -> list[float]:
    """Divide `maximum` in proportion to the points, so that the shares add up to it exactly.

    Shares are multiples of 0.0001. Each is rounded down at first; what is left over goes to those
    that lost most by it.
    """
    if not sum(points):
        return [0.0] * len(points)
    steps = round(STEPS * maximum)
    exact = [steps * worth / sum(points) for worth in points]
    whole = [int(share) for share in exact]
    remainders = sorted(range(len(points)), key=lambda i: whole[i] - exact[i])
    for i in remainders[: steps - sum(whole)]:
        whole[i] += 1
    return [share / STEPS for share in whole]


def failure(message: str) -> dict[str, Any]:
    """A result which says that nothing was graded, and why."""
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
    exercise: SeenExercise, test: SeenTest, worth: float | None, visibility: str
) -> dict[str, Any]:
    """`worth`: the test's points on Gradescope's scale, or None where nothing is scored."""
    passed = test.outcome is Outcome.PASSED
    made: dict[str, Any] = {
        "name": f"{exercise.name}: {test.title}" + (" (bonus)" if test.bonus else ""),
        "output": "" if passed else said(test),
        "visibility": visibility,
        "tags": [exercise.name],
    }
    if passed or not test.bonus:  # without a status, a bonus that wasn't earned isn't shown red
        made["status"] = "passed" if passed else "failed"
    if worth is not None:
        made["score"] = worth if passed else 0
        made["max_score"] = 0 if test.bonus else worth  # a maximum of 0 makes points extra
    return made
