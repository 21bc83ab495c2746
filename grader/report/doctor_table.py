"""What `grader doctor` says: each layer of isolation, whether it holds, and how to get it."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table
from rich.text import Text

from grader.grading.engine import Profile

STYLES = {"on": "green", "missing": "bold red", "not needed": "dim"}


def show(profile: Profile, console: Console) -> None:
    """Print the profile, its layers, and what a missing one means."""
    verdict = "full isolation" if profile.full else "less than full isolation"
    console.print(Text(f"{profile.name}: {verdict}", style="bold"))
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="bold")
    for title in ("Layer", "State", "What it gives"):
        table.add_column(title, no_wrap=title != "What it gives")
    for layer in profile.layers:
        table.add_row(layer.name, Text(layer.status, style=STYLES[layer.status]), layer.reason)
    console.print(table)
    for layer in profile.layers:
        if layer.status == "missing":
            console.print(Text(f"\n{layer.name} is missing: {layer.why}", style="red"))
            console.print(
                Text(f"  Without it, submissions can do what it would stop: {layer.reason}.")
            )
            if layer.remedy:
                console.print(Text(f"  To get it: {layer.remedy}."))
