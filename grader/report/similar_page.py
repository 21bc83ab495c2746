"""Whose answers are alike: a page with matching lines side by side, and a table. No verdict."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text

from grader.grading.similar import Pair, clusters
from grader.report import text
from grader.report.files import save
from grader.report.pages import render

OUT = "similar.html"
SHOWN = 20  # pairs in a terminal
PAIRS = 40  # with their code in the page
CAVEAT = (
    "A ranking for a person to look at, and no verdict. Alike is also what one tutor, one textbook "
    "or one chat has taught. Read both answers, and hear both students."
)


@dataclass(frozen=True)
class Line:
    """A line of somebody's code, and whether it is shared."""

    number: int
    text: str
    shared: bool


@dataclass(frozen=True)
class Shown:
    """A pair as the page shows it: for each exercise, the lines of the one and of the other."""

    one: str
    other: str
    bits: float
    mistake_bits: float
    mistakes: list[str]
    code: list[tuple[str, list[Line], list[Line]]]


def write(pairs: Sequence[Pair], labels: Mapping[str, str], folder: Path, works: int) -> Path:
    """Write the page. `labels`: what to call a submission; `works`: how many were compared."""
    groups = [[labels.get(n, n) for n in names] for names in clusters(pairs, least(works))]
    page = render(
        "similar",
        scripts=["student"],
        pairs=[_shown(pair, labels) for pair in pairs[:PAIRS]],
        more=max(0, len(pairs) - PAIRS),
        groups=groups,
        works=works,
        caveat=CAVEAT,
    )
    return save(folder / OUT, page)


def least(works: int) -> float:
    """From so many bits on, a pair holds a group together: more than chance gives a large class."""
    return 10.0 + 2 * max(1, works).bit_length()


def _shown(pair: Pair, labels: Mapping[str, str]) -> Shown:
    return Shown(
        labels.get(pair.one.name, text.line(pair.one.name)),
        labels.get(pair.other.name, text.line(pair.other.name)),
        pair.bits,
        pair.mistake_bits,
        [f"{text.line(exercise)}: {text.line(what)}" for exercise, what in pair.mistakes],
        [
            (
                text.line(exercise),
                _lines(pair.one.sources[exercise], mine),
                _lines(pair.other.sources[exercise], theirs),
            )
            for exercise, (mine, theirs) in sorted(pair.lines.items())
        ],
    )


def _lines(source: str, shared: set[int]) -> list[Line]:
    return [
        Line(number, row, number in shared)
        for number, row in enumerate(text.block(source).split("\n"), 1)
    ]


def show(pairs: Sequence[Pair], labels: Mapping[str, str], works: int, console: Console) -> None:
    """Print the ranking."""
    console.print(Text(f"{works} submissions compared. {CAVEAT}\n"))
    if not pairs:
        console.print("No two answers share anything that is rare in this class.")
        return
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="bold")
    for title in ("One", "Other", "Code", "Mistakes", "Where"):
        table.add_column(title, justify="right" if title in ("Code", "Mistakes") else "left")
    for pair in pairs[:SHOWN]:
        where = ", ".join(text.short(name)[0] for name in sorted(pair.lines))
        both = [labels.get(n, text.line(n)) for n in (pair.one.name, pair.other.name)]
        cells = (*both, f"{pair.bits:.0f}", f"{pair.mistake_bits:.0f}", where)
        table.add_row(*map(Text, cells))
    console.print(table)
    console.print(
        Text("Code and Mistakes: how surprising what they share is in this class, in bits.", "dim")
    )
    for names in clusters(pairs, least(works)):
        console.print(Text(f"Together: {', '.join(labels.get(n, n) for n in names)}"))
