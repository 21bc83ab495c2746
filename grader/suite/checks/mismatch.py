"""What a check found wrong: one structure, from which every explanation is made."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from contextlib import redirect_stdout
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal

Show = Literal["everything", "theirs", "title"]

# The order in which problems are told: a wrong type makes the values meaningless, for example.
RANKS = (
    "raised", "shortcut", "missing", "type", "rank", "shape", "dtype", "device", "values",
    "changed", "claim",
)  # fmt: skip
SHOWN_ENTRIES = 4
SHOWN_PROBLEMS = 3


@dataclass(frozen=True)
class Entry:
    """A number that differs: its index, and the values of both sides."""

    index: str
    theirs: str
    ours: str


@dataclass(frozen=True)
class Problem:
    """One thing that isn't as it should be.

    `kind`: one of `RANKS`. `where`: "the result", "the gradient of x", "weight after training".
    `theirs`, `ours`: both sides in words. `entries`: the numbers that differ, `differing` of
    `total` in all.
    """

    kind: str
    where: str
    theirs: str
    ours: str
    entries: tuple[Entry, ...] = ()
    differing: int = 0
    total: int = 0


@dataclass(frozen=True)
class Fact:
    """A fact about everything that a check saw, in words that a learner understands.

    `name` is for programs ("transposed", "unchanged", …). `text` may contain numbers of the right
    result; `hidden` must not. `hidden` is '' if `text` has none either.
    """

    name: str
    text: str
    hidden: str = ""

    @property
    def unrevealing(self) -> str:
        """The text for a learner who mustn't see right results."""
        return self.hidden or self.text


@dataclass(frozen=True)
class Mismatch:
    """What one check found wrong.

    `call`: the call, with a summary of each argument. `gave`: the student's result in words.
    `got`, `wanted`: both sides' values. `sight`: `got` cut short and made of plain values, for the
    fingerprint. `cases`, `wrong`: how many inputs were tried, and how many of them went wrong.
    `observing` finds the facts when they are asked for, as that takes time. `seen`: values that
    checks keep for that ("before", "after", "losses", …), by name.
    """

    check: str
    problems: tuple[Problem, ...]
    place: int = 0
    call: str = ""
    gave: str = ""
    got: Any = None
    wanted: Any = None
    sight: Any = None
    cases: int = 1
    wrong: int = 1
    observing: Callable[[], tuple[Fact, ...]] = tuple
    show: Show = "everything"
    seen: dict[str, Any] = field(default_factory=dict)

    @cached_property
    def facts(self) -> tuple[Fact, ...]:
        """The observations, the most informative ones first.

        If an observation fails on what the student's code gave, only its sentence is lost. Our own
        code may run again to make one; what it prints is dropped.
        """
        try:
            with redirect_stdout(io.StringIO()):
                return self.observing()
        except Exception:
            return ()

    @property
    def problem(self) -> str:
        """The kind of the problem that is told first."""
        return self.ranked[0].kind

    @property
    def ranked(self) -> list[Problem]:
        """All problems, the most important ones first."""
        return sorted(self.problems, key=lambda problem: RANKS.index(problem.kind))

    def public(self) -> str:
        """The explanation in a public suite: both sides, in about ten lines."""
        if self.show != "everything":
            return "\n".join(filter(None, [self.hidden(), *self.observed]))
        lines = self._headline()
        shown = [p for p in self.ranked if p.kind == self.problem] or self.ranked
        shown += [p for p in self.ranked if p not in shown]
        for problem in shown[:SHOWN_PROBLEMS]:
            lines += _both_sides(problem, SHOWN_ENTRIES if problem is shown[0] else 1)
        return "\n".join([*lines, *(fact.text for fact in self.facts)])

    def hidden(self) -> str:
        """The explanation in a hidden suite: what their own code gave, and no expected value.

        It is without the facts, which are told apart: one fact may hold in several tests.
        """
        if self.show == "title":
            return ""
        lines = self._headline()
        lines.append(f"It gave {self.gave}." if self.gave else "")
        lines += [_their_side(problem) for problem in self.ranked[:SHOWN_PROBLEMS]]
        return "\n".join(filter(None, lines))

    @property
    def observed(self) -> list[str]:
        """The facts, without expected values."""
        return [] if self.show == "title" else [fact.unrevealing for fact in self.facts]

    def detail(self) -> str:
        """For the instructor: everything."""
        lines = [f"check {self.place + 1} of the test: {self.check}", *self._headline()]
        for problem in self.ranked:
            lines += _both_sides(problem, len(problem.entries))
        return "\n".join([*lines, *(f"{fact.text} ({fact.name})" for fact in self.facts)])

    def _headline(self) -> list[str]:
        if not self.call:
            return []
        if self.cases > 1:
            return [f"{self.call}", f"{self.wrong} of {self.cases} inputs went wrong; this is one."]
        return [self.call]


