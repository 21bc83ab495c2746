"""The engine: any executor, each task exactly one result."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import BrokenExecutor, Executor, Future
from pathlib import Path
from typing import Any

import pytest

from grader.grading import engine
from grader.grading.engine import Setup, Task, grade_all
from grader.result import Result
from grader.submission import Submission

SETUP = Setup(Path("solutions"))


class Here(Executor):
    """Runs a task as soon as it is submitted; breaks at tasks of the given names, once each."""

    def __init__(self, breaks_at: set[str], widths: list[int], width: int) -> None:
        self._breaks_at = breaks_at
        self.closed = False
        widths.append(width)

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        future: Future[Any] = Future()
        [task] = args
        if task.submission.name in self._breaks_at:
            self._breaks_at.discard(task.submission.name)
            future.set_exception(BrokenExecutor())
        else:
            future.set_result(fn(*args, **kwargs))
        return future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        self.closed = True


@pytest.fixture
def tasks(monkeypatch) -> list[Task]:
    monkeypatch.setattr(engine, "task_result", lambda task: Result(task.submission.name))
    return [Task(SETUP, Submission(name, {}), 1) for name in ("ann", "bob", "cyd", "dan")]


def test_any_executor_will_do(tasks):
    widths: list[int] = []
    results = grade_all(tasks, 3, lambda width: Here(set(), widths, width))
    assert sorted(result.submission for result in results) == ["ann", "bob", "cyd", "dan"]
    assert widths == [3]


def test_what_was_running_when_the_executor_broke_is_graded_again_alone(tasks):
    widths: list[int] = []
    breaks = {"bob"}
    results = list(grade_all(tasks, 2, lambda width: Here(breaks, widths, width)))
    assert sorted(result.submission for result in results) == ["ann", "bob", "cyd", "dan"]
    assert not any(result.fault for result in results)
    assert widths[:2] == [2, 1]


@pytest.mark.parametrize(("times", "fault"), [(2, ""), (3, "the judge's process died each time")])
def test_only_a_task_that_breaks_it_again_and_again_is_given_up(tasks, times, fault):
    breaks = iter([{"bob"} for _ in range(times)])
    results = grade_all(tasks, 2, lambda width: Here(next(breaks, set()), [], width))
    faults = {result.submission: result.fault for result in results}
    assert faults == {"ann": "", "bob": fault, "cyd": "", "dan": ""}
    assert next(breaks, None) is None
