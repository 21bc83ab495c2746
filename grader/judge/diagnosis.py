"""Recognise a wrong answer as a known mistake: all tests see the same in both."""

from __future__ import annotations

from dataclasses import replace

from grader.assignment.exercises import Exercise
from grader.assignment.mistakes import Mistake, load_mistakes, splice
from grader.judge.rehearsal import LOST, Rehearsal
from grader.result import Outcome, TestResult
from grader.suite.checks.cases import of_a_target
from grader.suite.checks.mismatch import Fact
from grader.suite.current import Case
from grader.suite.sight import Sight

BAND = 0.2  # right code with other random numbers stays well within this share
_TOLD_APART = (Outcome.PASSED, Outcome.FAILED, Outcome.REFUSED)


class Diagnosis:
    """The known mistakes of all exercises. The rehearsal finds out what tests see of them."""

    def __init__(self, exercises: list[Exercise], rehearsal: Rehearsal) -> None:
        self._exercises = {e.name: e for e in exercises if e.mistakes.is_file()}
        self._rehearsal = rehearsal
        self._mistakes: dict[str, list[Mistake]] = {}

    def explain(
        self, exercise: str, tests: list[TestResult], sights: dict[str, Sight], seed: int
    ) -> list[TestResult]:
        """The tests, with name and hint of the mistake that gives the same wrong answers.

        `sights`: what each failed test saw, by the test's name.
        """
        if exercise not in self._exercises:
            return tests
        named: dict[str, tuple[str, str]] = {}
        for target in sorted({test.target for test in tests if test.name in sights}):
            mine = [test for test in tests if test.target == target and not test.bonus]
            if all(test.outcome in _TOLD_APART for test in mine):
                named[target] = self._name(self._exercises[exercise], mine, sights, seed)
        return [
            replace(test, mistake=named[test.target][0], hint=named[test.target][1])
            if test.name in sights and not test.bonus and test.target in named
            else test
            for test in tests
        ]

    def band(self, exercise: str, test: str, call: int, seed: int) -> list[tuple[float, float]]:
        """The range of the losses that right code returns from the `call`-th call of a test."""
        if exercise not in self._exercises:
            return []
        right = self._exercises[exercise]
        [known] = self._rehearsal.run(right, [right.file.read_text("utf-8")], [test], seed)
        curves = known.get(test, LOST).curves
        curve = curves[call] if call < len(curves) else []
        return [((1 - BAND) * loss, (1 + BAND) * loss) for loss in curve]

    def _name(
        self, exercise: Exercise, tests: list[TestResult], sights: dict[str, Sight], seed: int
    ) -> tuple[str, str]:
        """Name and hint of the known mistake that looks the same in all of a target's base tests.

        Mistakes that no test tells apart are named together if they have the same hint.
        """
        if not any(test.name in sights for test in tests):
            return "", ""
        known = (m for m in self._known(exercise) if m.target == tests[0].target)
        fitting = {mistake: splice(exercise, mistake) for mistake in known}
        waiting = list(tests)
        while waiting and fitting:
            answers = [*fitting.values()]
            test = self._next(exercise, waiting, answers, seed)
            waiting.remove(test)
            ran = self._rehearsal.run(exercise, answers, [test.name], seed)
            fitting = {
                mistake: answer
                for (mistake, answer), seen in zip(fitting.items(), ran, strict=True)
                if seen.get(test.name, LOST).saw(sights.get(test.name))
            }
        hints = {mistake.hint for mistake in fitting}
        if len(hints) != 1:
            return "", ""
        return " or ".join(mistake.name for mistake in fitting), hints.pop()

    def _next(
        self, exercise: Exercise, tests: list[TestResult], answers: list[str], seed: int
    ) -> TestResult:
        """The test to compare next. Most mistakes are told apart by one test.

        First come tests that have already seen all answers, then failed tests, then quick ones.
        """

        def cost(test: TestResult) -> tuple[bool, bool, float]:
            known = self._rehearsal.knows(exercise, answers, test.name, seed)
            return not known, test.passed, test.seconds

        return min(tests, key=cost)

    def _known(self, exercise: Exercise) -> list[Mistake]:
        if exercise.name not in self._mistakes:
            self._mistakes[exercise.name] = load_mistakes(exercise)
        return self._mistakes[exercise.name]


def with_cases(tests: list[TestResult], cases: dict[str, list[Case]]) -> list[TestResult]:
    """The tests, with a fact that is true of exactly the inputs that a target got wrong.

    `cases`: the inputs that each test tried, by its name.
    """
    found: dict[str, Fact] = {}
    for target in sorted({test.target for test in tests}):
        mine = [test for test in tests if test.target == target and not test.bonus]
        if fact := of_a_target([(test.outcome, cases.get(test.name, [])) for test in mine]):
            found[target] = fact
    return [
        replace(
            test,
            observed=[found[test.target].unrevealing, *test.observed],
            cause=f"observed: {found[test.target].name}",
        )
        if test.outcome is Outcome.FAILED and not test.bonus and test.target in found
        else test
        for test in tests
    ]
