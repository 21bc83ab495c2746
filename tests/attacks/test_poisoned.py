"""Answers that change what they are given, so that what is expected becomes what they return.

Each file of `poisoned/NN_name/` answers the target it is named after; the rest is the reference's.
That target must earn nothing, but for what its docstring says is fair: `fair: test_…, test_…`.
"""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from grader.assignment.exercises import find_exercises
from grader.assignment.mistakes import Mistake, splice
from grader.submission import Submission

pytestmark = pytest.mark.slow

HERE = Path(__file__).with_name("poisoned")
EXERCISES = find_exercises(Path(__file__).parents[2] / "solutions")
POISONED = [(e, f) for e in EXERCISES for f in sorted((HERE / e.name).glob("*.py"))]


@pytest.mark.parametrize(("exercise", "file"), POISONED, ids=lambda part: getattr(part, "stem", ""))
def test_a_poisoned_argument_earns_nothing(judge, exercise, file):
    source = file.read_text(encoding="utf-8")
    fair = re.findall(r"test_\w+", ast.get_docstring(ast.parse(source)) or "")
    wrong = Mistake(file.stem, "poisoned", hint="", source=source)
    files = {exercise.file.name: splice(exercise, wrong).encode()}
    submission = Submission(file.stem, files)
    result = judge.grade(submission, 5, frozenset([exercise.name]), diagnose=False)
    tests = [test for test in result.exercises[0].tests if not test.bonus]
    earned = {test.name for test in tests if test.passed and test.target == file.stem}
    assert file.stem in exercise.targets
    assert earned <= set(fair)
    assert all(test.passed for test in tests if test.target != file.stem)
