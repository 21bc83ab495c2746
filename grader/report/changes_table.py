"""The changes of a regrading: whose grades, and by which tests."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text

from grader.grading.changes import GradeChange
from grader.report.files import save
from grader.report.sheet import sheet
from grader.report.text import labels, line, number, score

MOST = 60  # rows in a terminal
OUT = "changes.csv"


def show(changes: Sequence[GradeChange], console: Console) -> None:
    """Print the table; grades that moved come first."""
    if not changes:
        console.print("No grade has changed, and no test has ended otherwise.")
        return
    ordered = sorted(changes, key=lambda change: not change.moved)
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="bold")
    for title in ("Submission", "Before", "After", "By"):
        table.add_column(title, justify="right" if title in ("Before", "After") else "left")
    rows = 0
    for label, change in zip(labels([c.after for c in ordered]), ordered, strict=True):
        for place, test in enumerate(change.tests or [None]):
            rows += 1
            first = (label, *_stand(change))
            said = (
                f"{test.exercise} {test.test}: {test.before or 'not there'} → "
                f"{test.after or 'gone'}"
                if test
                else "rules or decisions, no test"
            )
            if rows <= MOST:
                table.add_row(*(Text(c) for c in (first if not place else ("",) * 3)), Text(said))
    console.print(table)
    if rows > MOST:
        console.print(f"… and {rows - MOST} more rows: {OUT} has them all.")
    moved = sum(change.moved for change in changes)
    console.print(Text(f"{moved} grade{'' if moved == 1 else 's'} changed.", style="bold"))


def _stand(change: GradeChange) -> list[str]:
    """The grade before and after; with the bonus, if that is what has changed."""
    both = (change.before, change.after)
    bonus = change.before.bonus != change.after.bonus
    return [
        "excused" if r.excused else score(r.total) + (f" +{number(r.bonus)}" if bonus else "")
        for r in both
    ]


def write(changes: Sequence[GradeChange], folder: Path) -> Path:
    """Write all of it as CSV: a row for each test."""
    rows: list[tuple[str | float | None, ...]] = [
        ("Submission", "Name", "Total before", "Total after", "Bonus before", "Bonus after",
         "Exercise", "Test", "Title", "Before", "After")
    ]  # fmt: skip
    for change in changes:
        who = change.after.student
        head = (
            change.after.submission,
            line(who.name) if who else "",
            *("excused" if r.excused else r.total for r in (change.before, change.after)),
            change.before.bonus,
            change.after.bonus,
        )
        rows += [
            (*head, test.exercise, test.test, test.title, test.before, test.after)
            for test in change.tests
        ] or [(*head, "", "", "", "", "")]
    return save(folder / OUT, sheet(rows))
