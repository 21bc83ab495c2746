"""The layers of isolation: what each one stops, how to apply it, and how to test it.

`STEPS` lists them in the order of their application. A step's `apply` runs in the child that is
locked down. Its `check` runs there too, when all are applied, and raises `LockdownError` or OSError
if the layer doesn't hold.
"""

from __future__ import annotations

import ctypes
import errno
import os
import select
import signal
import socket
import sys
from collections.abc import Sequence

from grader.lockdown import counted, identity, limits, namespaces, seccomp
from grader.lockdown.kernel import (
    PR_GET_DUMPABLE,
    PR_GET_NO_NEW_PRIVS,
    PR_GET_PDEATHSIG,
    PR_SET_DUMPABLE,
    PR_SET_NO_NEW_PRIVS,
    PR_SET_PDEATHSIG,
    prctl,
)
from grader.lockdown.steps import Here, Step, expect, refused


def _session(here: Here) -> None:
    if os.getsid(0) != os.getpid():
        os.setsid()


def _check_session(here: Here) -> None:
    expect(os.getsid(0) == os.getpid(), "it is in the grader's session")


def _users(here: Here) -> None:
    namespaces.own_users()


def _check_users(here: Here) -> None:
    expect(not here.lockdown.neighbours, "its threads are counted with those of others")


def _disk(here: Here) -> None:
    namespaces.own_disk(here.workdir, here.lockdown.limits)


def _check_disk(here: Here) -> None:
    expect(namespaces.has_own_disk(here.lockdown.limits), "it writes to the grader's disk")


def _rlimits(here: Here) -> None:
    limits.restrict(here.lockdown.limits, here.lockdown.neighbours)


def _check_rlimits(here: Here) -> None:
    expect(limits.hold(here.lockdown.limits), "a limit isn't set")


def _identity(here: Here) -> None:
    assert here.lockdown.uids is not None
    identity.become_stranger(here.lockdown.uids, here.workdir)


def _check_identity(here: Here) -> None:
    assert here.lockdown.uids is not None
    expect(os.getuid() in here.lockdown.uids, "it has the grader's uid")
    with refused("return to root", errno.EPERM):
        os.setuid(0)


def _capabilities(here: Here) -> None:
    # With a uid of its own, it may have to pass through closed directories: to a Python in root's
    # home, or to a private work directory. Landlock decides what it may read there.
    stranger = here.lockdown.uids is not None
    closed = here.lockdown.closed or not os.access(here.workdir, os.R_OK | os.X_OK)
    identity.set_capabilities(identity.CAP_DAC_READ_SEARCH if stranger and closed else 0)


def _check_capabilities(here: Here) -> None:
    harmless = identity.CAP_DAC_READ_SEARCH if here.lockdown.uids is not None else 0
    expect(identity.capabilities() & ~harmless == 0, "it has capabilities")


def _no_new_privileges(here: Here) -> None:
    prctl(PR_SET_NO_NEW_PRIVS, 1)


def _check_no_new_privileges(here: Here) -> None:
    expect(prctl(PR_GET_NO_NEW_PRIVS) == 1, "a setuid program could give it rights")


def _hidden_memory(here: Here) -> None:
    prctl(PR_SET_DUMPABLE, 0)


def _check_hidden_memory(here: Here) -> None:
    expect(prctl(PR_GET_DUMPABLE) == 0, "others of its user can read its memory")


def _parent(here: Here) -> None:
    prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def _check_parent(here: Here) -> None:
    deadly = (ctypes.c_char * 4)()
    prctl(PR_GET_PDEATHSIG, deadly)
    expect(int.from_bytes(deadly.raw, sys.byteorder) == signal.SIGKILL, "it may outlive us")
    # The parent may have ended just before the signal was set.
    expect(os.getppid() == here.lockdown.parent, "its parent has ended")


def _landlock(here: Here) -> None:
    assert here.lockdown.fence is not None
    here.lockdown.fence.enter(here.workdir)


def _check_landlock(here: Here) -> None:
    for outside in ("/", f"/proc/{here.lockdown.parent}/stat"):
        with refused(f"read {outside}", errno.EACCES, errno.ENOENT):
            os.close(os.open(outside, os.O_RDONLY))
    os.close(os.open(here.workdir, os.O_RDONLY))


def _counted_files(here: Here) -> None:
    if here.counter is not None:  # else they are only watched
        counted.be_counted(here.counter)


def _check_counted_files(here: Here) -> None:
    if here.counter is not None:
        with refused("make a file that isn't counted", errno.EDQUOT):
            os.close(os.open("uncounted", os.O_WRONLY | os.O_CREAT))


