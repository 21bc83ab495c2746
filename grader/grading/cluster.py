"""Judges on many machines: Dask hands the tasks of a run to its workers.

Dask takes care of queues, messages and lost workers. The suites go to each worker once, as a
plugin; each task carries one submission; only this process writes to the gradebook.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import logging
import secrets
import threading
import warnings
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, InvalidStateError
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from distributed import Client, LocalCluster

from grader.assignment.exercises import AssignmentError
from grader.grading.basis import machinery_digest
from grader.grading.cluster_worker import Facts, Judges, find_out, grade_here, versions
from grader.grading.engine import Lasting, Setup, Task, failed
from grader.result import Result

CONNECT_SECONDS = 15
WAIT_SECONDS = 300.0
"""How long a run waits while there is no worker at all."""

# All processes of a terminal get Ctrl-C. The command handles it, and ends the workers.
DEAF = "import signal; signal.signal(signal.SIGINT, signal.SIG_IGN)"
LOOK_SECONDS = 2.0


class ClusterError(Exception):
    """The cluster can't be used. The message says why, and nothing has been graded."""


@contextlib.contextmanager
def connect(address: str, setup: Setup, *, full: bool, say: Say) -> Iterator[Cluster]:
    """Use the workers of the Dask scheduler at `address`, or of `local:N` workers started here.

    `full`: refuse workers with less than full isolation. `say` is called with what the instructor
    should know, a line at a time. Raises `ClusterError`.
    """
    for name in [
        name for name in logging.root.manager.loggerDict if name.startswith("distributed")
    ]:
        logging.getLogger(name).setLevel(logging.CRITICAL)  # we say ourselves what matters
    with contextlib.ExitStack() as stack:
        stack.enter_context(warnings.catch_warnings())
        warnings.simplefilter("ignore")  # about versions, which are compared here
        if address.startswith("local:"):
            # Encrypted, with keys that only these processes have: a port of this machine is open
            # to all its users, and whoever can talk to a worker can read the suites.
            started: Any = LocalCluster(
                n_workers=int(address.partition(":")[2]),
                threads_per_worker=1,
                memory_limit=None,
                dashboard_address=None,
                security=True,
                silence_logs=logging.CRITICAL,
                local_directory=stack.enter_context(TemporaryDirectory(prefix="torchgrade-dask-")),
                preload=[DEAF],
            )
            stack.enter_context(contextlib.closing(started))
        else:
            started = address
        try:
            client = Client(started, timeout=CONNECT_SECONDS, set_as_default=False)
        except (OSError, asyncio.TimeoutError, ValueError, TypeError, RuntimeError) as error:
            # Of networks, names and keys.
            raise ClusterError(f"No Dask scheduler answers at {address} ({error}).") from None
        stack.callback(_quietly, client.close, 5)
        cluster = Cluster(client, setup, full=full, say=say)
        stack.callback(cluster.close)
        cluster.begin()
        yield cluster


