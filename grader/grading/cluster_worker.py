"""What runs in a Dask worker: it keeps a run's suites and warm judges, and grades what it is sent.

A judge never runs in the worker itself. It is a process of its own, as with `grader grade` on one
machine: one that dies, or must be ended, costs the worker and its other submissions nothing.
"""

from __future__ import annotations

import asyncio
import contextlib
import multiprocessing
import os
import platform
import socket
import tempfile
import threading
from collections import deque
from concurrent.futures import BrokenExecutor, Executor, Future
from dataclasses import dataclass, replace
from importlib import metadata
from pathlib import Path
from typing import Any

from distributed import Worker, WorkerPlugin, get_worker

from grader.grading.basis import machinery_digest
from grader.grading.engine import (
    DEATHS,
    Lasting,
    Setup,
    Task,
    failed,
    local_processes,
    run_pool,
    stop,
    without,
)
from grader.judge.bounds import overran
from grader.judge.isolation import account
from grader.judge.packages import Package, PackageError, check_apart, find_package
from grader.judge.sandboxes import remove
from grader.result import Result

SHOWN = ("torchgrade", "torch", "numpy", "pytest")


@dataclass(frozen=True)
class Facts:
    """The facts about the machine of a Dask worker.

    `missing`: layers of isolation. `machinery`: a digest of all that decides grades. `lacking`: in
    words, what is wrong with packages that submissions may import.
    """

    host: str
    judges: int
    isolation: str
    missing: tuple[str, ...]
    versions: dict[str, str]
    machinery: str
    lacking: tuple[str, ...] = ()


def versions() -> dict[str, str]:
    """The versions of Python and of the packages that grades depend on."""
    return {"Python": platform.python_version(), **{name: metadata.version(name) for name in SHOWN}}


async def find_out(packages: tuple[str, ...], dask_worker: Worker) -> Facts:
    """The facts about a worker; `packages`: names of those that submissions may import."""
    return await asyncio.to_thread(_find_out, packages, dask_worker.state.nthreads)


def _find_out(packages: tuple[str, ...], judges: int) -> Facts:
    _may_have_children()
    lacking = []
    for name in packages:
        try:
            find_package(name)
        except PackageError as error:
            lacking.append(str(error))
    with local_processes(1) as pool:  # layers are tried in forks, and a worker has threads
        found = pool.submit(account).result()
    return Facts(
        socket.gethostname(),
        judges,
        found.name,
        tuple(part.name for part in found.missing),
        versions(),
        machinery_digest(),
        tuple(lacking),
    )


def _may_have_children() -> None:
    """Dask's nannies start workers as daemons, which `multiprocessing` lets have no children.

    Judges need no such guard: they end when the worker does.
    """
    multiprocessing.current_process().daemon = False


class WarmJudge(Lasting):
    """A judge that stays for the next submission; a new one where it has died."""

    def __init__(self, folder: Path) -> None:
        """`folder`: removed by the judge if the worker is killed."""
        self._folder = folder
        self._pool: Executor | None = None
        self._last: Future[Any] | None = None

    def submit(self, function: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
        if self._pool is None:
            self._pool = local_processes(1, self._folder)
        self._last = None
        self._last = self._pool.submit(function, *args, **kwargs)
        return self._last

    def stop(self) -> list[int]:
        last = self._last
        idle = last is not None and last.done() and not last.cancelled()
        if idle and last is not None and not isinstance(last.exception(), BrokenExecutor):
            return []
        return self.end()

    def end(self) -> list[int]:
        """End it; returns its process id if it had died because a test took too long."""
        pool, self._pool = self._pool, None
        return stop(pool) if pool is not None else []


class Judges(WorkerPlugin):
    """A run's suites in a Dask worker, and a judge for each of the worker's threads.

    The suites are bytes in memory until the first submission comes. Then they lie in a folder that
    only this user can read. It goes when the run or the worker ends.
    """

    def __init__(self, name: str, suites: dict[str, bytes], full: bool) -> None:
        """`suites`: files by path. `full`: nothing is graded with less than full isolation."""
        self.name = name
        self._suites, self._full = suites, full

    def setup(self, worker: Worker) -> None:
        """Begin, in a worker."""
        self._lock = threading.Lock()
        self._folder: Path | None = None
        self._missing: list[str] = []
        self._idle: list[WarmJudge] = []
        self._all: list[WarmJudge] = []
        self._ended = False

    def teardown(self, worker: Worker) -> None:
        """End the judges, and remove the suites."""
        with self._lock:
            self._ended = True
            for judge in self._all:
                judge.end()
            if self._folder is not None:
                remove(self._folder)

    def grade(self, task: Task) -> Result:
        """Grade one submission in a judge that is free, or in a new one."""
        judge = self._take()
        try:
            if self._missing:
                return failed(task, f"a worker gives no full isolation ({self._missing[0]})")
            task = replace(task, setup=self._here(task.setup))
            return self._graded(task, judge)
        finally:
            self._give_back(judge)

    def _graded(self, task: Task, judge: WarmJudge) -> Result:
        deaths = 0
        while deaths < DEATHS and not self._ended:
            lost: list[Task] = []
            ended: list[int] = []
            results = [r for _, r in run_pool(deque([task]), judge, 1, lost, ended)]
            if results:
                return results[0]
            assert task.setup.shared is not None
            late = [overran(task.setup.shared, pid) for pid in ended]
            task = without(task, late)
            deaths += not late
        return failed(task, "the judge's process died each time")

    def _here(self, setup: Setup) -> Setup:
        """The setup with this machine's paths: equal for all tasks, so that judges stay warm."""
        assert self._folder is not None
        found = (find_package(package.name) for package in setup.isolation.allowed)
        allowed: tuple[Package, ...] = tuple(package for package in found if package is not None)
        suites = self._folder / "suites"
        check_apart(allowed, suites)
        isolation = replace(setup.isolation, allowed=allowed)
        return replace(setup, suites=suites, isolation=isolation, shared=self._folder)

    def _take(self) -> WarmJudge:
        with self._lock:
            if self._folder is None:
                self._folder = self._begin()
            if not self._idle:
                self._all.append(WarmJudge(self._folder))
                self._idle.append(self._all[-1])
            return self._idle.pop()

    def _give_back(self, judge: WarmJudge) -> None:
        with self._lock:
            self._idle.append(judge)
            if self._ended:
                judge.end()

    def _begin(self) -> Path:
        _may_have_children()
        if self._full:
            with local_processes(1) as pool:
                self._missing = [part.name for part in pool.submit(account).result().missing]
        folder = Path(tempfile.mkdtemp(prefix="torchgrade-worker-"))
        folder.chmod(0o711)  # sandboxes may have uids of their own, and work in folders in it
        # A judge removes the folder if this worker is killed: it is there before the suites are.
        first = WarmJudge(folder)
        self._all.append(first)
        self._idle.append(first)
        with contextlib.suppress(BrokenExecutor):
            first.submit(os.getpid).result()
        suites = folder / "suites"
        suites.mkdir(mode=0o700)
        for name, content in self._suites.items():
            file = suites / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content)
        return folder


def grade_here(name: str, task: Task) -> Result:
    """Grade a submission in this worker, with what it has for the run of that name."""
    judges = get_worker().plugins[name]
    assert isinstance(judges, Judges)
    return judges.grade(task)
