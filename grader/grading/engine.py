"""Many submissions: judges in processes of their own, several at once."""

from __future__ import annotations

import contextlib
import functools
import gc
import multiprocessing
import os
import signal
import sys
import tempfile
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, Executor, Future, wait
from concurrent.futures.process import ProcessPoolExecutor
from dataclasses import dataclass, field, replace
from multiprocessing.context import SpawnContext, SpawnProcess
from multiprocessing.util import Finalize
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

from grader.assignment.exercises import AssignmentError
from grader.judge.bounds import ENDED_BY, Stopwatch, bound_memory, overran
from grader.judge.isolation import Isolation
from grader.judge.sandboxes import Forker, remove
from grader.lockdown.apply import shield
from grader.lockdown.limits import Patience
from grader.lockdown.probe import machine_profile, remember
from grader.lockdown.records import Profile
from grader.result import Result
from grader.submission import Submission

if TYPE_CHECKING:
    from grader.judge.judge import Judge

SEEDS = 1 << 53
"""The number of seeds: as many as every JSON reader can represent. A run's seed decides the tests'
inputs, and there are too many seeds to try them all. A sandbox's own seed reveals no more of it
than `grader.suite.plugin.STREAMS` says."""

SPELL_SECONDS = 0.2
LAST_SECONDS = 10.0
DEATHS = 2  # after so many judges died with one submission alone, it is the cause
_FOLDER = threading.Lock()  # all threads share the working folder


@dataclass(frozen=True)
class Setup:
    """What all submissions of a run are graded with.

    `shared`: the run's own folder. Its judges share their results there, and the work folders of
    the sandboxes are in it.
    """

    suites: Path
    spawn: bool = not sys.platform.startswith("linux")
    diagnose: bool = True
    isolation: Isolation = field(default_factory=Isolation)
    patience: Patience = field(default_factory=Patience)
    shared: Path | None = None

    @property
    def silence(self) -> float:
        """Seconds of silence after which a judge must be hanging."""
        return 2 * self.patience.submission + 120


@dataclass(frozen=True)
class Task:
    """One submission to grade; `only` names exercises, empty for all.

    `alone`: no other submission is graded meanwhile. `overran`: tests that ended a judge because
    checking took too long.
    """

    setup: Setup
    submission: Submission
    seed: int
    only: frozenset[str] = field(default_factory=frozenset)
    alone: bool = False
    overran: frozenset[str] = field(default_factory=frozenset)


@functools.cache
def warm_judge(setup: Setup) -> Judge:
    """This process's judge. Raises `AssignmentError` or `GraderFault`."""
    gc.disable()  # imports leave no garbage
    try:
        return _warm_judge(setup)
    finally:
        gc.enable()


def _warm_judge(setup: Setup) -> Judge:
    import torch  # it takes seconds, and a command itself doesn't need it

    from grader.judge.judge import Judge
    from grader.torchside.eager import without_compiler

    without_compiler()
    torch.set_num_threads(1)
    shield()
    ours = multiprocessing.parent_process() is not None  # a process that may end
    stopwatch = Stopwatch(setup.shared) if ours and setup.shared and ENDED_BY else None
    forker = warm_forker(setup.isolation, setup.spawn)
    warm = Judge(setup.suites, forker, setup.patience, setup.shared, stopwatch)
    gc.freeze()  # keep the collector from looking through torch and the suites again and again
    if ours:
        Finalize(None, warm.close, exitpriority=1)  # removes the rehearsal's folder
        if not forker.devices():  # drivers map more memory than they use
            bound_memory()
    return warm


@functools.cache
def warm_forker(isolation: Isolation, spawn: bool) -> Forker:
    """The source of all sandboxes of this process, shared by its judge and rehearsals."""
    if spawn:
        from grader.judge.spawned import Spawner

        return Spawner(isolation)
    from grader.judge.forked import Zygote

    return Zygote(isolation)


def judge(task: Task) -> Result:
    """Grade one submission in this process; a fault of ours is in the result, not raised."""
    setup = task.setup
    forker = None
    try:
        forker = warm_forker(setup.isolation, setup.spawn)
        forker.place = setup.shared
        return warm_judge(setup).grade(
            task.submission,
            task.seed,
            task.only,
            diagnose=setup.diagnose,
            alone=task.alone,
            overran=task.overran,
        )
    except AssignmentError:
        raise
    except Exception as error:  # the others are graded all the same
        return failed(task, f"{type(error).__name__}: {error}")
    finally:
        if forker is not None:
            forker.place = None


