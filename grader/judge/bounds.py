"""Limits for the judge itself: its memory, and its processor time for one test."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

from grader.lockdown.limits import MIB

ROOM = 1280 * MIB  # on top of what torch and the suites take: less than 2 GiB in all
CHECKING_SECONDS = 30.0
HOPELESS = 3  # tests that took too long: the submission has had its time

ENDED_BY = -int(getattr(signal, "SIGPROF", 0))
"""The exit code of a judge whose time for a test was up."""


def bound_memory() -> None:
    """Limit the memory that this process may still take; beyond it, allocations fail (Linux)."""
    if sys.platform != "linux":
        return
    import resource

    status = Path("/proc/self/status").read_text()
    taken = next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmData:"))
    hard = resource.getrlimit(resource.RLIMIT_DATA)[1]
    resource.setrlimit(resource.RLIMIT_DATA, ((taken << 10) + ROOM, hard))


class Stopwatch:
    """Asks the kernel to end this process if its own work on a test takes too long.

    Waiting for a sandbox takes no processor time. The name of the test is kept in a file that
    outlives the process; see `overran`.
    """

    def __init__(self, shared: Path) -> None:
        """`shared`: the run's folder."""
        self._file = os.open(_file(shared, os.getpid()), os.O_CREAT | os.O_RDWR, 0o600)

    def begin(self, submission: str, test: str) -> None:
        """A test of a submission begins."""
        text = f"{submission}\0{test}".encode("utf-8", "surrogateescape")
        os.truncate(self._file, os.pwrite(self._file, text, 0))
        signal.setitimer(signal.ITIMER_PROF, CHECKING_SECONDS)

    def end(self) -> None:
        """It has ended."""
        signal.setitimer(signal.ITIMER_PROF, 0)


def overran(shared: Path, pid: int) -> tuple[str, str]:
    """The submission and the test that an ended judge was working on."""
    text = _file(shared, pid).read_bytes().decode("utf-8", "surrogateescape")
    submission, _, test = text.partition("\0")
    return submission, test


def _file(shared: Path, pid: int) -> Path:
    return shared / f"judge-{pid}"
