"""Where a sandbox has no disk of its own, the files that it makes are counted, and small."""

from __future__ import annotations

import errno
import os
import select
import socket
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from grader.judge.errors import breach
from grader.lockdown.counted import Counter, be_counted
from grader.lockdown.limits import MIB, Limits
from grader.lockdown.records import COUNTED_FILES, Layer, Profile, bounded
from grader.wire.structs import Raised

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="a seccomp filter")

COUNTED = Profile("counted", (Layer("counted files", "", "on"),))


def in_a_counted_fork(folder: Path, most: int, work: Callable[[], None]) -> int:
    """Run `work` in a child that works in `folder`, after the first call, which is refused."""
    ours, theirs = socket.socketpair()
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        status = 1
        try:
            ours.close()
            os.chdir(folder)
            be_counted(theirs.detach())
            assert tries(make, "first") == errno.EDQUOT
            work()
            status = 0
        finally:
            os._exit(status)
    theirs.close()
    os.close(writer)
    counter = Counter(ours, folder, most)
    ready: list[int] = []
    while reader not in ready:  # it ends with the child
        waiting = [reader, counter.fileno()] if counter.fileno() >= 0 else [reader]
        ready = select.select(waiting, [], [], 60)[0]
        assert ready, "it hangs"
        if counter.fileno() in ready and reader not in ready:
            counter.answer()
    counter.close()
    os.close(reader)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def make(name: str) -> None:
    os.close(os.open(name, os.O_WRONLY | os.O_CREAT))


def tries(call: Callable[[str], object], name: str) -> int:
    """The number of the error that it ends with, 0 for none."""
    try:
        call(name)
    except OSError as error:
        return error.errno
    return 0


def test_so_many_and_no_more(tmp_path):
    def work() -> None:
        for _ in range(3):  # what is there already counts once
            assert [tries(make, f"file{n}") for n in range(4)] == [0] * 4
        assert tries(os.mkdir, "folder") == 0
        assert tries(make, "folder/file") == 0
        assert tries(make, "one more") == errno.EDQUOT
        assert tries(os.mkdir, "one more") == errno.EDQUOT
        assert tries(os.listdir, ".") == tries(os.stat, "file0") == 0
        assert Path("file0").read_text() == ""  # what makes nothing isn't asked about

    assert in_a_counted_fork(tmp_path, 6, work) == 0
    assert len(list(tmp_path.rglob("*"))) == 6


def test_what_it_hides_is_too_much(tmp_path):
    def work() -> None:
        os.umask(0o444)
        assert tries(os.mkdir, "hidden") == 0
        assert tries(make, "hidden/file") in (0, errno.EDQUOT)
        assert {tries(make, f"hidden/file{n}") for n in range(20)} == {0, errno.EDQUOT}

    if os.getuid() == 0:
        pytest.skip("nothing is hidden from root")
    assert in_a_counted_fork(tmp_path, 6, work) == 0


def test_nobody_counts_any_more(tmp_path):
    """Without whoever counts nothing can be made."""
    ours, theirs = socket.socketpair()
    child = os.fork()
    if child == 0:
        status = 1
        try:
            os.chdir(tmp_path)
            be_counted(theirs.detach())
            ours.close()  # and with it the listener, which is on its way
            status = 0 if tries(make, "file") == errno.ENOSYS else 2
        finally:
            os._exit(status)
    for end in (ours, theirs):
        end.close()
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def test_the_limits_are_those_that_are_told():
    counted = bounded(Limits(), COUNTED)
    assert counted.file_bytes * counted.scratch_files <= 4 * Limits().scratch_bytes
    assert bounded(Limits(scratch_bytes=MIB), COUNTED).file_bytes == MIB
    assert bounded(Limits(), Profile("own disk", ())) == Limits()
    quota = Raised("OSError", "OSError", f"[Errno {errno.EDQUOT}] Disk quota exceeded", [])
    assert f"more than {COUNTED_FILES} files" in breach(quota, counted, COUNTED)
