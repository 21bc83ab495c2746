"""The output of `grader doctor`: each layer of isolation, whether it holds, and how to get it."""

from __future__ import annotations

from collections.abc import Iterable

from rich.console import Console
from rich.table import Table
from rich.text import Text

from grader.judge.isolation import Account
from grader.judge.packages import Package

STYLES = {"on": "green", "missing": "bold red", "not needed": "dim"}


def show(account: Account, console: Console) -> None:
    """Print each part of the isolation, and what a missing one means."""
    verdict = "less than full isolation" if account.missing else "full isolation"
    console.print(Text(f"{account.name}: {verdict}", style="bold"))
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="bold")
    for title in ("Layer", "State", "What it gives"):
        table.add_column(title, no_wrap=title != "What it gives")
    for part in account.protections:
        table.add_row(part.name, Text(part.status, style=STYLES[part.status]), part.gives)
    console.print(table)
    for part in account.missing:
        console.print(Text(f"\n{part.name} is missing: {part.why}", style="red"))
        console.print(Text(f"  What it would give: {part.gives}."))
        if part.remedy:
            console.print(Text(f"  To get it: {part.remedy}."))


def show_packages(
    installed: Iterable[tuple[str, str]],
    allowed: Iterable[Package],
    missing: Iterable[str],
    console: Console,
) -> None:
    """Print which packages submissions can import, and which of the usual ones they can't."""
    there = ", ".join(f"{name} {version}" for name, version in installed)
    more = [f"{p.name} (all of {p.place})" if p.whole else f"{p.name} ({p.place})" for p in allowed]
    console.print(Text("\nPackages that submissions can import: ", style="bold").append(there, ""))
    if more:
        console.print(Text("Allowed: ", style="bold").append(", ".join(more), ""))
    if names := ", ".join(missing):
        console.print(Text("Not there: ", style="bold").append(names, ""))
        console.print(
            "A stand-in takes the place of a package that isn't there: code that only shows "
            "something runs without it. To have the package, install it beside the grader, or "
            "name it with --allow-import if it lies elsewhere on Python's path."
        )
