"""Ends a student's test that doesn't end, as a failed test like any other, on every system.

pytest-timeout decides when. Its own ways are to print the stacks of all threads, and, where a
system has no alarm signal (Windows), to kill the whole run.
"""

from __future__ import annotations

import _thread
import os
import signal
import threading
from collections.abc import Callable
from types import FrameType
from typing import Any

import pytest
import pytest_timeout  # type: ignore[import-untyped]

from grader.suite.plugin import exercise_of

SECONDS = 10
AGAIN = 1.0  # where the student's code caught the exception and went on


class OutOfTime(pytest.fail.Exception):  # type: ignore[misc, name-defined]
    """The time is up. It passes through `except Exception`."""


class TimeLimit:
    """Sets a limit for the tests of exercises, where the user and the test don't."""

    def __init__(self, config: pytest.Config) -> None:
        # 0 where pytest-timeout is switched off
        told = config.getoption("timeout", 0) is not None or "PYTEST_TIMEOUT" in os.environ
        self._limit = None if told else SECONDS

    def pytest_itemcollected(self, item: pytest.Item) -> None:
        has_own = item.get_closest_marker("timeout") is not None
        if self._limit and not has_own and exercise_of(item) is not None:
            item.add_marker(pytest.mark.timeout(self._limit))

    @pytest.hookimpl(optionalhook=True)
    def pytest_timeout_set_timer(self, item: Any, settings: Any) -> bool | None:
        """Take the place of pytest-timeout's own timer, which it cancels as it does its own."""
        in_main = threading.current_thread() is threading.main_thread()
        if exercise_of(item) is None or not in_main:
            return None
        start = _alarm if settings.method == "signal" else _watchdog
        item.cancel_timeout = start(settings.timeout)
        return True


def _give_up(limit: float, over: threading.Event) -> None:
    if not over.is_set() and not pytest_timeout.is_debugging():
        raise OutOfTime(f"not finished after {limit:g} seconds")


def _alarm(limit: float) -> Callable[[], None]:
    """Let the system interrupt whatever runs. Returns what cancels it."""
    over = threading.Event()

    def ring(number: int, frame: FrameType | None) -> None:
        _give_up(limit, over)

    def cancel() -> None:
        over.set()
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, previous)

    previous = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, limit, AGAIN)
    return cancel


def _watchdog(limit: float) -> Callable[[], None]:
    """Let a thread interrupt the main one, as Ctrl-C does. Returns what cancels it."""
    over, due = threading.Event(), threading.Event()

    def watch() -> None:
        wait = limit
        while not over.wait(wait):
            due.set()
            _thread.interrupt_main()
            wait = AGAIN

    def interrupted(number: int, frame: FrameType | None) -> None:
        if due.is_set():
            due.clear()
            _give_up(limit, over)
        elif callable(previous):
            previous(number, frame)  # it was Ctrl-C

    def cancel() -> None:
        over.set()
        thread.join()
        signal.signal(signal.SIGINT, previous)

    previous = signal.signal(signal.SIGINT, interrupted)
    thread = threading.Thread(target=watch, name="time limit", daemon=True)
    thread.start()
    return cancel
