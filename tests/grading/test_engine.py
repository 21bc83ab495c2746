"""The engine: any executor, each task exactly one result."""

from __future__ import annotations

import sys
from collections.abc import Callable
from concurrent.futures import BrokenExecutor, Executor, Future
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import tiny

from grader.grading import engine
from grader.grading.engine import Setup, Task, grade_all, local_processes
from grader.judge.bounds import ENDED_BY
from grader.lockdown import probe
from grader.lockdown.records import Profile
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
    monkeypatch.setattr(engine, "judge", lambda task: Result(task.submission.name))
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


def test_what_could_not_be_graded_is_graded_once_more_alone(tasks, monkeypatch):
    """What broke may have been a passing thing, or others' doing."""

    def judge(task: Task) -> Result:
        seen.append((task.submission.name, task.alone))
        broken = task.submission.name == "bob" or (task.submission.name == "cyd" and not task.alone)
        return Result(task.submission.name, fault="no disk" if broken else "")

    seen: list[tuple[str, bool]] = []
    monkeypatch.setattr(engine, "judge", judge)
    results = list(grade_all(tasks, 2, lambda width: Here(set(), [], width)))
    faults = {result.submission: result.fault for result in results}
    assert faults == {"ann": "", "bob": "no disk", "cyd": "", "dan": ""}
    assert len(results) == 4
    assert sorted(seen[4:]) == [("bob", True), ("cyd", True)]


class Ended:
    """A judge's process that took too long for a test."""

    exitcode = ENDED_BY

    def kill(self) -> None:
        pass


@pytest.mark.skipif(not ENDED_BY, reason="there is no such signal")
def test_tests_that_take_too_long_to_check_are_left_out_the_next_time(tasks, monkeypatch):
    """However many: each is progress, not one more death."""
    slow = ["test_1", "test_2", "test_3", "test_4"]

    class Overrun(Here):
        _processes: dict[int, Ended] = {}  # noqa: RUF012 - as the pool's own is

        def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
            [task] = args
            left = [test for test in slow if test not in task.overran]
            if task.submission.name != "bob" or not left:
                return super().submit(fn, *args, **kwargs)
            (task.setup.shared / "judge-7").write_text(f"bob\0{left[0]}")
            self._processes = {7: Ended()}
            future: Future[Any] = Future()
            future.set_exception(BrokenExecutor())
            return future

    monkeypatch.setattr(
        engine, "judge", lambda task: Result(task.submission.name, notes=sorted(task.overran))
    )
    results = list(grade_all(tasks, 2, lambda width: Overrun(set(), [], width)))
    notes = {result.submission: result.notes for result in results}
    assert notes == {"ann": [], "bob": slow, "cyd": [], "dan": []}
    assert not any(result.fault for result in results)


@pytest.mark.slow
def test_judges_are_told_what_the_machine_gives(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is tried once a run, by the command."""
    told = Profile("told", ())
    monkeypatch.setattr(probe, "_known", [told])
    with local_processes(1) as executor:
        assert executor.submit(probe.machine_profile).result() == told


@pytest.mark.slow
def test_judges_leave_the_command_unimported(tmp_path, monkeypatch):
    command = ModuleType("__main__")
    command.__file__ = str(tmp_path / "grader")
    Path(command.__file__).write_text("ours = 1\n")
    monkeypatch.setitem(sys.modules, "__main__", command)
    with local_processes(1) as executor:
        main = executor.submit(eval, "[*vars(__import__('__mp_main__'))]").result()
        assert "ours" not in main
    assert sys.modules["__main__"] is command


@pytest.mark.slow
def test_a_judge_that_ends_leaves_no_folder(tmp_path, monkeypatch):
    """Its rehearsal is still there when it ends: it may be asked again."""
    tiny.write_assignment(tmp_path / "kit")
    place = tmp_path / "tmp"
    place.mkdir(mode=0o711)
    monkeypatch.setenv("TMPDIR", str(place))
    setup = Setup(tmp_path / "kit" / "solutions")
    wrong = Submission("ann", {"double.py": tiny.answer("x * 3").encode()})
    with local_processes(1) as executor:
        result = executor.submit(engine.judge, Task(setup, wrong, 1)).result()
    assert any(test.hint for test in result.exercises[0].tests)  # it has been rehearsed
    assert list(place.iterdir()) == []
