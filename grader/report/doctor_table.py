"""The output of `grader doctor`: each layer of isolation, whether it holds, and how to get it."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table
from rich.text import Text

from grader.judge.isolation import Account

STYLES = {"on": "green", "missing": "bold red", "not needed": "dim"}


def show(account: Account, console: Console) -> None:
    """Print each part of the isolation, and what a missing one means."""
    verdict = "less than full isolation" if account.missing else "full isolation"
    console.print(Text(f"{account.name}: {verdict}", style="bold"))
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="bold")
    for title in ("Layer", "State", "What it gives"):
        table.add_column(title, no_wrap=title != "What it gives")
    for part in account.protections:
        table.add_row(part.name, Text(part.state, style=STYLES[part.state]), part.gives)
    console.print(table)
    for part in account.missing:
        console.print(Text(f"\n{part.name} is missing: {part.why}", style="red"))
        console.print(Text(f"  What it would give: {part.gives}."))
        if part.remedy:
            console.print(Text(f"  To get it: {part.remedy}."))
