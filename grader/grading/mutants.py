"""Run mutants through the suites, to find wrong answers that pass all base tests.

Each mutant meets the base tests one by one, those of its own target first, and is gone at the first
that fails. It runs in a rehearsal, so that what it does to torch, or an endless loop, ends there.
"""

from __future__ import annotations

import functools
import itertools
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from grader.assignment.exercises import AssignmentError, Exercise
from grader.grading.engine import Setup
from grader.grading.mutation import Mutant, mutants_of
from grader.grading.rehearsed import base_tests, in_processes, rehearsing

SEED = 20
BATCH = 40  # mutants that a process takes at a time
CPU_SECONDS = 3.0  # for a test: most mutants that need longer never end
WRITTEN_DOWN = "survivors.diff"


@dataclass(frozen=True)
class Fate:
    """The fate of a mutant: the hidden test that fails, and the public one; '' for none."""

    origin: str
    mutant: Mutant
    hidden: str
    public: str

    @property
    def survived(self) -> bool:
        """Whether it passes every hidden base test."""
        return not self.hidden


@dataclass
class Tally:
    """The mutants of one exercise."""

    fates: list[Fate] = field(default_factory=list)
    known: dict[str, str] = field(default_factory=dict)
    """The survivors that are right answers, each with the reason; see `read_survivors`."""

    @property
    def killed(self) -> list[Fate]:
        return [fate for fate in self.fates if not fate.survived]

    @property
    def survivors(self) -> list[Fate]:
        """Those that pass the hidden suite and aren't written down as right."""
        return [fate for fate in self.fates if fate.survived and not self.is_known(fate.mutant)]

    def is_known(self, mutant: Mutant) -> bool:
        """Whether it is written down: its diff, or each line that is changed in it."""
        diff = normal(mutant.diff)
        known = [diff, *(line for line in diff.splitlines() if line[0] == "-")]
        whole, *lines = [any(fits(entry, text) for entry in self.known) for text in known]
        return whole or (bool(lines) and all(lines))

    @property
    def stale(self) -> list[str]:
        """The diffs that are written down but fit no survivor any more."""
        diffs = {normal(fate.mutant.diff) for fate in self.fates if fate.survived}
        alive = diffs | {line for diff in diffs for line in diff.splitlines()}
        return [entry for entry in self.known if not any(fits(entry, diff) for diff in alive)]

    @property
    def public_share(self) -> float:
        """Of those that the hidden suite kills, the share that the public one kills too."""
        return sum(bool(fate.public) for fate in self.killed) / max(1, len(self.killed))


def normal(diff: str) -> str:
    """A diff as it is compared: old lines, then new ones, without spaces around them."""
    lines = (line.strip() for line in diff.splitlines())
    tidy = (line[:1] + line[1:].strip() for line in lines if line)
    return "\n".join(sorted(tidy, key=lambda line: line[:1] == "+"))


@functools.cache
def fits(entry: str, diff: str) -> bool:
    """Whether a diff is the one written down; `…` in it is any text, the same in both its lines."""
    old, _, new = (re.escape(part) for part in entry.partition("\n+"))
    places = itertools.count(1)
    new = re.sub("…", lambda _: rf"(?:\{next(places)})", new)
    text = old.replace("…", "(.*)") + (re.escape("\n+") + new if "\n+" in entry else "")
    return re.fullmatch(text, diff) is not None