def failed(task: Task, why: str) -> Result:
    """The result of a submission that could not be graded because of a fault of ours."""
    return Result(
        task.submission.name, notes=list(task.submission.notes), fault=why, seed=task.seed
    )


class Lasting(Executor):
    """An executor whose judges live on when the engine has no more tasks for them."""

    def stop(self) -> list[int]:
        """Give up what is still running. Returns the process ids of judges that took too long."""
        raise NotImplementedError


def local_processes(workers: int, folder: Path | None = None) -> Executor:
    """An executor of judges on this machine, each a process that ends when this one does.

    `folder`: they remove it if this process is killed.
    """
    begun = (machine_profile(), folder)
    return ProcessPoolExecutor(
        workers, mp_context=_Processes(), initializer=_begin_worker, initargs=begun
    )


class _Process(SpawnProcess):
    """A process that doesn't import anew what the command's own module imports."""

    def start(self) -> None:
        main = sys.modules["__main__"]
        sys.modules["__main__"] = ModuleType("__main__")
        try:
            super().start()
        finally:
            sys.modules["__main__"] = main


class _Processes(SpawnContext):
    Process = _Process


def default_workers() -> int:
    """The number of processors that this process may use: one judge for each."""
    if sys.platform.startswith("linux"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def grade_all(
    tasks: Iterable[Task], workers: int, start: Callable[[int], Executor] | None = None
) -> Iterator[Result]:
    """Grade tasks, several at once, in any order: each gives exactly one result.

    `start` makes the executor that the judges run in, from the number of workers; it is called
    again when the executor breaks. Without it they are processes of this machine.

    When a judge's process dies, the tasks that it may have been working on are graded again, one by
    one. Only a task that kills its judge repeatedly is given up, as not graded. Tasks that could
    not be graded are tried again, too: the cause may be gone, or it may have been other tasks.
    """
    shared = Path(tempfile.mkdtemp(prefix="torchgrade-run-"))
    try:
        shared.chmod(0o711)  # sandboxes may have uids of their own
        waiting = deque(replace(task, setup=replace(task.setup, shared=shared)) for task in tasks)
        yield from _grade(waiting, workers, start or local_processes)
    finally:
        _remove(shared)


def _remove(shared: Path) -> None:
    """Remove the run's folder, repeatedly: a killed judge's sandboxes live a moment longer."""
    give_up = time.monotonic() + LAST_SECONDS
    remove(shared)
    while shared.exists() and time.monotonic() < give_up:
        time.sleep(SPELL_SECONDS / 10)
        remove(shared)


def _grade(
    waiting: deque[Task], workers: int, start: Callable[[int], Executor]
) -> Iterator[Result]:
    suspects: deque[Task] = deque()
    deaths: Counter[str] = Counter()
    while waiting or suspects:
        alone = bool(suspects)
        source = suspects if alone else waiting
        lost: list[Task] = []
        executor = start(1 if alone else workers)
        width = 1 if alone else 2 * workers
        ended: list[int] = []
        for task, result in run_pool(source, executor, width, lost, ended):
            if result.graded or alone:
                yield result
            else:
                suspects.append(replace(task, alone=True))
        shared = lost[0].setup.shared if lost else None
        late = [overran(shared, pid) for pid in ended] if shared else []
        lost = [without(task, late) for task in lost]
        names = {name for name, _ in late}
        deaths.update(t.submission.name for t in lost if alone and t.submission.name not in names)
        hopeless = [task for task in lost if deaths[task.submission.name] == DEATHS]
        suspects.extendleft(replace(task, alone=True) for task in lost if task not in hopeless)
        yield from (failed(task, "the judge's process died each time") for task in hopeless)


def without(task: Task, late: list[tuple[str, str]]) -> Task:
    """The task without the tests of its submission that ended a judge."""
    tests = {test for name, test in late if name == task.submission.name}
    return replace(task, overran=task.overran | tests)


def run_pool(
    source: deque[Task], executor: Executor, width: int, lost: list[Task], ended: list[int]
) -> Iterator[tuple[Task, Result]]:
    """Grade tasks from `source`, at most `width` in the executor at a time.

    It ends when there are no more, or when the executor breaks. Then it adds the tasks that were in
    the executor to `lost`, and the process ids of judges that took too long for a test to `ended`.
    """
    running: dict[Future[Result], Task] = {}
    try:
        while source or running:
            silence = max(task.setup.silence for task in [*running.values(), *list(source)[:1]])
            while source and len(running) < width:
                task = source.popleft()
                try:
                    with _away(), _undisturbed():
                        running[executor.submit(judge, task)] = task
                except BrokenExecutor:
                    lost += [task, *running.values()]
                    return
            done = _wait(running, silence)
            if not done:
                lost += running.values()
                return
            for future in done:
                error = future.exception()
                if isinstance(error, BrokenExecutor):
                    lost += running.values()
                    return
                task = running.pop(future)
                if error is not None:
                    raise error
                yield task, future.result()
    finally:
        ended += stop(executor)


def _wait(running: Iterable[Future[Result]], silence: float) -> set[Future[Result]]:
    """The futures that are done; none if nothing has happened for `silence` seconds.

    It waits repeatedly for a short time, and lets Ctrl-C through in between. Ctrl-C inside `wait`
    could leave the locks of the futures held, and then the pool would never end.
    """
    give_up = time.monotonic() + silence
    done: set[Future[Result]] = set()
    while not done and time.monotonic() < give_up:
        with _undisturbed():
            done = wait(running, SPELL_SECONDS, FIRST_COMPLETED).done
    return done


@contextlib.contextmanager
def _away() -> Iterator[None]:
    """Work in Python's own folder while a judge is started.

    A new interpreter imports from the folder that it is started in, and that may be a submission
    with a `pickle.py` in it.
    """
    with _FOLDER:
        here = Path.cwd()
        os.chdir(Path(os.__file__).parent)
        try:
            yield
        finally:
            os.chdir(here)


@contextlib.contextmanager
def _undisturbed() -> Iterator[None]:
    """Hold signals back until the block ends.

    An exception between the start of a judge and its entry in the pool's list would leave that
    judge running, with nobody to stop it. And Ctrl-C, which all processes of a terminal get, waits
    for a judge that is started here until it ignores that.
    """
    caught: list[int] = []
    handlers = {}
    if threading.current_thread() is threading.main_thread():
        for number in (signal.SIGINT, signal.SIGTERM, getattr(signal, "SIGALRM", signal.SIGTERM)):
            if callable(signal.getsignal(number)) and number not in handlers:
                handlers[number] = signal.signal(number, lambda number, _: caught.append(number))
    before = _block_ctrl_c()
    try:
        yield
    finally:
        if before is not None:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
        for number, handler in handlers.items():
            signal.signal(number, handler)
        for number in caught:
            signal.raise_signal(number)


def _block_ctrl_c() -> set[int] | None:
    """Block it in this thread, and in what it starts; what was blocked before (None: no POSIX)."""
    if not hasattr(signal, "pthread_sigmask"):
        return None
    return set(signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT}))


def stop(executor: Executor) -> list[int]:
    """End local judges at once: everything that they have found out is written down already.

    Returns the process ids of those that had ended because a test took too long.
    """
    if isinstance(executor, Lasting):
        return executor.stop()
    processes = dict(getattr(executor, "_processes", None) or {})
    for process in processes.values():
        with contextlib.suppress(ValueError, OSError):
            process.kill()
    executor.shutdown(wait=True, cancel_futures=True)
    if not ENDED_BY:  # there is no such signal on Windows
        return []
    return [pid for pid, process in processes.items() if process.exitcode == ENDED_BY]


def _begin_worker(here: Profile, folder: Path | None = None) -> None:
    remember(here)
    # Ctrl-C is the command's to handle: it ends the judges, and they end their sandboxes.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
    threading.Thread(target=_end_with_command, args=(folder,), daemon=True).start()


def _end_with_command(folder: Path | None) -> None:
    """End this judge with its command: it would wait for tasks forever if that is killed."""
    command = multiprocessing.parent_process()
    assert command is not None
    command.join()
    if folder is not None:
        remove(folder)
    os._exit(1)
