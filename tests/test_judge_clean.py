"""A judge stays as it was, whatever it graded before, and whatever its suites do."""

from __future__ import annotations

import os
import random
from pathlib import Path

import pytest
import tiny
import torch

from grader.assignment.exercises import Exercise, find_exercises
from grader.assignment.mistakes import load_mistakes, splice
from grader.judge.judge import Judge
from grader.judge.sandboxes import Forker
from grader.result import Outcome, Result
from grader.submission import Submission, find_submissions
from grader.torchside import state

ROOT = Path(__file__).parents[1]
EXERCISES = find_exercises(ROOT / "solutions")
[AUTOGRAD] = [e for e in EXERCISES if e.module == "autograd"]
SEED = 5


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


def outcomes(result: Result) -> list[tuple[str, str, float, str]]:
    """All that a grade is made of."""
    return [
        (test.name, test.outcome.value, test.points, test.mistake)
        for exercise in result.exercises
        for test in exercise.tests
    ]


@pytest.mark.slow
@pytest.mark.timeout(0)  # it is long on a busy machine
def test_grades_are_the_same_in_any_order(judge: Judge) -> None:
    """Submissions, mistakes of every exercise and the references: one judge, three orders.

    With TORCHGRADE_EVERYTHING set it takes the whole sample class and every mistake, and an hour.
    What never ends is otherwise left to tests/attacks: it takes ten seconds each time.
    """
    everything = "TORCHGRADE_EVERYTHING" in os.environ
    chance = random.Random(20)
    work: list[tuple[Submission, frozenset[str]]] = []
    students = find_submissions(ROOT / "data" / "sample_class", EXERCISES)
    students = [s for s in students if everything or s.name != "jonas-weber"]
    for student in students if everything else chance.sample(students, 5):
        handed_in = sorted(e.name for e in EXERCISES if e.file.name in student.files)
        chosen = handed_in if everything else chance.sample(handed_in, min(1, len(handed_in)))
        work.append((student, frozenset(chosen)))
    for exercise in EXERCISES:
        mistakes = load_mistakes(exercise)
        sources = {"reference": exercise.file.read_text("utf-8")}
        for mistake in mistakes if everything else chance.sample(mistakes, 1):
            sources[mistake.name] = splice(exercise, mistake)
        for name, source in sources.items():
            files = {exercise.file.name: source.encode()}
            one = Submission(f"{exercise.name}/{name}", files)
            work.append((one, frozenset([exercise.name])))
    found: dict[str, list[tuple[str, str, float, str]]] = {}
    for _ in range(3):
        chance.shuffle(work)
        for submission, only in work:
            now = outcomes(judge.grade(submission, SEED, only))
            assert found.setdefault(submission.name, now) == now, submission.name
    assert len(found) == len(work)


LEAVES_IT_CHANGED = """
import pytest
import torch


def test_double_in_another_dtype(student):
    \"\"\"Twice is twice in float64.\"\"\"
    torch.set_default_dtype(torch.float64)
    torch.set_grad_enabled(False)
    assert student.double(torch.ones(1)).dtype == torch.float64


def test_double_with_gradients(student):
    \"\"\"Gradients flow.\"\"\"
    assert torch.get_default_dtype() == torch.float32
    assert student.double(torch.ones(1, requires_grad=True)).requires_grad
"""


def test_a_suite_that_changes_torch_is_told_of_and_changes_no_other_test(
    tmp_path: Path, forker: Forker
) -> None:
    suites = tiny.write_assignment(tmp_path)
    (suites / "01_double" / "test_double.py").write_text(LEAVES_IT_CHANGED)
    judge = Judge(suites, forker)
    result = judge.grade(Submission("s", {"double.py": tiny.answer("x + x").encode()}), SEED)
    judge.close()
    [first, second] = result.exercises[0].tests
    assert (first.outcome, second.outcome) == (Outcome.PASSED, Outcome.PASSED)
    assert first.left == "gradients, default dtype"
    assert second.left == ""
    assert (torch.is_grad_enabled(), torch.get_default_dtype()) == (True, torch.float32)


def test_every_switch_comes_back() -> None:
    before = state.snapshot()
    try:
        torch.set_grad_enabled(False)
        torch.set_default_dtype(torch.float64)
        torch.set_default_device("meta")
        torch.set_num_threads(before.threads + 1)
        torch.use_deterministic_algorithms(True, warn_only=True)
        torch.autograd.set_detect_anomaly(True)
        torch.backends.cudnn.benchmark = not before.cudnn_benchmark
        torch.manual_seed(3)
        changed = state.differences(before, state.snapshot())
    finally:
        before.restore()
    assert changed == [
        "gradients",
        "anomaly",
        "default dtype",
        "default device",
        "threads",
        "deterministic",
        "deterministic warns only",
        "cudnn benchmark",
    ]
    after = state.snapshot()
    assert state.differences(before, after) == []
    assert torch.equal(before.generator, after.generator)