class Mismatched(AssertionError):
    """A check failed; `mismatch` says how."""

    def __init__(self, mismatch: Mismatch) -> None:
        super().__init__(mismatch)
        self.mismatch = mismatch

    def __str__(self) -> str:
        return self.mismatch.detail()


_NAMES = {
    "type": "type",
    "rank": "number of dimensions",
    "shape": "shape",
    "dtype": "dtype",
    "device": "device",
}


def _both_sides(problem: Problem, entries: int) -> list[str]:
    match problem.kind:
        case "claim" | "changed" | "raised" | "shortcut" | "missing":
            return _sentence(problem)
        case "values" if problem.entries:
            return [
                f"{problem.where}: {_counted(problem)}",
                *_table(problem.entries[:entries], problem.differing),
            ]
        case "values":
            return [f"{problem.where}: yours is {problem.theirs}, expected is {problem.ours}"]
    name = _NAMES[problem.kind]
    return [f"{name} of {problem.where}: yours is {problem.theirs}, expected is {problem.ours}"]


def _their_side(problem: Problem) -> str:
    match problem.kind:
        case "claim":
            return f"This does not hold: {problem.where}." if problem.where else ""
        case "changed":
            return f"Your code changed {problem.where}."
        case "missing":
            return f"There is no {problem.where.removeprefix('the ')}: {problem.theirs}."
        case "values" if problem.entries and problem.total > 1:
            first = problem.entries[0]
            example = f"for example {first.theirs} at {first.index}"
            return f"{problem.where}: {_counted(problem)}, {example}."
        case "values":
            return f"The value of {problem.where} is not right: {problem.theirs}."
    name = _NAMES.get(problem.kind, problem.kind)
    return f"The {name} of {problem.where} is not right: {problem.theirs}."


def _sentence(problem: Problem) -> list[str]:
    match problem.kind:
        case "missing":
            return [f"{problem.where} is missing: {problem.theirs}"]
        case "changed":
            text = f"{problem.where} was changed, and should have been left as it was"
        case "claim" if problem.where:
            text = f"this does not hold: {problem.where}"
        case _:
            text = problem.where
    lines = [text] if text else []
    if problem.theirs:
        lines.append(f"yours: {problem.theirs}")
    return [*lines, f"expected: {problem.ours}"] if problem.ours else lines


def _counted(problem: Problem) -> str:
    if problem.differing == problem.total:
        every = {1: "it is not right", 2: "both numbers are wrong"}
        return every.get(problem.total, f"all {problem.total} numbers are wrong")
    return f"{problem.differing} of {problem.total} numbers are wrong"


def _table(entries: Sequence[Entry], differing: int) -> list[str]:
    """The numbers that differ, side by side."""
    places = any(entry.index for entry in entries)
    head = ("at" if places else "", "yours", "expected")
    rows = [head, *((e.index, e.theirs, e.ours) for e in entries)]
    widths = [max(len(row[column]) for row in rows) for column in range(3)]
    lines = [
        "  " + "  ".join(cell.ljust(w) for cell, w in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]
    if differing > len(entries):
        lines.append(f"  … and {differing - len(entries)} more")
    return lines
