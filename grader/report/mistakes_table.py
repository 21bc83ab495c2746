"""What `grader check` shows: the exercises in a line each, the problems, and the long table."""

from __future__ import annotations

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from grader.grading.check import Report
from grader.grading.defects import Checked, Defect, Proof

CAUGHT, PASSED = "x", "·"
SHOWN = 5  # problems that fit a screen


def show(report: Report, console: Console, *, everything: bool) -> None:
    """Print the exercises and the problems: as many as fit a screen, or everything."""
    if report.exercises:
        console.print(_summary(report))
    shown = report.problems if everything else report.problems[:SHOWN]
    for problem in shown:
        console.print(_told(problem), Padding(f"→ {problem.todo}", (0, 0, 0, 4)), sep="\n")
    if len(shown) < len(report.problems):
        left = len(report.problems) - len(shown)
        console.print(f"… and {left} more (-v shows them all)", style="dim")


def show_mistakes(report: Report, console: Console) -> None:
    """Print, exercise by exercise, which hidden tests each mistake fails."""
    for name, checked in report.exercises.items():
        console.print(Text(f"\n{name}", style="bold"))
        for number, test in enumerate(checked.tests, 1):
            console.print(Text(f"  {number:>2} {test}", style="dim"), no_wrap=True, crop=True)
        table = _table("Target", "Mistake", "Caught by", "Public")
        for proof in checked.proofs:
            public = Text(CAUGHT, "green") if proof.public else Text(PASSED, "dim")
            table.add_row(
                proof.mistake.target, proof.mistake.name, _marks(proof, checked.tests), public
            )
        console.print(table)
        for same in checked.alike:
            console.print(Text(f"  alike: {', '.join(mistake.name for mistake in same)}"))
    console.print(Text(f"\n{CAUGHT} failed, {PASSED} passed; a column a test, in the order above."))


def _summary(report: Report) -> Table:
    table = _table("Exercise", "Tests", "Styles", "Mistakes", "Alike", "Caught in public")
    for name, checked in report.exercises.items():
        table.add_row(name, *(str(cell) for cell in _cells(checked)))
    return table


def _cells(checked: Checked) -> tuple[int, int, int, int, str]:
    return (
        len(checked.tests),
        checked.styles,
        len(checked.proofs),
        sum(map(len, checked.alike)),
        f"{checked.public_share:.0%}",
    )


def _told(problem: Defect) -> Text:
    where = f"{problem.exercise}: " if problem.exercise else ""
    return Text.assemble((where, "bold"), problem.what)


def _table(*titles: str) -> Table:
    table = Table(box=None, padding=(0, 1, 0, 0), pad_edge=False, header_style="bold")
    for title in titles:
        table.add_column(title, no_wrap=title != "Caught by")
    return table


def _marks(proof: Proof, tests: list[str]) -> Text:
    failed = set(proof.hidden)
    marks = Text()
    for place, test in enumerate(tests):
        style = "green" if test in failed else "dim"
        marks.append(CAUGHT if test in failed else PASSED, style)
        if place % 10 == 9:
            marks.append(" ")
    return marks
