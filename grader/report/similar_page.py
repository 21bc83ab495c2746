"""Whose answers are alike: a page with matching lines side by side, and a table. No verdict."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text

from grader.grading.similar import Pair, clusters, side_by_side
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
    """One exercise of a pair as the page shows it.

    `rows` are the shared statements in order, those of the one beside those of the other, in
    stretches without a gap on either side. `one` and `other` are the whole files.
    """

    exercise: str
    stretches: list[list[tuple[list[Line], list[Line]]]]
    one: list[Line]
    other: list[Line]


def write(pairs: Sequence[Pair], labels: Mapping[str, str], folder: Path, works: int) -> Path:
    """Write the page. `labels`: what to call a submission; `works`: how many were compared."""
    page = render(
        "similar",
        scripts=["student"],
        pairs=[
            {
                "names": _names(pair, labels),
                "bits": _bits(pair),
                "where": _where(pair),
                "mistakes": [f"{text.line(e)}: {text.line(what)}" for e, what in pair.mistakes],
                "code": [_shown(pair, exercise) for exercise in pair.exercises],
            }
            for pair in pairs[:PAIRS]
        ],
        more=max(0, len(pairs) - PAIRS),
        groups=[[labels.get(n, n) for n in names] for names in _groups(pairs, works)],
        works=works,
        rarest=math.log2(max(2, works) / 2),
        caveat=CAVEAT,
    )
    return save(folder / OUT, page)


def _groups(pairs: Sequence[Pair], works: int) -> list[list[str]]:
    """Of the pairs that are shown: long chains of weaker ones hold half of a large class together.

    A pair counts from so many bits on, more than chance gives a large class.
    """
    return clusters(pairs[:PAIRS], 10.0 + 2 * max(1, works).bit_length())


def _names(pair: Pair, labels: Mapping[str, str]) -> list[str]:
    return [labels.get(work.name, text.line(work.name)) for work in (pair.one, pair.other)]


def _where(pair: Pair) -> str:
    return ", ".join(text.short(exercise)[0] for exercise in pair.exercises)


def _bits(pair: Pair) -> str:
    """A line on what is shared."""
    parts = [(pair.bits, "of code"), (pair.mistake_bits, "of mistakes")]
    return "Bits: " + ", ".join(f"{bits:.0f} {what}" for bits, what in parts if bits)


def _shown(pair: Pair, exercise: str) -> Shown:
    rows = side_by_side(pair, exercise)
    files = [text.block(work.sources[exercise]).split("\n") for work in (pair.one, pair.other)]
    shared: list[set[int]] = [
        {line for row in rows for line in range(row[side][0], row[side][1] + 1)} for side in (0, 1)
    ]
    one, other = (
        [Line(number, row, number in lines) for number, row in enumerate(file, 1)]
        for file, lines in zip(files, shared, strict=True)
    )
    stretches: list[list[tuple[list[Line], list[Line]]]] = []
    before = None
    for mine, theirs in rows:
        if before != (mine[0] - 1, theirs[0] - 1):
            stretches.append([])
        stretches[-1].append((one[mine[0] - 1 : mine[1]], other[theirs[0] - 1 : theirs[1]]))
        before = mine[1], theirs[1]
    return Shown(text.line(exercise), stretches, one, other)


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
        bits = f"{pair.bits:.0f}", f"{pair.mistake_bits:.0f}"
        table.add_row(*map(Text, (*_names(pair, labels), *bits, _where(pair))))
    console.print(table)
    console.print(
        Text("Code and Mistakes: how surprising what they share is in this class, in bits.", "dim")
    )
    for names in _groups(pairs, works):
        console.print(Text(f"Together: {', '.join(labels.get(n, n) for n in names)}"))
