"""Full disks, and no descriptors: the run ends in order, and nobody is charged for it."""

from __future__ import annotations

import contextlib
import errno
import itertools
import os
import re
import resource
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from faults.runs import (
    MARKS,
    complete,
    finish,
    graded,
    handed_in,
    leave_two,
    outcomes,
    results_of,
    start,
    wait_for,
)

from grader.judge.errors import GraderFault, fault_or, student_error
from grader.wire.structs import Raised

pytestmark = MARKS
FEW, ENOUGH = 6, 13  # descriptors beside those that are open
only_root = pytest.mark.skipif(
    os.getuid() != 0 or shutil.which("unshare") is None, reason="only root can mount a small disk"
)


def small_disk(place: Path, room: str) -> tuple[str, ...]:
    """What runs a command with a tiny disk at one place."""
    script = f'mount -t tmpfs -o {room},mode=755 tmpfs "$1"; shift; exec "$@"'
    return ("unshare", "--mount", "sh", "-ec", script, "sh", str(place))


@only_root
def test_the_disk_for_results_is_full(kit: Path, nothing_left: None, grader: Any) -> None:
    leave_two(kit)
    (kit / "grades").mkdir()
    code, said = finish(start(kit, prefix=small_disk(kit / "grades", "size=8k")))
    assert code == 2, said
    assert "disk is full" in said
    complete(kit, grader)


@only_root
def test_the_disk_for_results_is_filled_by_others(kit: Path, nothing_left: None) -> None:
    """There was room at the start. What was graded is written down in what was set aside."""
    (kit / "grades").mkdir()
    run = start(kit, prefix=small_disk(kit / "grades", "size=10m"))
    disk = Path(f"/proc/{run.pid}/root/{kit}/grades")

    def seen_from_here() -> int:
        (kit / "copy").mkdir(exist_ok=True)  # SQLite would take the path for one of ours
        for part in disk.glob("gradebook.sqlite*"):
            shutil.copy(part, kit / "copy" / part.name)
        return results_of(kit, kit / "copy")

    wait_for(lambda: run.poll() is not None or seen_from_here())
    with contextlib.suppress(OSError), (disk / "of others").open("wb", buffering=0) as file:
        while file.write(bytes(1 << 12)):
            pass
    code, said = finish(run)
    assert code == 3, said
    said = " ".join(said.split())
    assert re.search(r"Ended early .* disk is full\): [23] of 4 graded and kept", said), said
    assert "json: grades/results.json" in said, "there is room for the reports"


def not_all_graded(kit: Path, done: Any) -> bool:
    """Whether something was not graded, which the exit code says. The rest passes."""
    results = graded(kit)
    assert sorted(results) == handed_in(kit)
    assert set().union(*map(outcomes, results.values())) <= {"passed", "not graded"}
    missing = any(r["fault"] or "not graded" in outcomes(r) for r in results.values())
    assert done.returncode == (3 if missing else 0), done.stderr
    return missing


@contextlib.contextmanager
def mounted(place: Path, room: str) -> Iterator[None]:
    """A tiny disk at one place, for this process and all others."""
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"{room},mode=755", "tmpfs", place], check=True)
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", place], check=True)


@only_root
def test_the_disk_for_work_is_full(
    kit: Path, nothing_left: None, grader: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """There is room for the run's own folder, and for no sandbox's in it."""
    leave_two(kit)
    with mounted(kit / "tmp", "nr_inodes=2"), monkeypatch.context() as patch:
        patch.setattr(tempfile, "tempdir", str(kit / "tmp"))
        assert not_all_graded(kit, grader(kit, "grade", "class"))
    complete(kit, grader)


@contextlib.contextmanager
def descriptors(count: int) -> Iterator[None]:
    """This process can open so many more."""
    used = {int(name) for name in os.listdir("/proc/self/fd")}  # noqa: PTH208
    free = (number for number in itertools.count() if number not in used)
    limit, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (next(itertools.islice(free, count, None)), hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (limit, hard))


def test_few_descriptors(kit: Path, nothing_left: None, grader: Any) -> None:
    """Enough for the command. Nobody is charged for what a judge and its sandboxes lack.

    Just below what is enough it is chance: when a process ends, its descriptors are free again.
    """
    leave_two(kit)
    missing = []
    for count in range(FEW, ENOUGH + 1):
        shutil.rmtree(kit / "grades", ignore_errors=True)
        with descriptors(count):
            done = grader(kit, "grade", "class")
        missing.append(not_all_graded(kit, done))
        if count == FEW:
            complete(kit, grader)
    assert missing[0] and not missing[-1]


def test_what_student_code_has_no_descriptor_for_is_its_own() -> None:
    words = os.strerror(errno.EMFILE)
    theirs = student_error(Raised("OSError", "OSError", words, []), of_stub=False)
    assert isinstance(theirs, OSError)
    assert fault_or(theirs) is theirs
    assert isinstance(fault_or(OSError(errno.EMFILE, words)), GraderFault)
