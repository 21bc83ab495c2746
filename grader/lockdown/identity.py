"""The identity of a sandbox: under root, a uid of its own; and never any capabilities."""

from __future__ import annotations

import ctypes
import os
import stat
import struct
from collections.abc import Iterable
from pathlib import Path

from grader.lockdown.kernel import PR_SET_KEEPCAPS, architecture, prctl, syscall

_CAPGET = {"x86_64": 125, "aarch64": 90}
_CAPSET = {"x86_64": 126, "aarch64": 91}
_CAPABILITY_VERSION_3 = 0x20080522
CAP_DAC_READ_SEARCH = 1 << 2

_FIRST_UID = 0x70000000  # a range that systemd's list of uids calls unused
_UIDS = 1 << 22  # the largest number of processes that Linux can have


def uid_range() -> range:
    """The uids that sandboxes may take: an unused range, or the end of a container's range.

    Raises PermissionError if the container has too few.
    """
    wanted = range(_FIRST_UID, _FIRST_UID + _UIDS)
    for line in Path("/proc/self/uid_map").read_text().splitlines():
        first, _, count = map(int, line.split())
        if first <= wanted.start and wanted.stop <= first + count:
            return wanted
        if count > 1024:
            return range(first + count // 2, first + count - 512)
    raise PermissionError("this container has no spare uid")


def become_stranger(uids: range, workdir: Path) -> None:
    """Take a uid that no other process has, and give the work directory to it.

    The uid is derived from this process's id, so it is unique as long as the process lives.
    Capabilities stay until `set_capabilities` drops them.
    """
    uid = uids[os.getpid() % len(uids)]
    os.chown(workdir, uid, uid)
    for folder, folders, files in os.walk(workdir):
        for name in (*folders, *files):
            os.lchown(f"{folder}/{name}", uid, uid)
    prctl(PR_SET_KEEPCAPS, 1)
    os.setgroups([])
    os.setresgid(uid, uid, uid)
    os.setresuid(uid, uid, uid)


def set_capabilities(kept: int) -> None:
    """Give up every capability whose bit isn't set in `kept`."""
    header = struct.pack("=Ii", _CAPABILITY_VERSION_3, 0)
    low, high = kept & 0xFFFFFFFF, kept >> 32
    syscall(_CAPSET[architecture()], header, struct.pack("=6I", low, low, 0, high, high, 0))


def capabilities() -> int:
    """The capabilities that this process could use, as bits."""
    header = struct.pack("=Ii", _CAPABILITY_VERSION_3, 0)
    sets = (ctypes.c_char * 24)()
    syscall(_CAPGET[architecture()], header, sets)
    _, low, _, _, high, _ = struct.unpack("=6I", sets.raw)
    return int(low | high << 32)  # the permitted ones: the effective are among them


def closed_to_strangers(paths: Iterable[Path]) -> bool:
    """Whether one of these folders can't be entered by a user without special rights."""
    return any(
        not place.stat().st_mode & stat.S_IXOTH
        for path in paths
        if path.is_dir()
        for place in (path, *path.parents)
    )
