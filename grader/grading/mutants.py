"""Mutants against the suites: which wrong answers, that nobody thought of, pass all base tests.

Each mutant meets the base tests one by one, those of its own target first, and is gone at the first
that fails. It runs in a rehearsal, so that what it does to torch, or an endless loop, ends there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from grader.assignment.exercises import AssignmentError, Exercise
from grader.grading.engine import Setup
from grader.grading.mutation import Mutant, mutants_of
from grader.grading.rehearsed import base_tests, in_processes, rehearsing

SEED = 20
BATCH = 40  # mutants that a process takes at a time
PATIENCE_SECONDS = 3.0  # for a test: most mutants that need longer never end
WRITTEN_DOWN = "survivors.diff"


@dataclass(frozen=True)
class Fate:
    """What became of a mutant: the hidden test that failed it, and the public one; '' for none."""

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
    """The survivors that are right answers, by their diff, each with the reason."""

    @property
    def killed(self) -> list[Fate]:
        return [fate for fate in self.fates if not fate.survived]

    @property
    def survivors(self) -> list[Fate]:
        """Those that pass the hidden suite and aren't written down as right."""
        return [f for f in self.fates if f.survived and normal(f.mutant.diff) not in self.known]

    @property
    def stale(self) -> list[str]:
        """Diffs that are written down and are no survivors any more."""
        alive = {normal(fate.mutant.diff) for fate in self.fates if fate.survived}
        return [diff for diff in self.known if diff not in alive]

    @property
    def public_share(self) -> float:
        """Of those that the hidden suite kills, the share that the public one kills too."""
        return sum(bool(fate.public) for fate in self.killed) / max(1, len(self.killed))


def normal(diff: str) -> str:
    """A diff by which a survivor is known: without the spaces at the ends of its lines' code."""
    lines = (line.strip() for line in diff.splitlines())
    return "\n".join(line[:1] + line[1:].strip() for line in lines if line)


def read_survivors(exercise: Exercise) -> dict[str, str]:
    """`survivors.diff` beside the reference: each diff, and the reason above it.

    Blocks are parted by empty lines; a block is lines of `# reason`, then lines of a diff. Raises
    `AssignmentError` for a block without a reason.
    """
    file = exercise.folder / WRITTEN_DOWN
    found: dict[str, str] = {}
    for block in file.read_text("utf-8").split("\n\n") if file.is_file() else []:
        lines = [line for line in block.splitlines() if line.strip()]
        reason = " ".join(line[1:].strip() for line in lines if line.startswith("#"))
        diff = normal("\n".join(line for line in lines if not line.startswith("#")))
        if diff and not reason:
            raise AssignmentError(f"{exercise.name}/{file.name}: say why, in a line `# …`: {diff}")
        if diff:
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
        for mutant in mutants_of(file.read_text("utf-8")):
            yield origin, mutant


def _meet(
    setup: Setup, exercise: Exercise, public: Exercise | None, mutants: list[tuple[str, Mutant]]
) -> list[Fate]:
    """In a process of its own: a batch of mutants of one exercise meets its suites."""
    hidden = _killers(setup, exercise, exercise, mutants)
    shown = _killers(setup, public, exercise, mutants) if public else [""] * len(mutants)
    return [
        Fate(origin, mutant, by, also)
        for (origin, mutant), by, also in zip(mutants, hidden, shown, strict=True)
    ]


def _killers(
    setup: Setup, half: Exercise, exercise: Exercise, mutants: list[tuple[str, Mutant]]
) -> list[str]:
    """For each mutant the first base test that it fails, or ''."""
    killers = [""] * len(mutants)
    tests = base_tests(half)
    with rehearsing(setup, PATIENCE_SECONDS) as rehearsal:
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
