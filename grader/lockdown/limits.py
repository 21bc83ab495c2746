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
    """What one sandbox may use before the kernel stops it. Honest training needs a tenth of it."""

    cpu_seconds: int = 60
    """Processor time, summed over threads. Then SIGXCPU; one second later SIGKILL."""

    memory_bytes: int = 2 * GIB
    """Address space on top of what the interpreter and torch have mapped already."""

    threads: int = 64
    """Threads. Exact under a throw-away uid; the kernel counts per user, so coarse without."""

    file_bytes: int = 64 * MIB
    """The size of any one file."""

    open_files: int = 256
    """Open descriptors, pipes and events included."""

    scratch_bytes: int = 256 * MIB
    """Disk space in the work directory. The judge watches it, with `outgrown`."""

    scratch_files: int = 10_000
    """Files and folders in the work directory, watched likewise."""

    output_bytes: int = 64 * MIB
    """What it prints, before it is killed; far less is kept."""

    cpus: frozenset[int] | None = None
    """The processors it may run on, or None for any: the one bound on what a horde of busy
    threads takes from its neighbours before its processor time is up."""


@dataclass(frozen=True)
class Patience:
    """Wall-clock limits in seconds: for a test (unless it is marked with another), for them all."""

    test: float = 10.0
    submission: float = 300.0


def restrict(limits: Limits, neighbours: int | None) -> None:
    """Set the resource limits of this process, hard ones too, so that nothing can raise them.

    `neighbours` is how many tasks the user already has (see `count_tasks`), 0 under a uid of its
    own, None where the kernel doesn't bind the number of tasks.
    """
    for kind, bounds in rlimits(limits, neighbours):
        resource.setrlimit(kind, bounds)
    if limits.cpus is not None and hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, limits.cpus)


def rlimits(limits: Limits, neighbours: int | None) -> Iterator[tuple[int, tuple[int, int]]]:
    """Each resource and its (soft, hard) limit, on top of what this process uses now."""

    def at_most(kind: int, soft: int, hard: int) -> tuple[int, tuple[int, int]]:
        ceiling = resource.getrlimit(kind)[1]  # a stricter limit from outside stays
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
        # Not RLIMIT_DATA: an anonymous mapping that is shared isn't counted by it.
        yield exactly(resource.RLIMIT_AS, address_space() + limits.memory_bytes)
        # Kernel memory that address space doesn't count.
        yield exactly(resource.RLIMIT_MSGQUEUE, 0)
        yield exactly(resource.RLIMIT_MEMLOCK, 0)
        if neighbours is not None:
            # A shared count: leave room for seven neighbours as greedy as this one.
            room = limits.threads * (8 if neighbours else 1)
            yield exactly(resource.RLIMIT_NPROC, neighbours + room)


def hold(limits: Limits) -> bool:
    """Whether this process can neither exceed the limits nor raise them."""
    bounds = {
        resource.RLIMIT_CPU: limits.cpu_seconds + 1,
        resource.RLIMIT_FSIZE: limits.file_bytes,
        resource.RLIMIT_NOFILE: limits.open_files,
    }
    if sys.platform == "linux":
        bounds[resource.RLIMIT_AS] = 1 << 62  # anything but infinity
    hard = {kind: resource.getrlimit(kind)[1] for kind in bounds}
    return all(0 <= hard[kind] <= bound for kind, bound in bounds.items())


def address_space() -> int:
    """What this process has mapped, in bytes (Linux)."""
    with open("/proc/self/statm", "rb", buffering=0) as file:  # noqa: PTH123
        return int(file.read().split()[0]) * resource.getpagesize()


def count_tasks(uid: int) -> int:
    """How many processes and threads a user has now: what RLIMIT_NPROC is compared with (Linux)."""
    total = 0
    for process in Path("/proc").iterdir():
        if not process.name.isdigit():
            continue
        try:
            if process.stat().st_uid == uid or _real_uid(process) == uid:
                total += sum(1 for _ in (process / "task").iterdir())
        except OSError:  # it has ended meanwhile
            continue
    return max(total, 1)


def _real_uid(process: Path) -> int:
    # A process that isn't dumpable has its directory owned by root: ask its status then.
    for line in (process / "status").read_text().splitlines():
        if line.startswith("Uid:"):
            return int(line.split()[1])
    return -1


def in_units(size: int) -> str:
    """A number of bytes as people say it: '2 GiB', '64 MiB'."""
    for unit, name in ((GIB, "GiB"), (MIB, "MiB"), (1 << 10, "KiB")):
        if size >= unit:
            return f"{size / unit:.3g} {name}"
    return f"{size} bytes"


def outgrown(workdir: Path, limits: Limits) -> str:
    """The limit that a work directory has passed, in words: for the judge to ask now and then.

    The look is bounded, and complete: a sandbox can't remove, link or rename anything, so all
    that it has written is there to be seen. What can't be looked into counts as too much.
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
            if workdir.exists():  # if not, the sandbox is over
                return "made folders that can't be looked into"
    return ""