def read_survivors(exercise: Exercise) -> dict[str, str]:
    """`survivors.diff` beside the reference: diffs, each with the reason above it.

    A reason, `# …`, holds down to the next one. Below it are lines of right answers (`-…`), each
    with what may stand there instead (`+…`): of several, each is a mutant. Lines that no `+`
    follows, at the end of a block or alone in it, may be changed in any way. In all of them `…` is
    any text. Raises `AssignmentError` for a line that has no reason above it.
    """
    file = exercise.folder / WRITTEN_DOWN
    found: dict[str, str] = {}
    reason = ""
    for block in file.read_text("utf-8").split("\n\n") if file.is_file() else []:
        marks = itertools.groupby(filter(str.strip, block.splitlines()), lambda line: line[:1])
        runs = [(mark, list(lines)) for mark, lines in marks]
        for (mark, lines), (following, new) in itertools.pairwise([*runs, ("", [])]):
            if mark == "#":
                reason = " ".join(line[1:].strip() for line in lines)
            if mark != "-":
                continue
            if not reason:
                raise AssignmentError(f"{exercise.name}/{file.name}: say why, `# …`: {lines[0]}")
            if following != "+":
                diffs = lines
            elif len(lines) == 1:
                diffs = [f"{lines[0]}\n{line}" for line in new]
            else:
                diffs = ["\n".join([*lines, *new])]
            for diff in map(normal, diffs):
                old, _, added = diff.partition("\n+")
                if added.count("…") > old.count("…"):
                    raise AssignmentError(f"{exercise.name}/{file.name}: more `…` than in {old}")
                found[diff] = reason
    return found


def grade_mutants(
    setup: Setup,
    exercises: Sequence[Exercise],
    stubs: Path,
    styles: Callable[[Exercise], list[Path]],
    workers: int,
    advance: Callable[[int, int], None],
) -> dict[str, Tally]:
    """Every mutant of the references and of the right styles; `advance` gets (done, of)."""
    tallies = {e.name: Tally(known=read_survivors(e)) for e in exercises}
    work = []
    for exercise in exercises:
        public = Exercise(stubs / exercise.name)
        mutants = list(_mutants(exercise, styles(exercise)))
        for first in range(0, len(mutants), BATCH):
            batch = mutants[first : first + BATCH]
            work.append((exercise, public if public.suite.is_file() else None, batch))
    total = sum(len(batch) for _, _, batch in work)
    done = 0
    advance(done, total)
    for place, fates in in_processes(_meet, [(setup, *part) for part in work], workers):
        tallies[work[place][0].name].fates += fates
        done += len(fates)
        advance(done, total)
    return tallies


def _mutants(exercise: Exercise, styles: list[Path]) -> Iterator[tuple[str, Mutant]]:
    """Each with the answer that it was made from."""
    for file in (exercise.file, *styles):
        origin = "reference" if file == exercise.file else file.stem
        for mutant in mutants_of(file.read_text("utf-8"), exercise.targets):
            yield origin, mutant


def _meet(
    setup: Setup, exercise: Exercise, public: Exercise | None, mutants: list[tuple[str, Mutant]]
) -> list[Fate]:
    """In a process of its own: a batch of mutants of one exercise meets its suites."""
    hidden = _killers(setup, exercise, exercise, mutants)
    killed = [pair for pair, by in zip(mutants, hidden, strict=True) if by]
    shown = iter(_killers(setup, public, exercise, killed) if public else [""] * len(killed))
    return [
        Fate(origin, mutant, by, next(shown) if by else "")
        for (origin, mutant), by in zip(mutants, hidden, strict=True)
    ]


def _killers(
    setup: Setup, half: Exercise, exercise: Exercise, mutants: list[tuple[str, Mutant]]
) -> list[str]:
    """For each mutant the first base test that it fails, or ''."""
    killers = [""] * len(mutants)
    tests = base_tests(half)
    with rehearsing(setup, CPU_SECONDS) as rehearsal:
        for target in dict.fromkeys(mutant.target for _, mutant in mutants):
            mine = [n for n, (_, mutant) in enumerate(mutants) if mutant.target == target]
            for test in sorted(tests, key=lambda name: exercise.target_of(name) != target):
                alive = [n for n in mine if not killers[n]]
                if not alive:
                    break
                sources = [mutants[n][1].source for n in alive]
                known = rehearsal.run(half, sources, [test], SEED)
                for number, seen in zip(alive, known, strict=True):
                    if seen[test].lost or seen[test].sight is not None:
                        killers[number] = test
    return killers
