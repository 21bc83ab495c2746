"""What tests share: a warm judge, commands without the cost of new processes, work units."""

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
from typing import Any

import hypothesis
import pytest
import torch
from click.testing import CliRunner

from grader.cli import main
from grader.grading import engine
from grader.grading.engine import Setup
from grader.judge.judge import Judge
from grader.judge.sandboxes import Forker, Isolation

ROOT = Path(__file__).parents[1]
ALARM = hasattr(signal, "SIGALRM")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "slow: not for `make quick`: it starts processes")
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
def judge(forker: Forker) -> Judge:
    """A warm judge of the real assignment."""
    return Judge(ROOT / "solutions", forker)


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


Command = Callable[..., Done]


@pytest.fixture
def grader(forker: Forker, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Command]:
    """Run `grader` in this process: `grader(folder, "grade", "class")`. Sandboxes are real.

    What a process is needed for (signals, kills, its own imports) is for other tests.
    """
    closing: list[Forker] = []
    make = engine.warm_forker.__wrapped__

    @functools.cache
    def warm_forker(isolation: Isolation, spawn: bool) -> Forker:
        if isolation == Isolation() and not spawn:
            return forker
        closing.append(make(isolation, spawn))
        return closing[-1]

    def run(folder: Path, *arguments: str, stdin: str = "") -> Done:
        monkeypatch.chdir(folder)
        with _signals_kept():
            result = CliRunner().invoke(main, arguments, input=stdin, prog_name="grader")
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return Done(result.exit_code, result.stdout, result.stderr)

    monkeypatch.setattr(engine, "warm_forker", warm_forker)
    monkeypatch.setattr(engine, "local_processes", lambda workers: _Here())
    monkeypatch.setenv("COLUMNS", "100")
    yield run
    for other in closing:
        other.close()
    engine.warm_judge.cache_clear()
    # Another assignment's modules go by the same names.
    for name, module in list(sys.modules.items()):
        if str(getattr(module, "__file__", None) or "").startswith(f"{tmp_path}{os.sep}"):
            del sys.modules[name]
