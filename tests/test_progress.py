"""What is shown while a class is graded: on a terminal, and in a log."""

from __future__ import annotations

import io

import pytest

from grader.cli.progress import ClassProgress, in_words, needs_a_look
from grader.report.terminal import SafeConsole
from grader.result import ExerciseResult, Outcome, Result, TestResult


def one(outcome: Outcome, fault: str = "") -> Result:
    tests = [TestResult("test_a", "a", "A.", outcome, 1.0)]
    return Result("ann", exercises=[ExerciseResult("01_a", tests)], fault=fault)


class Clock:
    """Seconds that pass when they are told to."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.mark.parametrize(
    ("outcome", "fault", "look"),
    [
        (Outcome.PASSED, "", False),
        (Outcome.FAILED, "", False),
        (Outcome.NOT_ATTEMPTED, "", False),
        (Outcome.CRASHED, "", True),
        (Outcome.TIMED_OUT, "", True),
        (Outcome.REFUSED, "", True),
        (Outcome.PASSED, "no disk", True),
    ],
)
def test_what_needs_a_look(outcome: Outcome, fault: str, look: bool) -> None:
    assert needs_a_look(one(outcome, fault)) is look


def test_a_log_gets_a_line_a_minute() -> None:
    out, clock = io.StringIO(), Clock()
    with ClassProgress(400, 2, SafeConsole(file=out, width=100), clock) as progress:
        for _ in range(200):
            clock.now += 0.5
            progress.at_work(["ann", "bob"])
            progress.done(one(Outcome.FAILED if clock.now != 1 else Outcome.CRASHED))
    assert out.getvalue() == "120 of 400 graded, 2.0/s, 2 min left, 1 to look at\n"


def test_a_terminal_shows_who_is_at_work() -> None:
    out, clock = io.StringIO(), Clock()
    console = SafeConsole(file=out, width=100, force_terminal=True, color_system=None)
    with ClassProgress(4, 2, console, clock) as progress:
        clock.now = 60
        progress.done(one(Outcome.PASSED))
        progress.at_work(["ann [x]", "bob", "cyd"])
    said = out.getvalue()
    assert "1/4 1.0/min, 3 min left ann [x], bob" in said
    assert "cyd" not in said


@pytest.mark.parametrize(("seconds", "said"), [(40, "40 s"), (600, "10 min"), (12_600, "3.5 h")])
def test_durations(seconds: float, said: str) -> None:
    assert in_words(seconds) == said
