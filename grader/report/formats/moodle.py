"""A file that Moodle imports, with grades and feedback together.

With `worksheet`, this is Moodle's own offline grading worksheet with these two columns filled in,
and nothing else changed. That is the safest way, because Moodle compares the dates in it. Without
it, the file is for the import into the gradebook, which matches by e-mail address or ID number.

Moodle rejects a grade above the maximum, so bonus points count only up to it. A submission that
wasn't graded keeps the grade that Moodle has; a second file says who was left out, and why.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from markupsafe import Markup, escape

from grader.report.files import ReportError, save
from grader.report.seen import Cause, Seen, by_cause, seen
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
from grader.report.text import MEANINGS, exercise_score, labels, number, score
from grader.result import Grades, Result, Student

COLUMNS = "Identifier|Full name|Email address|Grade|Maximum Grade|Feedback comments"
WORKSHEET_COLUMNS = f"the worksheet's headings, if it isn't in English, in this order: {COLUMNS}"

NAME = "moodle"
HELP = "A CSV that Moodle imports: grades and feedback together. Holds no secret."
OUT = "moodle.csv"
OPTIONS: Mapping[str, str] = {
    "worksheet": "the offline grading worksheet from Moodle, to fill in",
    "points": "the maximum grade, if there is no worksheet that says it (default 100)",
    "bonus": "yes (default): bonus points count, up to the maximum; no: they don't",
    "exercises": "yes: a column for each exercise too, without lateness; no (default)",
    "columns": WORKSHEET_COLUMNS,
}


def write(grades: Grades, out: Path, options: Mapping[str, str]) -> list[Path]:
    """Fill in the worksheet, or write a sheet to import into the gradebook."""
    bonus = read_switch("bonus", options.get("bonus", "yes"))
    maximum = read_maximum(options.get("points", "100"))
    each = read_switch("exercises", options.get("exercises", "no"))
    if "worksheet" in options:
        if each:
            raise ReportError("exercises=yes: a worksheet has one grade; leave worksheet= out.")
        worksheet = read_worksheet(options, "Identifier", "Grade", "Feedback comments")
        return _fill(grades, out, worksheet, maximum, bonus)
    names = read_columns("both" if each else "total", grades)[1]
    rows: list[list[SheetCell]] = [
        ["Full name", "ID number", "Email address", "Grade", "Maximum Grade", "Feedback comments",
         *names]
    ]  # fmt: skip
    missing = []
    for label, result in zip(labels(grades.results), grades.results, strict=True):
        points = points_of(result, maximum, bonus, cap=True)
        if points is None:
            missing.append((label, why_not(result)))
            continue
        who = result.student or Student(label)
        cells = exercise_points(result, names, maximum, bonus, cap=True)
        cells = [None if cell == "EX" else cell for cell in cells]
        rows.append([who.name, who.id, who.email, points, maximum, comment(seen(result)), *cells])
    return [save(out, sheet(rows)), *left_out(out, missing)]


def comment(seen: Seen) -> Markup:
    """The feedback as the little HTML that Moodle shows."""
    bonus = f", {number(seen.bonus)} bonus" if seen.bonus else ""
    parts = [f"<p>{score(seen.total)} of 100{bonus}</p>"]
    parts += [f"<p>{escape(reason)}</p>" for reason in seen.reasons]
    parts += [f"<p>{escape(note)}</p>" for note in seen.notes]
    for exercise in seen.exercises:
        parts.append(f"<h5>{escape(exercise.name)}: {exercise_score(exercise)}</h5>")
        missed = "".join(_missed(cause) for cause in by_cause(exercise.missed))
        parts += [f"<ul>{missed}</ul>"] if missed else []
        if to_write := [escape(target) for target in exercise.to_write if target]:
            parts.append(f"<p>Not attempted yet: {', '.join(to_write)}.</p>")
    return Markup("\n".join(parts))


def _missed(cause: Cause) -> str:
    """A list item for the tests that one cause explains."""
    test, more = cause.first, cause.more
    said = f"<li>{escape(test.title)}: {MEANINGS[test.outcome]}"
    said += f"<pre>{escape(test.feedback)}</pre>" if test.feedback else ""
    said += f"<p>{escape(cause.why)}</p>" if cause.why else ""
    said += f"<p>The same in: {escape('; '.join(t.title for t in more))}</p>" if more else ""
    return f"{said}</li>"


def _fill(
    grades: Grades, out: Path, worksheet: Worksheet, maximum: float, bonus: bool
) -> list[Path]:
    header, rows = worksheet.header, worksheet.rows
    identifier, _, _, grade, top, feedback = worksheet.columns
    missing, left = [], list(rows)
    for label, result in zip(labels(grades.results), grades.results, strict=True):
        fits = worksheet.rows_of(result, left)
        if len(fits) != 1:
            missing.append((label, "in no row of the worksheet" if not fits else "in several rows"))
            continue
        left.remove(fits[0])
        highest = _number(fits[0].get(top, "")) or maximum
        points = points_of(result, highest, bonus, cap=True)
        if points is None:
            missing.append((label, why_not(result)))
            continue
        fits[0][grade] = f"{points:.2f}"
        fits[0][feedback] = comment(seen(result))
    missing += [(row[identifier], "has no submission") for row in left]
    filled = [header, *([row[column] for column in header] for row in rows)]
    text = io.StringIO()
    # Moodle's own cells are written back unchanged.
    csv.writer(text, lineterminator="\n").writerows(filled)
    return [save(out, text.getvalue()), *left_out(out, missing)]


@dataclass(frozen=True)
class Worksheet:
    """Moodle's offline grading worksheet. `columns`: its headings for `COLUMNS`, in that order."""

    header: list[str]
    rows: list[dict[str, str]]
    columns: list[str]

    def rows_of(self, result: Result, among: list[dict[str, str]]) -> list[dict[str, str]]:
        """A student's rows: by Moodle's number, or else by e-mail address, or else by name."""
        identifier, name, email = self.columns[:3]
        who = result.student or Student(result.submission)
        by_number = [row for row in among if who.id and row[identifier].split(" ")[-1] == who.id]
        by_email = [row for row in among if who.email and _same(row.get(email, ""), who.email)]
        by_name = [row for row in among if _same(row.get(name, ""), who.name)]
        return by_number or by_email or by_name