class Cluster:
    """Dask workers that grade for one run."""

    def __init__(self, client: Client, setup: Setup, *, full: bool, say: Say) -> None:
        self._client, self._setup, self._full, self._say = client, setup, full, say
        self._name = f"torchgrade-{secrets.token_hex(8)}"
        self._packages = tuple(package.name for package in setup.isolation.allowed)
        self._known: dict[str, str] = {}  # a word for each worker, by address
        self._over = threading.Event()
        self._watcher = threading.Thread(target=self._watch, daemon=True)
        self.isolation = ""
        """The name of the isolation at all workers; several names where they differ."""
        self.judges = 0
        self.waiting: set[Future[Result]] = set()

    def begin(self) -> None:
        """Wait for a worker, look at all there are, and send them the suites.

        Raises `ClusterError` where one can't be used.
        """
        try:
            if not self._client.nthreads():
                self._say(f"Waiting {WAIT_SECONDS:g} s for a Dask worker.")
            self._client.wait_for_workers(1, timeout=WAIT_SECONDS)
        except asyncio.TimeoutError:  # Python 3.10 has two errors of that name
            raise ClusterError("The Dask scheduler has no workers.") from None
        found = self._ask(list(self._client.nthreads()))
        problems = [
            problem for address, facts in found.items() for problem in _wrong(address, facts)
        ]
        usable = {a: facts for a, facts in found.items() if isinstance(facts, Facts)}
        for address, facts in usable.items():
            self._say(line(address, facts))
        if self._full:
            problems += [
                f"{a} gives less than full isolation." for a, f in usable.items() if f.missing
            ]
        if problems:
            raise ClusterError("\n".join(problems))
        self._known = {address: facts.host for address, facts in usable.items()}
        self.isolation = " and ".join(sorted({facts.isolation for facts in usable.values()}))
        self.judges = sum(facts.judges for facts in usable.values())
        plugin = Judges(self._name, _files(self._setup.suites), self._full)
        try:
            self._client.register_plugin(plugin, name=self._name)
        except Exception as error:  # whatever it is that a worker raises
            raise ClusterError(f"A worker can't take the suites: {error}") from None
        self._watcher.start()

    def start(self, width: int) -> Lasting:
        """An executor, for the engine."""
        return _DaskJudges(self, self._client.get_executor(pure=False), self._name)

    def close(self) -> None:
        """Take the suites back from the workers. Judges that are at work end."""
        self._over.set()
        _quietly(self._client.unregister_worker_plugin, self._name)

    def _ask(self, addresses: list[str]) -> Mapping[str, Facts | BaseException]:
        found: Mapping[str, Facts | BaseException] = self._client.run(
            find_out, self._packages, workers=addresses, on_error="return"
        )
        return found

    def _watch(self) -> None:
        """Report workers that come and go; give up if there has been none for too long."""
        alone = 0.0
        while not self._over.wait(LOOK_SECONDS):
            try:
                now = list(self._client.nthreads())
                self._compare(now)
            except Exception:  # the futures tell that the scheduler is gone
                continue
            alone = 0.0 if now else alone + LOOK_SECONDS
            if alone > WAIT_SECONDS:
                self._give_up("no Dask worker is left")

    def _compare(self, now: list[str]) -> None:
        for address in [a for a in self._known if a not in now]:
            host = self._known.pop(address)
            self._say(f"Worker {address} ({host}) is gone; what it had is graded elsewhere.")
        new = [address for address in now if address not in self._known]
        for address, facts in self._ask(new).items() if new else ():
            if isinstance(facts, OSError):  # it is only starting, or gone again: look later
                continue
            self._known[address] = "?"
            if isinstance(facts, Facts):
                self._known[address] = facts.host
                self._say(line(address, facts))
            for problem in _wrong(address, facts):
                self._say(problem)

    def _give_up(self, why: str) -> None:
        for future in list(self.waiting):
            with contextlib.suppress(InvalidStateError):
                future.set_exception(OSError(why))


class _DaskJudges(Lasting):
    """An executor whose judges are at Dask's workers."""

    def __init__(self, cluster: Cluster, inner: Any, name: str) -> None:
        self._cluster, self._inner = cluster, inner
        self._grade = functools.partial(grade_here, name)

    def submit(self, function: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Grade a task with `grade_here`, in the place of the function that the engine gives."""
        [task] = args
        future: Future[Result] = Future()
        self._cluster.waiting.add(future)
        future.add_done_callback(self._cluster.waiting.discard)
        self._inner.submit(self._grade, task).add_done_callback(
            lambda done: _pass_on(done, future, task)
        )
        return future

    def stop(self) -> list[int]:
        _quietly(self._inner.shutdown, wait=False)
        return []


def _pass_on(done: Future[Result], future: Future[Result], task: Task) -> None:
    """Give the engine the result of a task, or an exception that it knows."""
    with contextlib.suppress(InvalidStateError):
        if done.cancelled():
            future.set_exception(OSError("the Dask scheduler can't be reached any more"))
            return
        error = done.exception()
        if error is None:
            future.set_result(done.result())
        elif isinstance(error, AssignmentError):
            future.set_exception(error)
        else:  # a worker's trouble, or KilledWorker: every worker that had it has died
            future.set_result(failed(task, f"{type(error).__name__}: {error}"))


def line(address: str, facts: Facts) -> str:
    """A worker in one line: where it is, what isolation it gives, which versions differ."""
    said = f"Worker {address} ({facts.host}, judges: {facts.judges}): {facts.isolation}"
    if facts.missing:
        said += f", without {', '.join(facts.missing)} (see `grader doctor` there)"
    here = versions()
    other = [f"{k} {v} (here {here[k]})" for k, v in facts.versions.items() if v != here[k]]
    if other:
        return f"{said}; it has {', '.join(other)}"
    if facts.machinery != machinery_digest():
        return f"{said}; its grader or its data differ from those here"
    return said


def _wrong(address: str, facts: Facts | BaseException) -> list[str]:
    """Why a worker can't grade."""
    if isinstance(facts, BaseException):
        return [f"Worker {address} can't grade ({type(facts).__name__}: {facts})."]
    return [f"Worker {address}: {problem}." for problem in facts.lacking]


def _files(suites: Path) -> dict[str, bytes]:
    files = [file for file in sorted(suites.rglob("*")) if file.is_file()]
    return {
        file.relative_to(suites).as_posix(): file.read_bytes()
        for file in files
        if "__pycache__" not in file.parts
    }


def _quietly(function: Callable[..., Any], *args: Any, **kwargs: Any) -> None:
    """Call it; a scheduler that is gone is no reason to fail at the end."""
    with contextlib.suppress(Exception):
        function(*args, **kwargs)


Say = Callable[[str], None]
