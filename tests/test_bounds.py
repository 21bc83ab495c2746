"""What the judge itself may use, memory and processor time; and what bounds wrong answers' work."""

from __future__ import annotations

import os
import resource
import shutil
import signal
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from grader.assignment.exercises import Exercise
from grader.judge import bounds, errors
from grader.judge.errors import GraderFault, breach
from grader.judge.judge import Judge
from grader.lockdown.limits import Limits
from grader.lockdown.records import Layer, Profile
from grader.result import Outcome
from grader.submission import Submission
from grader.wire.structs import Raised

SOLUTIONS = Path(__file__).parents[1] / "solutions"

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="Linux's limits")


def in_a_fork(work: Callable[[], None]) -> int:
    """How a fork of this process ends that does this: its exit code, negative for a signal."""
    child = os.fork()
    if not child:
        code = 1
        try:
            work()
            code = 0
        finally:
            os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def test_a_judge_that_checks_for_too_long_is_ended_and_says_where(tmp_path, monkeypatch):
    monkeypatch.setattr(bounds, "CHECKING_SECONDS", 0.2)

    def work() -> None:
        watch = bounds.Stopwatch(tmp_path)
        watch.begin("an older and longer name", "01/test_losses.py::test_log_softmax")
        watch.end()
        watch.begin("ann", "test_nll")
        while True:
            sum(range(1000))

    assert in_a_fork(work) == bounds.ENDED_BY == -signal.SIGPROF
    [file] = tmp_path.iterdir()
    assert bounds.overran(tmp_path, int(file.name.rpartition("-")[2])) == ("ann", "test_nll")


def test_one_that_waits_is_not(tmp_path, monkeypatch):
    monkeypatch.setattr(bounds, "CHECKING_SECONDS", 0.05)

    def work() -> None:
        watch = bounds.Stopwatch(tmp_path)
        watch.begin("ann", "test_nll")
        signal.sigtimedwait([signal.SIGUSR1], 0.2)
        watch.end()

    assert in_a_fork(work) == 0


def test_a_judges_memory_is_bounded_and_what_it_starts_is_not():
    def work() -> None:
        bounds.bound_memory()
        torch.zeros(1 << 20)
        try:
            torch.zeros(2 * bounds.ROOM, dtype=torch.uint8)
        except RuntimeError:
            soft, hard = resource.getrlimit(resource.RLIMIT_DATA)
            assert soft < hard or hard == resource.RLIM_INFINITY
            return
        raise AssertionError("it was allocated")

    assert in_a_fork(work) == 0


def test_what_others_may_have_taken_is_charged_to_nobody(monkeypatch):
    """Where sandboxes share a disk, or a user's threads."""
    shared, limits = Profile("shared", ()), Limits()
    threads = Raised("RuntimeError", "RuntimeError", "can't start new thread", [])
    disk = Raised("OSError", "OSError", "[Errno 28] No space left on device", [])
    with pytest.raises(GraderFault):
        breach(threads, limits, shared, alone=False)
    assert "more than 64 threads" in breach(threads, limits, shared, alone=True)
    of_torch = Raised("RuntimeError", "RuntimeError", "Resource temporarily unavailable", [])
    with pytest.raises(GraderFault):
        breach(of_torch, limits, shared, alone=False)
    assert breach(disk, limits, shared) == "", "there is room: it is said, and not so"
    monkeypatch.setattr(errors, "ROOM_LEFT", shutil.disk_usage(tempfile.gettempdir()).total)
    with pytest.raises(GraderFault):
        breach(disk, limits, shared)
    names = ("own disk", "own users")
    own = Profile("own", tuple(Layer(name, "", "on") for name in names))
    assert "more than 64 threads" in breach(threads, limits, own, alone=False)
    assert "more than 256 MiB of files" in breach(disk, limits, own)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["04_fit", "05_refactor"])
def test_a_loop_past_the_end_of_the_data_costs_no_more_than_a_right_one(judge: Judge, name: str):
    """Told by how often it calls the model: one that walks 782 batches an epoch is soon stopped."""
    exercise = Exercise(SOLUTIONS / name)
    right = exercise.file.read_text("utf-8")
    right = right.replace("model(xb)", '(print(end="."), model(xb))[1]')
    calls = []
    for text in (right, right.replace("len(x_train), bs", "50_000, bs")):
        submission = Submission("s", {exercise.file.name: text.encode()})
        [result] = judge.grade(submission, 7, frozenset([name]), diagnose=False).exercises
        calls.append(result.printed.count("."))
        outcomes = {t.outcome for t in result.tests if t.target == "fit"}
        assert len(outcomes) == 1, "all of them pass, or none"
    assert 10 < calls[1] <= calls[0]
    assert outcomes == {Outcome.FAILED}
