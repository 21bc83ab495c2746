"""Sandboxes and zygotes that are killed from outside: the test is run once more, nobody pays."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import tiny

from grader.judge.judge import Judge
from grader.judge.sandboxes import Forker
from grader.judge.session import Session
from grader.lockdown.limits import GRACE
from grader.result import Outcome, Result
from grader.submission import Submission

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="kills by number")

# The judge's process is outside: its suite kills whose number it is told, so many times.
SUITE = '''
import os
import signal

LEFT = {"sandbox": 0, "zygote": 0, "swallowed": 0}


def kill(student, what, number):
    if LEFT[what]:
        LEFT[what] -= 1
        os.kill(number, signal.SIGKILL)


def test_before(student):
    """Before."""
    assert student.double(2) == 4


def test_double(student):
    """Twice."""
    kill(student, "sandbox", student.me())
    kill(student, "zygote", student.parent())
    assert student.double(1) == 2


def test_swallowed(student):
    """A test that takes any exception for the right one."""
    kill(student, "swallowed", student.me())
    try:
        student.double(1)
    except Exception:
        return
    raise AssertionError("no exception")


def test_after(student):
    """After."""
    assert student.double(3) == 6
'''
ANSWER = """
import os


def double(x):
    return 2 * x


def me():
    return os.getpid()


def parent():
    return os.getppid()
"""
Grade = Callable[..., list[str]]


@pytest.fixture
def grade(forker: Forker, tmp_path: Path) -> Iterator[Grade]:
    """Grade an answer, with so many kills; the outcomes."""
    exercise = tmp_path / "solutions" / "01_double"
    exercise.mkdir(parents=True)
    (exercise / "double.py").write_text(ANSWER)
    (exercise / "test_double.py").write_text(SUITE)
    judge = Judge(tmp_path / "solutions", forker)

    def grade(answer: str = ANSWER, **kills: int) -> list[str]:
        judge._tests[0].module.LEFT |= kills
        result: Result = judge.grade(Submission("ann", {"double.py": answer.encode()}), seed=1)
        return [test.outcome.value for test in result.exercises[0].tests]

    yield grade
    judge.close()


PASSED, FAILED, CRASHED = (o.value for o in (Outcome.PASSED, Outcome.FAILED, Outcome.CRASHED))


def test_one_death_costs_nothing_and_a_second_is_the_submissions(grade: Grade) -> None:
    assert grade() == [PASSED, PASSED, FAILED, PASSED]
    assert grade(sandbox=1) == [PASSED, PASSED, FAILED, PASSED]
    assert grade(sandbox=2) == [PASSED, CRASHED, FAILED, PASSED]


def test_no_test_can_take_such_a_death_for_an_answer(grade: Grade) -> None:
    assert grade(swallowed=1) == [PASSED, PASSED, FAILED, PASSED]


def test_code_that_kills_itself_has_killed_itself(grade: Grade) -> None:
    assert grade(ANSWER.replace("return 2 * x", "os.kill(os.getpid(), 9)")) == [
        CRASHED, CRASHED, PASSED, CRASHED,
    ]  # fmt: skip
    assert grade(f"{ANSWER}\nos.kill(os.getpid(), 15)") == [CRASHED, CRASHED, CRASHED, CRASHED]


@pytest.mark.slow
def test_a_killed_zygote_costs_nothing(grade: Grade) -> None:
    assert grade(zygote=1) == [PASSED, PASSED, FAILED, PASSED]


WATCHED = '''
from grader.suite.checks import same


def test_double(student):
    """Twice, by hand."""
    same(student.double, lambda x: 2 * x, 3.0, forbids="aten::exp")
'''
STOPS_THE_PROFILER = """
import torch

left = {}


def double(x):
    global left
    if left:
        left -= 1
        torch._C._autograd._disable_profiler()
    return 2 * x
"""


@pytest.mark.parametrize(
    ("times", "outcome"), [(0, Outcome.PASSED), (1, Outcome.PASSED), (2, Outcome.REFUSED)]
)
def test_a_profiler_that_was_stopped_once_costs_nothing(
    forker: Forker, tmp_path: Path, times: int, outcome: Outcome
) -> None:
    """What a paused machine does to it looks the same as what code does that stops it."""
    suites = tiny.write_assignment(tmp_path)
    (suites / "01_double" / "test_double.py").write_text(WATCHED)
    judge = Judge(suites, forker)
    answer = STOPS_THE_PROFILER.replace("{}", str(times)).encode()
    result = judge.grade(Submission("ann", {"double.py": answer}), seed=1)
    judge.close()
    assert [test.outcome for test in result.exercises[0].tests] == [outcome]


LATE = """
import os
import time


def begin():
    global began
    began = time.monotonic()
    return os.getpid()


def late(seconds):
    while time.monotonic() < began + seconds:
        time.sleep(0.01)
    until = time.process_time() + 0.1
    while time.process_time() < until:
        pass
    return seconds
"""
LIMIT = 1.0
STANDS_STILL = "kill -STOP {0}; kill -STOP $PPID; sleep {1}; kill -CONT {0}; kill -CONT $PPID"


@pytest.mark.slow
def test_a_machine_that_stands_still_fails_nobody(forker: Forker) -> None:
    """Judge and sandbox stop for longer than any limit on the clock, as in a paused machine."""
    session = Session(forker, Submission("ann", {"double.py": LATE.encode()}))
    student = session.enter("double")
    session.begin(60)
    number = student.begin()
    session.begin(LIMIT)
    commands = STANDS_STILL.format(number, (GRACE + 1) * LIMIT)
    with subprocess.Popen(["sh", "-c", commands]):
        assert student.late((GRACE + 0.5) * LIMIT) == (GRACE + 0.5) * LIMIT
    session.close()
