"""CSV in which a spreadsheet finds no formula: text stays text, and numbers stay numbers."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from markupsafe import Markup

from grader.report.files import ReportError, save
from grader.report.seen import bonus_score
from grader.report.text import block, line, number
from grader.result import Grades, Result

# What a spreadsheet takes for the start of a formula, also in full width.
FORMULA = tuple("=+-@|%\t\r＝＋－＠")
NUMBER = re.compile(r"[+-]?\d+(\.\d+)?")

SheetCell = str | float | None


def sheet(rows: Iterable[Sequence[SheetCell]]) -> str:
    """The rows as CSV with commas. Every cell is quoted, so no other delimiter can split one."""
    text = io.StringIO()
    writer = csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writerows([_cell(value) for value in row] for row in rows)
    return text.getvalue()


def _cell(value: SheetCell) -> str:
    if value is None:
        return ""
    if isinstance(value, Markup):
        return str(value)  # its parts are harmless, and to cut it would break its tags
    if isinstance(value, str):
        return neutral(value)
    return f"{value:.2f}".rstrip("0").rstrip(".")


def neutral(value: str) -> str:
    """Text that isn't a formula: an apostrophe comes before whatever would start one."""
    text = "\n".join(row.rstrip() for row in block(value).split("\n")).strip()
    risky = text.startswith(FORMULA) and not NUMBER.fullmatch(text)
    return f"'{text}" if risky else text


def left_out(out: Path, missing: Sequence[tuple[str, str]]) -> list[Path]:
    """Write a file beside `out` on who isn't in it and why, if anybody isn't.

    `missing`: labels of submissions, each with the reason. Returns the paths written.
    """
    if not missing:
        return []
    beside = out.with_name(f"{out.stem}-left-out.csv")
    return [save(beside, sheet([("Submission", "Why"), *missing]))]


def points_of(result: Result, maximum: float, bonus: bool, cap: bool) -> float | None:
    """The total on a scale up to `maximum`, with or without bonus, and capped at `maximum` or not.

    None if the submission wasn't graded.
    """
    if result.total is None:
        return None
    points = (result.total + (result.bonus if bonus else 0.0)) * maximum / 100
    return round(min(points, maximum) if cap else points, 2)


def exercise_points(
    result: Result, names: Sequence[str], maximum: float, bonus: bool, cap: bool
) -> list[SheetCell]:
    """The exercises' scores on a scale up to `maximum`, as for `points_of`; 'EX' if excused."""
    found = {exercise.name: exercise for exercise in result.exercises}
    cells: list[SheetCell] = []
    for exercise in (found.get(name) for name in names):
        if exercise is None or exercise.score is None:
            cells.append(None)
        elif exercise.excused:
            cells.append("EX")
        else:
            points = (exercise.score + (bonus_score(exercise) if bonus else 0.0)) * maximum / 100
            cells.append(round(min(points, maximum) if cap else points, 2))
    return cells


def read_columns(text: str, grades: Grades) -> tuple[bool, list[str]]:
    """Read the option `columns`: whether there is a total, and the exercises with a column.

    Raises `ReportError`.
    """
    if text not in ("total", "exercises", "both"):
        raise ReportError(f"columns={text}: give total, exercises or both.")
    names = sorted({e.name for r in grades.results for e in r.exercises})
    return text != "exercises", names if text != "total" else []


def why_not(result: Result) -> str:
    """Why a submission has no score."""
    if result.excused:
        return "excused"
    return f"not graded: {line(result.fault)}" if result.fault else "not graded"


def read_maximum(text: str) -> float:
    """Read the option `points`. Raises `ReportError` if it isn't a positive number."""
    if not re.fullmatch(r"\d+(\.\d+)?", text) or float(text) == 0:
        raise ReportError(f"points={text}: give a number above 0, such as {number(100)}.")
    return float(text)


def read_switch(name: str, text: str) -> bool:
    """Read an option that is `yes` or `no`. Raises `ReportError` for anything else."""
    if text not in ("yes", "no"):
        raise ReportError(f"{name}={text}: give yes or no.")
    return text == "yes"
