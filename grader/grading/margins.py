"""`grader check --measure`: how far right answers and mistakes lie from each threshold."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from grader.assignment.exercises import Exercise
from grader.assignment.mistakes import load_mistakes, splice
from grader.grading.engine import Setup
from grader.grading.rehearsed import base_tests, in_processes, rehearsing

SEEDS = 20


@dataclass
class Margin:
    """One threshold of a `learns`: what was measured over all seeds, of whom."""

    exercise: str
    test: str
    what: str
    below: float | None
    above: float | None
    right: list[float] = field(default_factory=list)
    """Of the reference and the right styles."""

    wrong: dict[str, list[float]] = field(default_factory=dict)
    """Of each mistake in the test's target that got as far."""

    @property
    def holds(self) -> bool:
        """Whether every right answer lies on the right side."""
        return all(self._good(value) for value in self.right)

    @property
    def left(self) -> float:
        """The distance of the worst right answer from the threshold, as a share of that."""
        if self.below is not None:
            return (self.below - max(self.right)) / abs(self.below or 1.0)
        bound = self.above or 0.0
        return (min(self.right) - bound) / abs(bound or 1.0)

    @property
    def mistaken(self) -> list[str]:
        """The mistakes that are on the right side for every seed: other tests must catch them."""
        return [name for name, values in self.wrong.items() if all(map(self._good, values))]

    def _good(self, value: float) -> bool:
        low = self.above is None or value > self.above
        return low and (self.below is None or value < self.below)


def measure(
    setup: Setup,
    exercises: Sequence[Exercise],
    styles: Callable[[Exercise], list[Path]],
    workers: int,
    advance: Callable[[int, int], None],
) -> list[Margin]:
    """All thresholds of the exercises' base tests, with what lies around them over many seeds."""
    work = [(setup, exercise, styles(exercise), seed) for exercise in exercises
            for seed in range(SEEDS)]  # fmt: skip
    margins: dict[tuple[str, str, int], Margin] = {}
    advance(0, len(work))
    for done, (_, found) in enumerate(in_processes(_measured, work, workers), 1):
        for place, one in found:
            all_seeds = margins.setdefault((one.exercise, one.test, place), one)
            if all_seeds is not one:
                all_seeds.right += one.right
                for name, values in one.wrong.items():
                    all_seeds.wrong.setdefault(name, []).extend(values)
        advance(done, len(work))
    return [margins[key] for key in sorted(margins)]


def _measured(
    setup: Setup, exercise: Exercise, styles: list[Path], seed: int
) -> list[tuple[int, Margin]]:
    """For one seed: each threshold, with its place among those of its test."""
    right = [file.read_text("utf-8") for file in (exercise.file, *styles)]
    margins: dict[tuple[str, int], Margin] = {}
    with rehearsing(setup) as rehearsal:
        [known] = rehearsal.run(exercise, right[:1], base_tests(exercise), seed)
        for test in [test for test in base_tests(exercise) if known[test].measured]:
            for seen in rehearsal.run(exercise, right, [test], seed):
                for place, value in enumerate(seen[test].measured):
                    margins.setdefault(
                        (test, place),
                        Margin(exercise.name, test, value.name, value.below, value.above),
                    ).right.append(value.value)
            target = exercise.target_of(test)
            wrong = [mistake for mistake in load_mistakes(exercise) if mistake.target == target]
            answers = [splice(exercise, mistake) for mistake in wrong]
            ran = rehearsal.run(exercise, answers, [test], seed)
            for mistake, seen in zip(wrong, ran, strict=True):
                for place, value in enumerate(seen[test].measured):
                    if margin := margins.get((test, place)):
                        margin.wrong.setdefault(mistake.name, []).append(value.value)
    return [(place, margin) for (_, place), margin in margins.items()]
