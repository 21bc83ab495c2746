"""The table of `grader check`: a row a mistake, a column a hidden test of its exercise."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table
from rich.text import Text

from grader.grading.check import Report, Row

CAUGHT, PASSED = "x", "·"


def show(report: Report, console: Console) -> None:
    """Print, exercise by exercise, which hidden tests each mistake fails."""
    for name, rows in report.rows.items():
        tests = report.tests.get(name, [])
        console.print(Text(f"\n{name}", style="bold"))
        for number, test in enumerate(tests, 1):
            console.print(Text(f"  {number:>2} {test}", style="dim"), no_wrap=True, crop=True)
        table = Table(box=None, padding=(0, 1, 0, 0), pad_edge=False, header_style="bold")
        table.add_column("Target", no_wrap=True)
        table.add_column("Mistake", no_wrap=True)
        table.add_column("Caught by")
        for row in rows:
            table.add_row(row.mistake.target, row.mistake.name, _marks(row, tests))
        console.print(table)
    console.print(Text(f"\n{CAUGHT} failed, {PASSED} passed; a column a test, in the order above."))


def _marks(row: Row, tests: list[str]) -> Text:
    failed = set(row.failed)
    marks = Text()
    for place, test in enumerate(tests):
        style = "green" if test in failed else "dim"
        marks.append(CAUGHT if test in failed else PASSED, style)
        if place % 10 == 9:
            marks.append(" ")
    return marks
