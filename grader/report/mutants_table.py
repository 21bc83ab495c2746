"""What `grader check --mutants` shows: a line an exercise, and the survivors as diffs."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table
from rich.text import Text

from grader.grading.mutants import WRITTEN_DOWN, Fate, Tally, normal

SHOWN_LINES = 12  # of diffs that fit a screen
COLOURS = {"-": "red", "+": "green"}


def show(tallies: dict[str, Tally], console: Console, *, everything: bool) -> None:
    """Print the rates, and the survivors that aren't known: as many as fit, or everything.

    A survivor is printed as `survivors.diff` has it: to write it down, paste it and give a reason.
    """
    table = Table(box=None, padding=(0, 1, 0, 0), pad_edge=False, header_style="bold")
    for title in ("Exercise", "Mutants", "Killed", "Known survivors", "Survivors", "Public kills"):
        table.add_column(title, no_wrap=True)
    for name, tally in tallies.items():
        alive = sum(fate.survived for fate in tally.fates)
        table.add_row(
            name,
            str(len(tally.fates)),
            str(len(tally.killed)),
            str(alive - len(tally.survivors)),
            str(len(tally.survivors)),
            f"{tally.public_share:.0%}",
        )
    console.print(table)
    printed = 0
    for name, tally in tallies.items():
        different = list(_different(tally.survivors))
        for number, (fate, times) in enumerate(different):
            if printed >= SHOWN_LINES and not everything:
                left = len(different) - number
                console.print(f"… and {left} more in {name} (-v shows them all)", style="dim")
                break
            printed += _print(name, fate, times, console)
        for entry in tally.stale:
            console.print(f"{name}: fits no survivor any more, delete it from {WRITTEN_DOWN}:")
            console.print(entry)


def _different(survivors: list[Fate]) -> list[tuple[Fate, int]]:
    """Survivors of one diff are told once, with how many there are."""
    by_diff: dict[str, list[Fate]] = {}
    for fate in survivors:
        by_diff.setdefault(normal(fate.mutant.diff), []).append(fate)
    return [(fates[0], len(fates)) for fates in by_diff.values()]


def _print(exercise: str, fate: Fate, times: int, console: Console) -> int:
    """Print one survivor; how many lines that took."""
    many = f", {times} times" if times > 1 else ""
    where = f"{exercise}, {fate.mutant.target} in {fate.origin}: {fate.mutant.operator}{many}"
    console.print(Text(where, style="bold"))
    lines = fate.mutant.diff.splitlines()
    for line in lines:
        console.print(Text(line, style=COLOURS.get(line[:1], "")), no_wrap=True, crop=False)
    return len(lines) + 1
