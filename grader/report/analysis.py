"""Statistics of a grading run: on the class, and on the tests."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import mean

from grader.report import text
from grader.report.seen import titles
from grader.result import Grades, Outcome, Result

BINS = 10
FEWEST = 5  # below this many submissions, a correlation says nothing
CERTAIN = 2.33  # standard errors: a remark is wrong by chance for one test in a hundred
LITTLE = 0.2  # a discrimination below this is called poor in item analysis
EASY = 0.1  # where fewer than this share fail (or pass), it can't be high
EXTREME = 0.27  # the upper and the lower part of a class, as usual in item analysis


@dataclass(frozen=True)
class Bin:
    """How many totals are at least `low` and below `high`."""

    low: int
    high: int
    count: int


@dataclass
class Item:
    """A test, over all submissions that were graded.

    `correlation` is the point-biserial correlation of passing it with the points of all other
    tests. `difference` is the share of the upper part of the class that passes it, less that of the
    lower part. Both are None if too few took part.
    """

    exercise: str
    name: str
    title: str
    target: str
    points: float
    bonus: bool
    passed: int
    taken: int
    correlation: float | None
    difference: float | None

    @property
    def rate(self) -> float:
        """The share of submissions that pass it, from 0 to 1."""
        return self.passed / self.taken if self.taken else 0.0

    @property
    def remark(self) -> str:
        """A remark if the test deserves a look; else ''."""
        if not self.taken:
            return ""
        if self.passed == 0:
            return "nobody passes"
        fewer = min(self.passed, self.taken - self.passed)
        if self.correlation is None or fewer < FEWEST:
            return ""
        highest = _highest(self.correlation, self.taken)
        if highest < 0:
            return "goes against the rest"
        return "tells little" if highest < LITTLE and fewer >= EASY * self.taken else ""


@dataclass
class ExerciseSummary:
    """An exercise, over all submissions that were graded."""

    name: str
    mean: float
    attempted: int
    full: int
    taken: int


@dataclass
class MistakeSummary:
    """A known mistake and who made it, as indices of the results."""

    name: str
    exercise: str
    target: str
    hint: str
    who: list[int]


def distribution(grades: Grades) -> list[Bin]:
    """The totals in steps of ten. 100 is in the last one."""
    counts = [0] * BINS
    for total in totals(grades):
        counts[min(BINS - 1, int(total * BINS / 100))] += 1
    step = 100 // BINS
    return [Bin(i * step, (i + 1) * step, count) for i, count in enumerate(counts)]


def totals(grades: Grades) -> list[float]:
    """The totals of all submissions that were graded."""
    return [r.total for r in grades.results if r.total is not None]


def summaries(grades: Grades) -> list[ExerciseSummary]:
    """The exercises in order."""
    names = dict.fromkeys(e.name for r in grades.results for e in r.exercises)
    made = []
    for name in names:
        found = [e for r in _graded(grades) for e in r.exercises if e.name == name]
        scores = [e.score for e in found if e.score is not None]
        idle = sum(
            all(t.outcome is Outcome.NOT_ATTEMPTED for t in e.tests if not t.bonus) for e in found
        )
        made.append(
            ExerciseSummary(
                name=text.line(name),
                mean=mean(scores) if scores else 0.0,
                attempted=len(found) - idle,
                full=sum(score == 100 for score in scores),
                taken=len(found),
            )
        )
    return made


def items(grades: Grades) -> list[Item]:
    """Every test, by exercise, in the order of its suite."""
    found: dict[tuple[str, str], Item] = {}
    for result in grades.results:
        for exercise in result.exercises:
            for test, title in zip(exercise.tests, titles(exercise.tests), strict=True):
                found.setdefault(
                    (exercise.name, test.name),
                    Item(
                        text.line(exercise.name),
                        text.line(test.name),
                        title,
                        text.line(test.target),
                        test.points,
                        test.bonus,
                        0,
                        0,
                        None,
                        None,
                    ),
                )
    passes: dict[tuple[str, str], list[tuple[bool, float]]] = {key: [] for key in found}
    for result in _graded(grades):
        points = sum(e.earned for e in result.exercises)
        for exercise in result.exercises:
            for test in exercise.tests:
                own = test.points if test.passed and not test.bonus else 0.0
                passes[exercise.name, test.name].append((test.passed, points - own))
    for key, item in found.items():
        pairs = passes[key]
        item.taken = len(pairs)
        item.passed = sum(passed for passed, _ in pairs)
        item.correlation = correlation(pairs)
        item.difference = difference(pairs)
    return sorted(found.values(), key=lambda item: item.exercise)


def correlation(pairs: Sequence[tuple[bool, float]]) -> float | None:
    """The point-biserial correlation of pairs (passed, points of the other tests).

    None if nothing varies, or if too few took part.
    """
    if len(pairs) < FEWEST:
        return None
    ones = [rest for passed, rest in pairs if passed]
    zeros = [rest for passed, rest in pairs if not passed]
    middle = mean(rest for _, rest in pairs)
    spread = math.sqrt(mean((rest - middle) ** 2 for _, rest in pairs))
    if not ones or not zeros or spread == 0:
        return None
    share = len(ones) / len(pairs)
    return (mean(ones) - mean(zeros)) / spread * math.sqrt(share * (1 - share))


def _highest(correlation: float, taken: int) -> float:
    """The upper end of the correlation's confidence interval, by Fisher's transformation."""
    z = math.atanh(max(-0.999, min(0.999, correlation)))
    return math.tanh(z + CERTAIN / math.sqrt(taken - 3))


def difference(pairs: Sequence[tuple[bool, float]]) -> float | None:
    """The share that passes in the upper part of the class, less that in the lower part.

    `pairs` are as for `correlation`. None if too few took part.
    """
    if len(pairs) < FEWEST:
        return None
    ordered = [passed for passed, _ in sorted(pairs, key=lambda pair: pair[1])]
    size = max(1, round(EXTREME * len(ordered)))
    return mean(ordered[-size:]) - mean(ordered[:size])


def mistakes(grades: Grades) -> list[MistakeSummary]:
    """The known mistakes that were found, the most common first."""
    found: dict[tuple[str, str], MistakeSummary] = {}
    for number, result in enumerate(grades.results):
        for exercise in result.exercises:
            for test in exercise.tests:
                if not test.mistake:
                    continue
                made = found.setdefault(
                    (exercise.name, test.mistake),
                    MistakeSummary(
                        text.line(test.mistake),
                        text.line(exercise.name),
                        text.line(test.target),
                        text.line(test.hint),
                        [],
                    ),
                )
                if number not in made.who:
                    made.who.append(number)
    return sorted(found.values(), key=lambda m: (-len(m.who), m.exercise, m.name))


def _graded(grades: Grades) -> list[Result]:
    return [result for result in grades.results if result.total is not None]
