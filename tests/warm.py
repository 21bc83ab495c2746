"""Fixtures that tests share: a warm judge, and commands without the cost of new processes."""

from __future__ import annotations

import contextlib
import functools
import os
import signal
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import hypothesis
import pytest
import torch
from click.testing import CliRunner

from grader.cli import main
from grader.grading import engine
from grader.grading.engine import Setup
from grader.judge.isolation import Isolation
from grader.judge.judge import Judge
from grader.judge.sandboxes import Forker

ROOT = Path(__file__).parents[1]
ALARM = hasattr(signal, "SIGALRM")

# Nothing by the clock, and the same examples in every run.
hypothesis.settings.register_profile("ours", deadline=None, derandomize=True, database=None)
hypothesis.settings.load_profile("ours")
torch.set_num_threads(1)  # xdist has a process for each processor already


@pytest.fixture(scope="session")
def forker() -> Iterator[Forker]:
    """Where all sandboxes of this process come from, unless a test is about that."""
    setup = Setup(ROOT / "solutions")
    forker = engine.warm_forker(setup.isolation, setup.spawn)
    yield forker
    forker.close()


@pytest.fixture(scope="session")
def judge(forker: Forker) -> Iterator[Judge]:
    """A warm judge of the real assignment."""
    warm = Judge(ROOT / "solutions", forker)
    yield warm
    warm.close()


# --- commands -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Done:
    """What a command gave: as `subprocess.CompletedProcess` says it."""

    returncode: int
    stdout: str
    stderr: str


class _Here(Executor):
    """Runs a judge in this process."""

    def submit(self, function: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        future: Future[Any] = Future()
        try:
            future.set_result(function(*args, **kwargs))
        except Exception as error:
            future.set_exception(error)
        return future


@contextlib.contextmanager
def _signals_kept() -> Iterator[None]:
    """Commands set handlers and an alarm; here they are pytest's, and pytest-timeout's."""
    numbers = [signal.SIGINT, signal.SIGTERM, *([signal.SIGALRM] if ALARM else [])]
    handlers = {number: signal.getsignal(number) for number in numbers}
    alarm = signal.getitimer(signal.ITIMER_REAL) if ALARM else (0, 0)
    try:
        yield
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
        if ALARM:
            signal.setitimer(signal.ITIMER_REAL, *alarm)


@contextlib.contextmanager
def _end_of_process() -> Iterator[None]:
    """What a command leaves for the end of its process is done at its own end."""
    with pytest.MonkeyPatch.context() as patch, contextlib.ExitStack() as end:
        patch.setattr("grader.cli.options.atexit", SimpleNamespace(register=end.callback))
        yield


Command = Callable[..., Done]
_make_forker = engine.warm_forker.__wrapped__


@contextlib.contextmanager
def _commands(forker: Forker, temporary: Path) -> Iterator[Command]:
    """`grader` in this process, with this process's sandboxes."""
    closing: list[Forker] = []
    folders = {temporary}

    @functools.cache
    def warm_forker(isolation: Isolation, spawn: bool) -> Forker:
        if isolation == Isolation() and not spawn:
            return forker
        closing.append(_make_forker(isolation, spawn))
        return closing[-1]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(engine, "warm_forker", warm_forker)
        patch.setattr(engine, "local_processes", lambda workers: _Here())
        patch.setenv("COLUMNS", "100")

        def run(folder: Path, *arguments: str, stdin: str = "") -> Done:
            folders.add(folder)
            patch.chdir(folder)
            with _signals_kept(), _end_of_process():
                result = CliRunner().invoke(main, arguments, input=stdin, prog_name="grader")
            if result.exception is not None and not isinstance(result.exception, SystemExit):
                raise result.exception
            return Done(result.exit_code, result.stdout, result.stderr)

        yield run
    for other in closing:
        other.close()
    engine.warm_judge.cache_clear()
    # Another assignment's modules go by the same names.
    places = tuple(f"{folder}{os.sep}" for folder in folders - {ROOT})
    for name, module in list(sys.modules.items()):
        if str(getattr(module, "__file__", None) or "").startswith(places):
            del sys.modules[name]


@pytest.fixture
def grader(forker: Forker, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Command]:
    """Run `grader` in this process: `grader(folder, "grade", "class")`. Sandboxes are real.

    What a process is needed for (signals, kills, its own imports) is for other tests.
    """
    with _commands(forker, tmp_path_factory.getbasetemp()) as run:
        yield run


@pytest.fixture(scope="module")
def grader_of_module(forker: Forker, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Command]:
    """The same for a whole module, whose tests share what is graded."""
    with _commands(forker, tmp_path_factory.getbasetemp()) as run:
        yield run
