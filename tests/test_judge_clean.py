"""A judge stays as it was, whatever it graded before."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from grader.assignment.exercises import Exercise, find_exercises
from grader.grading.engine import Setup, new_forker
from grader.judge.judge import Judge
from grader.result import Result
from grader.submission import Submission

ROOT = Path(__file__).parents[1]
[AUTOGRAD] = [e for e in find_exercises(ROOT / "solutions") if e.module == "autograd"]
SEED = 5


@pytest.fixture(scope="module")
def judge() -> Iterator[Judge]:
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    setup = Setup(ROOT / "solutions")
    forker = new_forker(setup)
    warm = Judge(setup.suites, forker)
    yield warm
    warm.close()
    forker.close()
    torch.set_num_threads(threads)


def graded(judge: Judge, exercise: Exercise, source: str) -> Result:
    submission = Submission("s", {exercise.file.name: source.encode()})
    return judge.grade(submission, SEED, frozenset([exercise.name]))


def test_a_mistake_that_switches_gradients_off_touches_no_other_grade(judge: Judge) -> None:
    """`predict` that returns half the value has diagnosis run every mistake of `predict`."""
    right = AUTOGRAD.file.read_text("utf-8")
    halved = right + (
        "\n\nright_predict = predict\n\n\ndef predict(model, x):\n"
        "    return right_predict(model, x) / 2\n"
    )
    assert graded(judge, AUTOGRAD, right).total == 100
    wrong = graded(judge, AUTOGRAD, halved)
    assert wrong.total is not None and wrong.total < 100
    assert torch.is_grad_enabled()
    for _ in range(2):
        assert graded(judge, AUTOGRAD, right).total == 100
