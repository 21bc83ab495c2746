"""A file that Canvas's gradebook imports.

A submission that wasn't graded is left out: a blank cell would clear the grade that Canvas has. A
second file says who was left out, and why.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from grader.report.files import ReportError, save
from grader.report.sheet import (
    SheetCell,
    exercise_points,
    left_out,
    points_of,
    read_columns,
    read_maximum,
    read_switch,
    sheet,
    why_not,
)
from grader.report.text import labels, line
from grader.result import Grades, Student

NAME = "canvas"
HELP = "A CSV that Canvas's gradebook imports: scores alone. For instructors."
OUT = "canvas.csv"
OPTIONS: Mapping[str, str] = {
    "title": "the column's heading, as in Canvas's own export: 'Losses (1234)'; a new one is "
    "created",
    "points": "the points possible (default 100)",
    "bonus": "yes (default): bonus points count, even above the maximum; no: they don't",
    "columns": "total (default), exercises (one each, without lateness) or both",
}

HEADER = ("Student", "ID", "SIS User ID", "SIS Login ID", "Section")
MAXIMUM = "Points Possible"
# Canvas ignores a column with one of these in its title: they are its own sums.
RESERVED = re.compile("(Current|Final) (Score|Points|Grade)|Override (Score|Grade|Status)")


def write(grades: Grades, out: Path, options: Mapping[str, str]) -> list[Path]:
    """Write the sheet, and a second one on who isn't in it."""
    title = line(options.get("title") or grades.title or "torchgrade")
    if RESERVED.search(title):
        raise ReportError(f"title={title}: Canvas keeps such titles for its sums. Choose another.")
    maximum = read_maximum(options.get("points", "100"))
    bonus = read_switch("bonus", options.get("bonus", "yes"))
    total, names = read_columns(options.get("columns", "total"), grades)
    titles = [*([title] if total else []), *(f"{title} {name}" for name in names)]
    rows: list[list[SheetCell]] = [
        [*HEADER, *titles],
        [f"    {MAXIMUM}", "", "", "", "", *(maximum for _ in titles)],
    ]
    missing = []
    for label, result in zip(labels(grades.results), grades.results, strict=True):
        points: float | str | None = points_of(result, maximum, bonus, cap=False)
        if result.excused:
            points = "EX"
        if points is None:
            missing.append((label, why_not(result)))
            continue
        who = result.student or Student(label)
        # Canvas takes a row with these words in its first cell for the one with the maximum.
        name = line(who.name).replace(MAXIMUM, MAXIMUM.replace(" ", "-"))
        canvas_id, sis_id = (who.id, "") if who.id.isdecimal() else ("", who.id)
        cells: list[SheetCell] = [points] if total else []
        cells += exercise_points(result, names, maximum, bonus, cap=False)
        if result.excused:
            cells = ["EX" for _ in cells]
        rows.append([name, canvas_id, sis_id, who.login, who.section, *cells])
    return [save(out, sheet(rows)), *left_out(out, missing)]