def read_worksheet(options: Mapping[str, str], *needed: str) -> Worksheet:
    """Read the worksheet that the options name; `needed` are columns of it, by their English names.

    Raises `ReportError` where it can't be read, or has no such column.
    """
    path, columns = Path(options["worksheet"]), options.get("columns", COLUMNS).split("|")
    header, rows = _rows_in(path)
    named = dict(zip(COLUMNS.split("|"), columns, strict=False))
    absent = [named.get(name, name) for name in needed if named.get(name) not in header]
    if len(columns) != len(COLUMNS.split("|")) or absent:
        raise ReportError(
            f"{path}: there is no column {', '.join(absent) or 'as named'}. If Moodle isn't in "
            f"English there, give columns=, its headings for {COLUMNS}."
        )
    return Worksheet(header, rows, columns)


def _rows_in(path: Path) -> tuple[list[str], list[dict[str, str]]]:
    try:
        content = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise ReportError(f"{path}: could not be read ({error.strerror or error}).") from error
    except UnicodeDecodeError as error:
        raise ReportError(f"{path}: not UTF-8; download the worksheet again.") from error
    rows = [row for row in csv.reader(io.StringIO(content, newline="")) if row]
    if not rows:
        raise ReportError(f"{path}: empty; download the worksheet again.")
    header = rows[0]
    return header, [
        dict(zip(header, [*row, *[""] * len(header)], strict=False)) for row in rows[1:]
    ]


def _same(one: str, other: str) -> bool:
    return one.strip().casefold() == other.strip().casefold()


def _number(text: str) -> float | None:
    """A number as Moodle writes it, with a point or a comma; None if it isn't one."""
    text = text.strip().replace(",", ".")
    return float(text) if re.fullmatch(r"\d+(\.\d+)?", text) else None
