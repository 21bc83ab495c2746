"""Namespaces: users that are counted by themselves, and a file system of a fixed size to write in.

Root may have the second. An ordinary user may have both, where the kernel lets them: inside a user
namespace of its own, a process may mount.
"""

from __future__ import annotations

import errno
import os
import platform
import re
from pathlib import Path

from grader.lockdown.kernel import PR_SET_DUMPABLE, architecture, prctl, syscall
from grader.lockdown.limits import Limits

_NEW_MOUNTS, _NEW_USER = 0x00020000, 0x10000000
_RECURSIVE, _PRIVATE = 0x4000, 0x40000
_NO_SETUID, _NO_DEVICES, _NO_PROGRAMS = 0x2, 0x4, 0x8
_CALLS = {"x86_64": (272, 165), "aarch64": (97, 40)}  # unshare, mount


def counts_tasks() -> bool:
    """Whether this kernel counts a user's tasks in each user namespace by itself (5.14)."""
    found = re.match(r"(\d+)\.(\d+)", platform.release())
    return found is not None and (int(found[1]), int(found[2])) >= (5, 14)


def own_users() -> None:
    """Enter a user namespace in which this process has the ids that it has. Raises `OSError`."""
    if not counts_tasks():
        raise OSError(errno.ENOSYS, f"Linux {platform.release()} counts all of a user's threads")
    uid, gid = os.getuid(), os.getgid()
    _unshare(_NEW_USER)
    # Its files in /proc belong to root while it isn't dumpable, which it is again not soon after.
    prctl(PR_SET_DUMPABLE, 1)
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/uid_map").write_text(f"{uid} {uid} 1")
    Path("/proc/self/gid_map").write_text(f"{gid} {gid} 1")
    prctl(PR_SET_DUMPABLE, 0)


def own_disk(workdir: Path, limits: Limits) -> None:
    """Cover the work directory with an empty file system, and go there. Raises `OSError`."""
    try:
        _unshare(_NEW_MOUNTS)
    except PermissionError:
        if os.getuid() == 0:  # in a container: it would have no uids to choose from any more
            raise
        own_users()
        _unshare(_NEW_MOUNTS)
    _mount("none", Path("/"), "", _RECURSIVE | _PRIVATE, "")
    size = f"size={limits.scratch_bytes},nr_inodes={limits.scratch_files + 1},mode=700"
    _mount("tmpfs", workdir, "tmpfs", _NO_SETUID | _NO_DEVICES | _NO_PROGRAMS, size)
    os.chdir(workdir)


def has_own_disk(limits: Limits) -> bool:
    """Whether the current directory lies in a file system of no more than the size allowed."""
    disk = os.statvfs(".")
    page = 1 << 16  # the size is rounded up to pages, of up to 64 KiB
    small = disk.f_blocks * disk.f_frsize <= limits.scratch_bytes + page
    return small and 0 < disk.f_files <= limits.scratch_files + 1


def _unshare(what: int) -> None:
    syscall(_calls()[0], what)


def _mount(source: str, target: Path, kind: str, flags: int, data: str) -> None:
    syscall(_calls()[1], source.encode(), bytes(target), kind.encode(), flags, data.encode())


def _calls() -> tuple[int, int]:
    if architecture() not in _CALLS:
        raise OSError(errno.ENOSYS, f"the numbers of calls on {architecture()} aren't known")
    return _CALLS[architecture()]
