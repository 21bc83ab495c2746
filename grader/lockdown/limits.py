"""Limits: how much of the machine one sandbox may use."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

if sys.platform != "win32":
    import resource

MIB = 1 << 20
GIB = 1 << 30


@dataclass(frozen=True)
class Limits:
    """The most that one sandbox may use: ten times what honest training needs."""

    cpu_seconds: int = 60
    """Processor time, summed over threads. Then comes SIGXCPU, and a second later SIGKILL."""

    memory_bytes: int = 2 * GIB
    """Address space, on top of what the interpreter and torch have already mapped."""

    threads: int = 64
    """Threads. Exact where the sandbox has a uid or a user namespace of its own; otherwise rough,
    as the kernel counts all threads of a user."""

    file_bytes: int = 64 * MIB
    """The size of any one file."""

    open_files: int = 256
    """Open descriptors, including pipes and events."""

    scratch_bytes: int = 256 * MIB
    """Disk space in the work directory. Where that has no file system of its own, the judge checks
    it with `outgrown`."""

    scratch_files: int = 10_000
    """Files and folders in the work directory, checked in the same way."""

    output_bytes: int = 64 * MIB
    """What it may print before it is killed. Far less is kept."""

    cpus: frozenset[int] | None = None
    """The processors it may run on, or None for any. Nothing else bounds what many busy threads
    take from other sandboxes before their processor time is used up."""


@dataclass(frozen=True)
class Patience:
    """Wall-clock limits in seconds: for one test (unless its mark says otherwise), and for all."""

    test: float = 10.0
    submission: float = 300.0
    rehearsal: float = 60.0
    """For running known mistakes, to find out which of them a submission is."""


GRACE = 3  # times its limit on the clock is the most that a test gets on a busy machine


def restrict(limits: Limits, neighbours: int | None) -> None:
    """Set the resource limits of this process. The hard limits are set too, so none can be raised.

    `neighbours` is how many tasks the user already has (see `count_tasks`): 0 under a uid of its
    own, None if the kernel doesn't limit the number of tasks.
    """
    for kind, bounds in rlimits(limits, neighbours):
        resource.setrlimit(kind, bounds)
    if limits.cpus is not None and hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, limits.cpus)


def rlimits(limits: Limits, neighbours: int | None) -> Iterator[tuple[int, tuple[int, int]]]:
    """Each resource with its (soft, hard) limit, which allows for what this process uses now."""

    def at_most(kind: int, soft: int, hard: int) -> tuple[int, tuple[int, int]]:
        ceiling = resource.getrlimit(kind)[1]  # a stricter limit that was there before stays
        if ceiling == resource.RLIM_INFINITY:
            return kind, (soft, hard)
        return kind, (min(soft, ceiling), min(hard, ceiling))

    def exactly(kind: int, bound: int) -> tuple[int, tuple[int, int]]:
        return at_most(kind, bound, bound)

    yield at_most(resource.RLIMIT_CPU, limits.cpu_seconds, limits.cpu_seconds + 1)
    yield exactly(resource.RLIMIT_FSIZE, limits.file_bytes)
    yield exactly(resource.RLIMIT_NOFILE, limits.open_files)
    yield exactly(resource.RLIMIT_CORE, 0)
    if sys.platform == "linux":
        # RLIMIT_DATA wouldn't do: it doesn't count anonymous mappings that are shared.
        yield exactly(resource.RLIMIT_AS, address_space() + limits.memory_bytes)
        # These two are kernel memory, which the address space doesn't include.
        yield exactly(resource.RLIMIT_MSGQUEUE, 0)
        yield exactly(resource.RLIMIT_MEMLOCK, 0)
        if neighbours is not None:
            # The user's other sandboxes count too: leave room for seven that use as much.
            room = limits.threads * (8 if neighbours else 1)
            yield exactly(resource.RLIMIT_NPROC, neighbours + room)


def lift() -> None:
    """Remove the limit on memory that this process has inherited from its judge."""
    if sys.platform == "linux":
        hard = resource.getrlimit(resource.RLIMIT_DATA)[1]
        resource.setrlimit(resource.RLIMIT_DATA, (hard, hard))


def hold(limits: Limits) -> bool:
    """Whether this process can neither exceed the limits nor raise them."""
    bounds = {
        resource.RLIMIT_CPU: limits.cpu_seconds + 1,
        resource.RLIMIT_FSIZE: limits.file_bytes,
        resource.RLIMIT_NOFILE: limits.open_files,
    }
    if sys.platform == "linux":
        bounds[resource.RLIMIT_AS] = 1 << 62  # anything that isn't infinity
    hard = {kind: resource.getrlimit(kind)[1] for kind in bounds}
    return all(0 <= hard[kind] <= bound for kind, bound in bounds.items())


def address_space() -> int:
    """What this process has mapped, in bytes (Linux)."""
    with open("/proc/self/statm", "rb", buffering=0) as file:  # noqa: PTH123
        return int(file.read().split()[0]) * resource.getpagesize()


def count_tasks(uid: int) -> int:
    """How many processes and threads a user has: RLIMIT_NPROC is compared with that (Linux)."""
    total = 0
    for process in Path("/proc").iterdir():
        if not process.name.isdigit():
            continue
        try:
            if process.stat().st_uid == uid or _real_uid(process) == uid:
                total += sum(1 for _ in (process / "task").iterdir())
        except OSError:  # it has ended in the meantime
            continue
    return max(total, 1)


def _real_uid(process: Path) -> int:
    # The directory of a process that isn't dumpable belongs to root, but its status names the user.
    for line in (process / "status").read_text().splitlines():
        if line.startswith("Uid:"):
            return int(line.split()[1])
    return -1


def in_units(size: int) -> str:
    """A number of bytes in words: '2 GiB', '64 MiB'."""
    for unit, name in ((GIB, "GiB"), (MIB, "MiB"), (1 << 10, "KiB")):
        if size >= unit:
            return f"{size / unit:.3g} {name}"
    return f"{size} bytes"


def outgrown(workdir: Path, limits: Limits) -> str:
    """Which limit a work directory has exceeded, in words; '' if none. The judge asks repeatedly.

    This is complete, because a sandbox can't remove, link or rename anything: all that it has
    written can be seen. It ends soon, because it stops at the limit. A folder that can't be listed
    counts as too much.
    """
    size = files = 0
    folders = [str(workdir)]
    while folders:
        try:
            with os.scandir(folders.pop()) as entries:
                for entry in entries:
                    files += 1
                    size += entry.stat(follow_symlinks=False).st_blocks * 512
                    if entry.is_dir(follow_symlinks=False):
                        folders.append(entry.path)
                    if files > limits.scratch_files:
                        return f"made more than {limits.scratch_files:,} files and folders"
                    if size > limits.scratch_bytes:
                        return f"wrote more than {in_units(limits.scratch_bytes)} of files"
        except OSError:
            if workdir.exists():  # otherwise the sandbox has ended
                return "made folders that can't be looked into"
    return ""
