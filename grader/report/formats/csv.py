"""CSV for a spreadsheet: a row for each submission, or for each test. For instructors."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from grader.report.files import ReportError, save
from grader.report.sheet import SheetCell, sheet
from grader.report.text import EXCUSED, NOT_GRADED, outcome
from grader.result import Grades, Result, Student

NAME = "csv"
HELP = "A spreadsheet with a row for each submission (or test). For instructors."
OUT = "grades.csv"
OPTIONS: Mapping[str, str] = {"rows": "submissions (default) or tests"}

BOM = "\ufeff"  # without it, Excel reads the file in the system's own encoding
WHO = ("Submission", "Name", "ID", "Login", "Email", "Section")


def write(grades: Grades, out: Path, options: Mapping[str, str]) -> list[Path]:
    """Write the sheet."""
    rows = options.get("rows", "submissions")
    if rows not in ("submissions", "tests"):
        raise ReportError(f"rows={rows}: give submissions or tests.")
    made = _submissions(grades) if rows == "submissions" else _tests(grades)
    return [save(out, BOM + sheet(made))]


def _submissions(grades: Grades) -> Iterator[list[SheetCell]]:
    names = list(dict.fromkeys(e.name for r in grades.results for e in r.exercises))
    yield [
        *WHO, *names, "Total", "Bonus", "Outcome", "Attempts", "Handed in", "Days late",
        "Decided by hand", "Decisions", "Notes",
    ]  # fmt: skip
    for result in grades.results:
        scores: dict[str, SheetCell] = {
            exercise.name: EXCUSED if exercise.excused else exercise.score
            for exercise in result.exercises
        }
        notes = [result.fault, *result.notes] if result.fault else result.notes
        yield [
            *_who(result),
            *(scores.get(name) for name in names),
            result.total,
            result.bonus,
            EXCUSED if result.excused else outcome(result).value,
            *_attempts(result),
            "yes" if result.mark and result.mark.decided else "no",
            "\n".join(result.mark.reasons) if result.mark else "",
            "\n".join(notes),
        ]


def _attempts(result: Result) -> list[SheetCell]:
    """How many there are; and when the latest that counts was handed in, and how late."""
    if not result.attempts:
        return ["", "", ""]
    last = next((a for a in reversed(result.attempts) if a.counts), None)
    when = [last.submitted, last.late] if last else ["", ""]
    return [result.attempts[-1].number, *when]


def _tests(grades: Grades) -> Iterator[list[SheetCell]]:
    yield [
        *WHO, "Exercise", "Target", "Test", "Title", "Outcome", "Points", "Earned", "Bonus",
        "Seconds", "Mistake", "Hint", "Feedback", "Detail",
    ]  # fmt: skip
    for result in grades.results:
        for exercise in result.exercises:
            for test in exercise.tests:
                yield [
                    *_who(result), exercise.name, test.target, test.name, test.title,
                    test.outcome.value, test.points,
                    None if test.outcome.value == NOT_GRADED else test.points * test.passed,
                    "yes" if test.bonus else "no", test.seconds,
                    test.mistake, test.hint, test.feedback, test.detail,
                ]  # fmt: skip


def _who(result: Result) -> list[SheetCell]:
    who = result.student or Student("")
    return [result.submission, who.name, who.id, who.login, who.email, who.section]
