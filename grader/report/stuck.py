"""Students who are stuck, and where: a list to act on."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from grader.report import text
from grader.result import GRAVITY, Grades, Outcome, Result, TestResult

SHARE = 0.5  # of those who have tried a target: where fewer pass, it is the class that is stuck
FEWEST = 4  # below this many who have tried, nothing is said of the class


@dataclass(frozen=True)
class Stuck:
    """A student (an index of the results) who has tried a target that most others pass.

    `what`: the known mistake, or how it ended. `more`: how many more such targets there are.
    """

    number: int
    exercise: str
    target: str
    what: str
    hint: str
    more: int
    attempts: int
    total: float | None


@dataclass(frozen=True)
class Hurdle:
    """A target at which most of those who tried are stuck."""

    exercise: str
    target: str
    passed: int
    tried: int


def stuck(grades: Grades) -> list[Stuck]:
    """The students who need help, the most urgent ones first.

    That is whoever tried a target that at least half of those who tried it pass, and doesn't pass
    it. Many such targets, many attempts and a low total are urgent.
    """
    rates = _rates(grades.results)
    found = []
    for number, result in enumerate(grades.results):
        if result.excused:
            continue
        places = [
            (key, tests)
            for key, tests in _targets(result).items()
            if _tried(tests) and not _passes(tests) and rates[key][0] >= SHARE * rates[key][1]
        ]
        if places and not (result.total is None and not result.graded):
            (exercise, target), tests = places[0]
            what, hint = _why(tests)
            found.append(
                Stuck(
                    number,
                    text.line(exercise),
                    text.line(target),
                    what,
                    hint,
                    len(places) - 1,
                    max([1, *(attempt.number for attempt in result.attempts)]),
                    result.total,
                )
            )
    return sorted(found, key=lambda s: (-s.more, -s.attempts, s.total or 0.0, s.number))


def hurdles(grades: Grades) -> list[Hurdle]:
    """The targets that fewer than half of those who tried pass, in order."""
    return [
        Hurdle(text.line(exercise), text.line(target), passed, tried)
        for (exercise, target), (passed, tried) in _rates(grades.results).items()
        if tried >= FEWEST and passed < SHARE * tried
    ]


def _rates(results: Iterable[Result]) -> dict[tuple[str, str], tuple[int, int]]:
    """For each target, how many pass it, and how many have tried."""
    found: dict[tuple[str, str], tuple[int, int]] = {}
    for result in results:
        for key, tests in _targets(result).items():
            passed, tried = found.get(key, (0, 0))
            found[key] = (passed + _passes(tests), tried + _tried(tests))
    return dict(sorted(found.items(), key=lambda item: item[0][0]))


def _targets(result: Result) -> dict[tuple[str, str], list[TestResult]]:
    """The base tests of each target."""
    found: dict[tuple[str, str], list[TestResult]] = {}
    for exercise in result.exercises:
        if not (exercise.excused or exercise.extra_credit):
            for test in exercise.tests:
                if not test.bonus:
                    found.setdefault((exercise.name, test.target), []).append(test)
    return found


def _passes(tests: list[TestResult]) -> bool:
    return all(test.passed for test in tests)


def _tried(tests: list[TestResult]) -> bool:
    idle = (Outcome.NOT_ATTEMPTED, Outcome.NOT_GRADED)
    return any(test.outcome not in idle for test in tests)


def _why(tests: list[TestResult]) -> tuple[str, str]:
    """The known mistake with its hint, or else the worst outcome and the test's title."""
    for test in tests:
        if test.mistake:
            return text.line(test.mistake), text.line(test.hint)
    worst = min(tests, key=lambda test: GRAVITY.index(test.outcome))
    return text.MEANINGS[worst.outcome], text.line(worst.title)
