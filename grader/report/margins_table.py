"""What `grader check --measure` shows: each threshold, and what lies on either side of it."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table
from rich.text import Text

from grader.grading.margins import Margin


def show(margins: list[Margin], console: Console) -> None:
    """Print a line a threshold, with the range of right answers and of mistakes."""
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="bold")
    for title in ("Exercise", "Test", "Threshold", "Right answers", "Mistakes", "Margin left"):
        table.add_column(title, no_wrap=title != "Test")
    for margin in margins:
        bound = f"< {margin.below:g}" if margin.below is not None else f"> {margin.above:g}"
        wrong = [value for values in margin.wrong.values() for value in values]
        left = Text(f"{margin.left:.0%}", style="" if margin.holds else "bold red")
        table.add_row(
            margin.exercise, margin.test, bound, _range(margin.right), _range(wrong), left
        )
    console.print(table)
    for margin in margins:
        if margin.mistaken:
            names = ", ".join(margin.mistaken)
            console.print(f"{margin.test} is passed by {names}: other tests must catch them")


def _range(values: list[float]) -> str:
    return f"{min(values):.4g} to {max(values):.4g}" if values else "none"
