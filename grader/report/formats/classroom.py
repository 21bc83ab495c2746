"""GitHub Actions: the `result` for autograding-grading-reporter, a summary, and annotations.

`write` makes a folder. A workflow appends `output` to `$GITHUB_OUTPUT` and `summary.md` to
`$GITHUB_STEP_SUMMARY`, and prints `annotations.txt`.

The reporter adds up the rows' scores. So where weights or lateness make another total of them, each
row has its part of that total; the reasons are a message, a notice, and in the summary.
"""

from __future__ import annotations

import ast
import base64
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from grader.report.files import save
from grader.report.markdown import escape, feedback
from grader.report.seen import FAULT, Seen, SeenExercise, SeenTest
from grader.report.single import counted, only, said
from grader.report.text import line, short, worth
from grader.result import Grades, Outcome, Result

NAME = "classroom"
HELP = "GitHub Actions: autograding result, job summary, annotations. Holds no secret."
SINGLE = True
OUT = "classroom"
OPTIONS: Mapping[str, str] = {
    "file": "where an exercise's file is in the repository "
    "(default exercises/{exercise}/{module}.py)"
}

FILE = "exercises/{exercise}/{module}.py"
# The result is passed in an environment variable, in base64. Linux allows 128 KiB.
MAX_ENCODED = 120_000
ROOMS = (2000, 500, 100, 0)  # characters for a message: the first with which the result fits
MAX_SUMMARY = 1 << 19
PASS, FAIL, ERROR = "pass", "fail", "error"


def write(grades: Grades, out: Path, options: Mapping[str, str]) -> list[Path]:
    """Write the folder for the one submission of the run."""
    student = only(grades)
    lines = commands(student, grades.results[0], options.get("file", FILE))
    return _folder(out, result(student), feedback(student), lines)


def write_failure(message: str, out: Path) -> list[Path]:
    """Write the folder of a run that couldn't grade. It says so, and the job turns red."""
    summary = f"# Not graded\n\n{escape(line(message))}\n"
    return _folder(out, failure(message), summary, [_command("error", message, title="Not graded")])


def _folder(out: Path, made: dict[str, Any], summary: str, lines: list[str]) -> list[Path]:
    data = summary.encode("utf-8", "replace")
    if len(data) > MAX_SUMMARY:
        cut = data[:MAX_SUMMARY].decode("utf-8", "ignore")
        data = f"{cut}\n\n[…] cut: the report is longer than a job summary may be.\n".encode()
    return [
        save(out / "result.json", msgspec.json.encode(made)),
        save(out / "output", f"result={encoded(made)}\n"),
        save(out / "summary.md", data),
        save(out / "annotations.txt", "".join(f"{text}\n" for text in lines)),
    ]


def encoded(made: dict[str, Any]) -> str:
    """A result as the reporter wants it: JSON in base64."""
    return base64.b64encode(msgspec.json.encode(made)).decode("ascii")


def result(student: Seen) -> dict[str, Any]:
    """What the reporter reads. If nothing was graded, points and maximum are 0."""
    made = (_result(student, room) for room in ROOMS)
    return next((m for m in made if len(encoded(m)) < MAX_ENCODED), _result(student, ROOMS[-1]))


def _result(student: Seen, room: int) -> dict[str, Any]:
    worth_of_a_point = counted(student) / student.earned if student.graded and student.earned else 0
    rows = [
        _test(exercise, test, worth_of_a_point, room)
        for exercise in student.exercises
        for test in exercise.tests
    ]
    if not student.graded:
        return {**failure(student.fault or FAULT), "tests": rows or _no_test(student.fault)}
    failed = any(row["status"] == FAIL for row in rows)
    status = FAIL if failed and not student.full_by_rules else PASS
    made = {"version": 1, "status": status, "max_score": student.points, "tests": rows}
    if not student.reasons:
        return made
    if student.ruled and not student.earned and counted(student):
        rows.append(_row("Decided", PASS, counted(student), ""))
    return {**made, "message": "\n".join(student.reasons)}


def failure(message: str) -> dict[str, Any]:
    """A result that says that nothing was graded, and why."""
    text = line(message) or FAULT
    return {
        "version": 1,
        "status": ERROR,
        "max_score": 0,
        "message": text,
        "tests": _no_test(text),
    }


def _no_test(message: str) -> list[dict[str, Any]]:
    return [_row("Not graded", ERROR, 0, message)]


def _test(exercise: SeenExercise, test: SeenTest, scale: float, room: int) -> dict[str, Any]:
    if test.outcome is Outcome.NOT_GRADED:
        status = ERROR
    else:
        # A bonus that wasn't earned fails nothing.
        status = PASS if test.outcome is Outcome.PASSED or test.bonus else FAIL
    name = f"{exercise.name}: {test.title}" + (" (bonus)" if test.bonus else "")
    # The reporter adds the scores up and prints the sum beside the maximum: no bonus in it.
    score = scale * test.earned if not test.bonus else 0
    if test.outcome is not Outcome.PASSED:
        message = said(test)
    else:
        message = f"Bonus: +{worth(test.points)}." if test.bonus else ""
    cut = message if len(message) <= room else f"{message[:room]} […]".lstrip()
    return _row(name, status, score, cut, test.seconds)


def _row(
    name: str, status: str, score: float, message: str, seconds: float = 0.0
) -> dict[str, Any]:
    return {
        "name": name,
        "status": status,
        "score": score,
        "message": message,
        "test_code": "",  # the reporter would print it
        "filename": "",
        "line_no": 0,
        "duration": round(1000 * seconds),
    }


def commands(student: Seen, own: Result, file: str = FILE) -> list[str]:
    """Workflow commands that mark the student's line for each base test that didn't pass."""
    codes = {line(exercise.name): exercise.code for exercise in own.exercises}
    made = [_command("notice", reason, title="What counts") for reason in student.reasons]
    if student.fault:
        made.append(_command("error", student.fault, title="Not graded"))
    for exercise in student.exercises:
        module = short(exercise.name)[1]
        path = file.format(exercise=exercise.name, module=module)
        for test in exercise.missed:
            number = _line_of(test, module, codes.get(exercise.name, ""))
            where = {"file": path, "line": str(number)}
            made.append(_command("error", said(test), **where, title=test.title))
    return made


def _line_of(test: SeenTest, module: str, code: str) -> int:
    """The last line of the student's in the traceback, or else that of the target's definition."""
    frames = re.findall(rf"^  {re.escape(module)}\.py, line (\d+)\b", test.feedback, re.MULTILINE)
    if frames:
        return int(frames[-1])
    try:
        body = ast.parse(code).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return 1
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    return next((n.lineno for n in body if isinstance(n, kinds) and n.name == test.target), 1)


def _command(name: str, message: str, **properties: str) -> str:
    """`::error file=…::message`, escaped so that no text can end a property or the line."""
    given = ",".join(f"{key}={_property(value)}" for key, value in properties.items())
    return f"::{name} {given}::{_data(message)}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
