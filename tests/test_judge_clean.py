"""A judge stays as it was, whatever it graded before, and whatever its suites do."""

from __future__ import annotations

import itertools
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
# Of the sample class, an exercise each: what an answer may be besides right.
STUDENTS = {
    "bela-szabo": "02_scratch",  # half of it stubs
    "chidi-okonkwo": "01_losses",  # stubs only
    "frida-nygaard": "03_modules",  # wrong in more than one place
    "hana-sato": "02_scratch",  # no Python
    "ines-moreau": "01_losses",  # in need of a package that isn't there
    "kwame-mensah": "01_losses",  # ended by sys.exit
    "lucia-ferrari": "01_losses",  # ended by os._exit
    "mateo-rojas": "01_losses",  # printing a megabyte
    "noor-haddad": "04_fit",  # two files
    "priya-raman": "03_modules",  # refused
    "quinn-delaney": "01_losses",  # patching torch
    "tove-berg": "01_losses",  # a notebook
}
# Wrong answers that are recognised; what runs these changes torch for good, or its generator.
MISTAKEN = {
    "01_losses": "logarithm_before_the_sum",
    "05_refactor": "seeded_at_each_step",
    "06_autograd": "switches_recording_off_for_good",
}


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
    """One judge grades them all in one order, and then in the opposite one: each after each other.

    With TORCHGRADE_EVERYTHING set it takes the whole sample class and every mistake, in three
    random orders, and an hour. What never ends is otherwise left to tests/attacks: it takes ten
    seconds each time.
    """
    everything = "TORCHGRADE_EVERYTHING" in os.environ
    students = find_submissions(ROOT / "data" / "sample_class", EXERCISES)
    work: list[tuple[Submission, frozenset[str]]] = []
    for student in students:
        if everything:
            work.append((student, frozenset()))
        elif student.name in STUDENTS:
            work.append((student, frozenset([STUDENTS[student.name]])))
    for exercise in EXERCISES:
        sources = {"reference": exercise.file.read_text("utf-8")}
        for mistake in load_mistakes(exercise):
            if everything or mistake.name == MISTAKEN.get(exercise.name):
                sources[mistake.name] = splice(exercise, mistake)
        for name, source in sources.items():
            files = {exercise.file.name: source.encode()}
            one = Submission(f"{exercise.name}/{name}", files)
            work.append((one, frozenset([exercise.name])))
    assert len(work) >= len(STUDENTS) + len(MISTAKEN) + len(EXERCISES)
    chance = random.Random(20)
    orders = [chance.sample(work, len(work)) for _ in range(3)]
    if not everything:
        orders[1:] = [orders[0][::-1]]
    found: dict[str, list[tuple[str, str, float, str]]] = {}
    for submission, only in itertools.chain(*orders):
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