def _descriptors(here: Here) -> None:
    kept = sorted(here.keep_fds)
    highest = 1 << 20  # the most that Linux gives; without close_range(2), each is closed in turn
    for last, following in zip(kept, [*kept[1:], highest], strict=True):
        if last + 1 < following:  # in some Pythons, closerange(n, n) closed everything
            os.closerange(last + 1, following)


def _check_descriptors(here: Here) -> None:
    count = os.sysconf("SC_OPEN_MAX")
    poll = select.poll()
    for descriptor in range(min(count, 1024)):
        poll.register(descriptor, 0)
    closed = {descriptor for descriptor, event in poll.poll(0) if event & select.POLLNVAL}
    expect(closed >= set(range(min(count, 1024))) - here.keep_fds, "a descriptor is open")


def _seccomp(here: Here) -> None:
    assert here.lockdown.filter is not None
    here.lockdown.filter.install()


def _check_seccomp(here: Here) -> None:
    with refused("make a socket", errno.EPERM):
        socket.socket(socket.AF_UNIX).close()
    with refused("fork", errno.EPERM):
        seccomp.try_fork()
    with refused("start a program", errno.EPERM):
        os.execv("/nonexistent", ["nonexistent"])
    with refused("send a signal", errno.EPERM):
        os.kill(here.lockdown.parent, 0)


_USERS = (
    "Linux 5.14 or newer that lets users make namespaces; for root in a container, the capability "
    "SYS_ADMIN"
)
_LINUX = "run the grader on Linux, if necessary in a virtual machine or in WSL2"

# In the order of their application: each step still has the rights that it needs.
STEPS: Sequence[Step] = (
    Step(
        "session",
        "it has a process group of its own, so signals to a group or a terminal don't cross",
        "",
        _session,
        _check_session,
        everywhere=True,
    ),
    Step(
        "own users",
        "its threads are counted by themselves, not with those of other sandboxes",
        _USERS,
        _users,
        _check_users,
        unneeded=lambda: "" if os.getuid() else "it has a uid that nobody else has",
        optional="tests that others' threads may have disturbed are run once more, alone",
    ),
    Step(
        "own disk",
        "it writes to a file system of a fixed size, in memory",
        _USERS,
        _disk,
        _check_disk,
        optional="the number of its files and the size of each are bounded",
    ),
    Step(
        "limits",
        "processor time, memory, threads, file size and open files are bounded",
        "",
        _rlimits,
        _check_rlimits,
        everywhere=True,
    ),
    Step(
        "identity",
        "under root, it has a uid that nobody else has, and so owns nothing on the machine",
        "give the container the capabilities SETUID, SETGID and CHOWN, or don't run as root",
        _identity,
        _check_identity,
        unneeded=lambda: "only root can take another uid" if os.getuid() else "",
    ),
    Step(
        "capabilities",
        "it has none of root's powers",
        _LINUX,
        _capabilities,
        _check_capabilities,
    ),
    Step(
        "no new privileges",
        "setuid programs and sudo give it no rights",
        _LINUX,
        _no_new_privileges,
        _check_no_new_privileges,
    ),
    Step(
        "hidden memory",
        "it leaves no core dump, and no process of its user can look into it",
        _LINUX,
        _hidden_memory,
        _check_hidden_memory,
    ),
    Step(
        "parent",
        "the kernel kills it when the grader ends, in whatever way",
        _LINUX,
        _parent,
        _check_parent,
    ),
    Step(
        "landlock",
        "it reads only Python, torch and its own files, writes only in its work directory, and "
        "can't look into any process",
        "Linux 5.13 or newer, started with Landlock among its security modules (lsm=landlock,...)",
        _landlock,
        _check_landlock,
    ),
    Step(
        "counted files",
        "where it has no disk of its own, it makes 256 small files at most, which are watched",
        "Linux 5.5 or newer, on x86-64 or aarch64",
        _counted_files,
        _check_counted_files,
        stand_in_for="own disk",
        optional="its files are counted ten times a second, so it may write too much for a moment",
    ),
    Step(
        "descriptors",
        "no file, pipe or socket of the grader is left open in it",
        "",
        _descriptors,
        _check_descriptors,
        everywhere=True,
    ),
    Step(
        "seccomp",
        "it has no sockets, processes, programs, signals, tracing or rare system calls",
        "a 64-bit Linux kernel with seccomp filters, on x86-64 or aarch64",
        _seccomp,
        _check_seccomp,
    ),
)
