"""The differences between two gradings of one student, test by test."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from grader.result import Result, TestResult


@dataclass(frozen=True)
class TestChange:
    """A test with another outcome or other points. `before` or `after` is '' if it didn't exist."""

    __test__ = False  # not a test, whatever pytest makes of its name

    exercise: str
    test: str
    title: str
    before: str
    after: str


@dataclass(frozen=True)
class GradeChange:
    """A student whose grade or tests have changed."""

    before: Result
    after: Result
    tests: list[TestChange]

    @property
    def moved(self) -> bool:
        """Whether the grade itself has changed."""
        was, now = self.before, self.after
        if was.total is None or now.total is None:
            return was.total is not now.total
        return abs(was.total - now.total) > 1e-9 or abs(was.bonus - now.bonus) > 1e-9


def differing_tests(before: Result, after: Result) -> list[TestChange]:
    """The tests that differ, in order."""
    old = _tests(before)
    new = _tests(after)
    worth = {key: old[key].points != new[key].points for key in old.keys() & new.keys()}
    found = []
    for exercise, name in dict.fromkeys([*old, *new]):
        was, now = old.get((exercise, name)), new.get((exercise, name))
        said = [_said(test, points=worth.get((exercise, name), False)) for test in (was, now)]
        if said[0] != said[1]:
            title = (now or was).title  # type: ignore[union-attr]
            found.append(TestChange(exercise, name, title, *said))
    return found


def grade_changes(before: Mapping[str, Result], after: Iterable[Result]) -> list[GradeChange]:
    """The students whose tests or grades differ. `before`: by name of submission."""
    found = []
    for now in after:
        was = before.get(now.submission)
        if was is not None:
            change = GradeChange(was, now, differing_tests(was, now))
            if change.tests or change.moved:
                found.append(change)
    return found


def _tests(result: Result) -> dict[tuple[str, str], TestResult]:
    return {(e.name, test.name): test for e in result.exercises for test in e.tests}


def _said(test: TestResult | None, *, points: bool) -> str:
    if test is None:
        return ""
    return f"{test.outcome.value}, {test.points:g} points" if points else test.outcome.value
