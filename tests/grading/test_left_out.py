"""Known mistakes, handed in: each is named; with its hint withheld, no other one's is given.

`grader check` proves for all of them that they are named, and that two which every check sees alike
share one hint. So whatever is withheld, no false hint is left: here a few go all the way.
"""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from grader.assignment.exercises import find_exercises
from grader.assignment.mistakes import load_mistakes, splice
from grader.result import TestResult
from grader.submission import Submission

SOLUTIONS = Path(__file__).parents[2] / "solutions"
SEED = 11
pytestmark = pytest.mark.slow


@pytest.mark.parametrize("exercise", find_exercises(SOLUTIONS), ids=lambda e: e.name)
def test_a_mistake_whose_hint_is_withheld(judge, monkeypatch, exercise):
    known = load_mistakes(exercise)
    mistake = random.Random(f"{SEED} {exercise.name}").choice(known)
    files = {exercise.file.name: splice(exercise, mistake).encode()}

    def graded() -> list[TestResult]:
        result = judge.grade(Submission("s", files), SEED, frozenset([exercise.name]))
        return result.exercises[0].tests

    named = graded()
    failed = [test for test in named if not test.passed and not test.bonus]
    assert {(mistake.name in test.mistake.split(" or "), test.hint) for test in failed} == {
        (True, mistake.hint)
    }
    others = [other for other in known if other.hint != mistake.hint]
    monkeypatch.setitem(judge._diagnosis._mistakes, exercise.name, others)
    unnamed = graded()
    assert {(test.mistake, test.hint) for test in unnamed} == {("", "")}
    assert [test.observed for test in unnamed] == [test.observed for test in named]
