"""End a test that runs too long, on every system, and report it as failed.

The limit is processor time of the thread that runs the test, so that it doesn't depend on how busy
the machine is, or on how many cores it has. Code that only waits gets `PATIENCE` times as much time
on the clock. The limit holds while a test is set up and while it runs, not while pytest reports.
"""

from __future__ import annotations

import _thread
import os
import signal
import threading
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

import pytest
import pytest_timeout  # type: ignore[import-untyped]

from grader.result import Outcome, OutcomeError
from grader.student.attempts import target_of
from grader.suite.plugin import exercise_of

SECONDS = 10.0
PATIENCE = 6
AGAIN = 1.0  # seconds until code that caught the exception is interrupted once more
SHORTEST = 0.05  # seconds between two looks at the clocks


class OutOfTime(pytest.fail.Exception):  # type: ignore[misc, name-defined]
    """The time is up. `except Exception` doesn't catch it."""

    outcome = Outcome.TIMED_OUT


class NotRun(OutcomeError):
    """Another test of the same target did not finish, so this one was not started."""

    outcome = Outcome.TIMED_OUT


class TimeLimit:
    """The plugin that sets the limit: `@pytest.mark.timeout`, else `--timeout`, else `SECONDS`."""

    def __init__(self, config: pytest.Config) -> None:
        # pytest-timeout's options are absent where it is switched off
        self._told: float | None = config.getoption("timeout", None)
        if self._told is None and (told := os.environ.get("PYTEST_TIMEOUT")):
            self._told = float(told)
        method = config.getoption("timeout_method", None)
        self._interrupts = hasattr(signal, "SIGALRM") and method != "thread"
        self._ended: set[tuple[Path, str]] = set()

    @pytest.hookimpl(optionalhook=True)
    def pytest_timeout_set_timer(self, item: pytest.Item) -> bool | None:
        """Keep pytest-timeout from setting its own timer beside this one."""
        return None if exercise_of(item) is None else True

    @pytest.hookimpl(wrapper=True)
    def pytest_report_header(self) -> Generator[None, list[Any], list[Any]]:
        """Show the limit that holds for exercises in place of pytest-timeout's."""
        lines = yield
        flat = [text for line in lines for text in ([line] if isinstance(line, str) else line)]
        others = [text for text in flat if not text.startswith("timeout:")]
        own = f"{self._seconds:g} seconds a test" if self._seconds else "none"
        return [f"time limit of exercises: {own}", *others]

    @property
    def _seconds(self) -> float:
        return SECONDS if self._told is None else self._told

    @pytest.hookimpl(wrapper=True, trylast=True)  # next to the work: reporting is outside
    def pytest_runtest_setup(self, item: pytest.Item) -> Generator[None]:
        if self._target(item) in self._ended:
            raise NotRun
        with self._limited(item):
            return (yield)

    @pytest.hookimpl(wrapper=True, trylast=True)
    def pytest_runtest_call(self, item: pytest.Item) -> Generator[None]:
        try:
            with self._limited(item):
                return (yield)
        except OutOfTime:
            self._ended.add(self._target(item))
            raise

    @contextmanager
    def _limited(self, item: pytest.Item) -> Iterator[None]:
        marker = item.get_closest_marker("timeout")
        limit = float(marker.args[0]) if marker and marker.args else self._seconds
        in_main = threading.current_thread() is threading.main_thread()
        if exercise_of(item) is None or limit <= 0 or not in_main:
            yield
            return
        cancel = (_alarm if self._interrupts else _watchdog)(Budget(limit))
        try:
            yield
        finally:
            try:
                cancel()
            except OutOfTime:  # in the midst of it: the next one is `AGAIN` seconds away
                cancel()

    @staticmethod
    def _target(item: pytest.Item) -> tuple[Path, str]:
        """The target that a test is about, or the test itself where it is about none."""
        return item.path, target_of(item) or item.nodeid


class Budget:
    """The time of a test: `limit` seconds of processor time, `PATIENCE` times that on the clock.

    Both clocks give seconds; `used` is read in the thread that runs the test. Under a debugger
    there is no limit: its prompt waits for as long as the student likes.
    """

    def __init__(
        self,
        limit: float,
        used: Callable[[], float] = time.thread_time,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.limit = limit
        self._used, self._clock = used, clock
        self._used_before, self._clock_before = used(), clock()
        self._debugged = pytest_timeout.is_debugging()

    def left(self) -> float:
        """The least number of seconds after which it can be used up; 0 if it is already."""
        used = self.limit - (self._used() - self._used_before)
        waited = PATIENCE * self.limit - (self._clock() - self._clock_before)
        return 0.0 if min(used, waited) <= 0 else max(SHORTEST, min(used, waited))

    def spend(self) -> float:
        """Raise `OutOfTime` if it is used up; else the seconds until the next look."""
        left = self.left()
        self._debugged = self._debugged or pytest_timeout.is_debugging()
        if self._debugged:
            return self.limit
        if left:
            return left
        if self._used() - self._used_before >= self.limit:
            raise OutOfTime(
                f"It did not finish in time: it computed for {self.limit:g} seconds. "
                "Is there a loop that never ends?"
            )
        raise OutOfTime(
            f"It did not finish in time: it waited for {PATIENCE * self.limit:g} seconds."
        )


def _alarm(budget: Budget) -> Callable[[], None]:
    """Let the system interrupt whatever runs. Returns what cancels it."""

    def ring(number: int, frame: FrameType | None) -> None:
        signal.setitimer(signal.ITIMER_REAL, AGAIN)
        signal.setitimer(signal.ITIMER_REAL, budget.spend())

    def cancel() -> None:
        signal.signal(signal.SIGALRM, signal.SIG_IGN)  # one may be on its way
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, previous)

    previous = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, budget.left())
    return cancel


def _watchdog(budget: Budget) -> Callable[[], None]:
    """Let a thread interrupt the main one, as Ctrl-C does. Returns what cancels it."""
    over, due, looked = threading.Event(), threading.Event(), threading.Event()
    wait = budget.left()

    def watch() -> None:
        while not over.wait(wait):
            looked.clear()
            due.set()
            _thread.interrupt_main()
            looked.wait(AGAIN)

    def interrupted(number: int, frame: FrameType | None) -> None:
        nonlocal wait
        if not due.is_set():
            if callable(previous):
                previous(number, frame)  # it was Ctrl-C
            return
        due.clear()
        wait = AGAIN
        try:
            if not over.is_set():
                wait = budget.spend()
        finally:
            looked.set()

    def cancel() -> None:
        over.set()
        thread.join()
        signal.signal(signal.SIGINT, previous)

    previous = signal.signal(signal.SIGINT, interrupted)
    thread = threading.Thread(target=watch, name="time limit", daemon=True)
    thread.start()
    return cancel
