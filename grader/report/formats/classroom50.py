"""Classroom 50: `result.json` as classroom50/result/v1 wants it, and `release-body.md`.

Its scores are whole numbers and never above the maximum. So points are multiplied until they are
whole, and bonus points aren't part of them. Weights and lateness are in the whole score, not in the
rows'. Its runner counts a run as a failure if any row isn't
passed, so a bonus that wasn't earned has no row; the text of the release mentions it. The status of
the run and a summary also go to `$GITHUB_OUTPUT`, where the runner looks for them first.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import msgspec

from grader.report.files import ReportError, save
from grader.report.markdown import escape, feedback
from grader.report.seen import FAULT, Seen, SeenTest
from grader.report.single import only, said, whole_factor
from grader.report.text import line, number, score
from grader.result import Grades, Outcome

NAME = "classroom50"
HELP = "Classroom 50: result.json and release-body.md. Holds no secret."
SINGLE = True
OUT = "."
OPTIONS: Mapping[str, str] = {
    "datetime": "when it was submitted, YYYY-MM-DDTHH:MM:SSZ (default: now)",
}

SCHEMA = "classroom50/result/v1"
INSTANT = "%Y-%m-%dT%H:%M:%SZ"
VARIABLES = {
    "classroom": "CLASSROOM",
    "assignment": "ASSIGNMENT",
    "submission": "SUBMISSION_TAG",
    "commit": "COMMIT_URL",
    "release": "RELEASE_URL",
    "review": "REVIEW_URL",
}


def ready() -> None:
    """Raises `ReportError` where the runner's variables are missing."""
    heading(os.environ)


def write(grades: Grades, out: Path, options: Mapping[str, str]) -> list[Path]:
    """Write both files to the folder `out`. What they need to know is in the environment."""
    student = only(grades)
    head = heading(os.environ, options.get("datetime", ""))
    written = _save(out, result(student, head), feedback(student))
    if output := os.environ.get("GITHUB_OUTPUT"):
        with Path(output).open("a", encoding="utf-8") as file:
            file.write(status_lines(student))
    return written


def write_failure(message: str, out: Path, submitted: str = "") -> list[Path]:
    """Write both files of a run that couldn't grade. The caller then exits with an error."""
    body = f"# Not graded\n\n{escape(line(message))}\n"
    return _save(out, failure(message, heading(os.environ, submitted)), body)


def _save(out: Path, made: dict[str, Any], body: str) -> list[Path]:
    content = msgspec.json.format(msgspec.json.encode(made), indent=2)
    return [save(out / "result.json", content + b"\n"), save(out / "release-body.md", body)]


def status_lines(student: Seen) -> str:
    """The lines for `$GITHUB_OUTPUT`: full base marks are a success, whatever the bonus."""
    if not student.graded:
        return "status=error\nsummary=Not graded\n"
    missed = any(exercise.missed for exercise in student.exercises)
    status = "failure" if missed and not student.full_by_rules else "success"
    bonus = f", and {number(student.bonus)} bonus" if student.bonus else ""
    told = " ".join([f"{score(student.total)} of 100{bonus}", *student.reasons])
    return f"status={status}\nsummary={told}\n"


def heading(environment: Mapping[str, str], submitted: str = "") -> dict[str, str]:
    """The part of the result that the runner knows. Raises `ReportError` if it is missing."""
    given = {key: environment.get(name, "") for key, name in VARIABLES.items()}
    given["review"] = given["review"] or given["commit"]
    missing = [VARIABLES[key] for key, value in given.items() if not value]
    if missing:
        raise ReportError(
            f"Not in the environment: {', '.join(missing)}. Run this as Classroom 50's autograder."
        )
    if not given["submission"].startswith("submit/"):
        raise ReportError(
            f"SUBMISSION_TAG is {given['submission']!r}: it has to start with submit/."
        )
    if submitted and not re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", submitted):
        raise ReportError(f"datetime={submitted}: give it as 2026-11-20T10:00:00Z.")
    now = datetime.now(timezone.utc).strftime(INSTANT)
    return {"schema": SCHEMA, **given, "datetime": submitted or now, "graded_at": now}


def result(student: Seen, head: Mapping[str, str]) -> dict[str, Any]:
    """The result of one submission. If it wasn't graded, the maximum is 0."""
    if not student.graded:
        return failure(student.fault or FAULT, head)
    factor = whole_factor(student)
    tests = [
        _test(f"{exercise.name}: {test.title}", test, factor)
        for exercise in student.exercises
        for test in exercise.tests
        if not test.bonus or test.outcome is Outcome.PASSED
    ]
    most = sum(test["max-score"] for test in tests)
    earned = sum(test["score"] for test in tests)
    if student.ruled and student.total is not None:
        earned = min(most, round(most * student.total / 100))
    return {**head, "score": earned, "max-score": most, "tests": tests}


def failure(message: str, head: Mapping[str, str]) -> dict[str, Any]:
    """A result which says that nothing was graded, and why."""
    test = {
        "test-name": "Not graded",
        "passed": False,
        "score": 0,
        "max-score": 0,
        "message": line(message) or FAULT,
    }
    return {**head, "score": 0, "max-score": 0, "tests": [test]}


def _test(name: str, test: SeenTest, factor: int) -> dict[str, Any]:
    passed = test.outcome is Outcome.PASSED
    worth = 0 if test.bonus else round(test.points * factor)
    made: dict[str, Any] = {
        "test-name": name,
        "passed": passed,
        "score": worth if passed else 0,
        "max-score": worth,
        "outcome": test.outcome.value,
    }
    if test.bonus:
        made["bonus"] = test.points
    if not passed:
        made["message"] = said(test)
    return made
