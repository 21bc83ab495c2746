"""Lock a sandbox down: every layer of isolation, applied in the child and then tried from inside.

    profile = probe()                            # once: what can this machine do?
    lockdown = prepare(profile, Limits())        # in the zygote, before it forks
    lockdown.apply(workdir, keep_fds=[channel])  # in the child, before the student's first byte

Each layer is a `Step`: what it stops, how to apply it, and how to try that it holds. A sandbox in
which a promised layer doesn't hold raises `LockdownError` and must not go on.
"""

from __future__ import annotations

import ctypes
import errno
import os
import select
import signal
import socket
import sys
import tempfile
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from grader.lockdown import identity, landlock, limits, seccomp
from grader.lockdown.kernel import LINUX, count_threads, prctl
from grader.lockdown.limits import Limits

__all__ = [
    "Layer",
    "Limits",
    "Lockdown",
    "LockdownError",
    "Profile",
    "lock_down",
    "prepare",
    "probe",
    "shield",
]

_PR_SET_PDEATHSIG, _PR_GET_PDEATHSIG = 1, 2
_PR_GET_DUMPABLE, _PR_SET_DUMPABLE = 3, 4
_PR_SET_NO_NEW_PRIVS, _PR_GET_NO_NEW_PRIVS = 38, 39

Status = Literal["on", "missing", "not needed"]


class LockdownError(RuntimeError):
    """A layer that was promised doesn't hold: this sandbox must not run student code."""


@dataclass(frozen=True)
class Layer:
    """One layer as `grader doctor` shows it."""

    name: str
    reason: str
    status: Status
    why: str = ""
    remedy: str = ""


@dataclass(frozen=True)
class Profile:
    """What isolation this machine gives: a name, and its layers one by one."""

    name: str
    layers: tuple[Layer, ...]

    @property
    def full(self) -> bool:
        """Whether nothing is missing."""
        return all(layer.status != "missing" for layer in self.layers)

    def promises(self, name: str) -> bool:
        """Whether a sandbox of this profile has the layer."""
        return any(layer.name == name and layer.status == "on" for layer in self.layers)


@dataclass(frozen=True)
class Lockdown:
    """All that can be made ready before the fork: build it in the zygote with `prepare`."""

    profile: Profile
    limits: Limits
    fence: landlock.Fence | None
    filter: seccomp.Filter | None
    neighbours: int | None
    uids: range | None
    closed: bool
    parent: int

    def apply(self, workdir: Path, keep_fds: Iterable[int]) -> None:
        """Apply every layer of the profile to this process, and then try each from inside."""
        if LINUX and count_threads() != 1:
            raise LockdownError("other threads of this process would stay outside the layers")
        os.chdir(workdir)
        here = _Here(self, Path(os.getcwd()), frozenset({0, 1, 2, *keep_fds}))  # noqa: PTH109
        os.environ["TMPDIR"] = tempfile.tempdir = str(here.workdir)  # the only place to write
        steps = [step for step in STEPS if self.profile.promises(step.name)]
        for step in steps:
            with _failing_as(step):
                step.apply(here)
        for step in steps:
            with _failing_as(step):
                step.check(here)


@dataclass(frozen=True)
class _Here:
    """One child: what the steps work with."""

    lockdown: Lockdown
    workdir: Path
    keep_fds: frozenset[int]


@dataclass(frozen=True)
class Step:
    """One layer: what it stops, how to apply it, and how to try that it holds."""

    name: str
    reason: str
    remedy: str
    apply: Callable[[_Here], None]
    check: Callable[[_Here], None]
    everywhere: bool = False  # or on Linux only


def prepare(
    profile: Profile,
    limits: Limits,
    readable: Iterable[Path] = (),
    parent: int | None = None,
) -> Lockdown:
    """Make ready in the zygote what all of its children share.

    `readable` names what a sandbox may read besides Python, torch and its work directory; `parent`
    is the process that a sandbox must not outlive, this one if not given.
    """
    paths = [*landlock.python_paths(), *readable]
    uids = identity.uid_range() if profile.promises("identity") else None
    return Lockdown(
        profile=profile,
        limits=limits,
        fence=landlock.Fence.build(paths) if profile.promises("landlock") else None,
        filter=seccomp.Filter.build() if profile.promises("seccomp") else None,
        neighbours=_neighbours(stranger=uids is not None),
        uids=uids,
        closed=uids is not None and identity.closed_to_strangers(paths),
        parent=parent or os.getpid(),
    )


def lock_down(
    profile: Profile,
    limits: Limits,
    workdir: Path,
    readable: Iterable[Path] = (),
    keep_fds: Iterable[int] = (),
) -> None:
    """Prepare and apply in one go, for a process that was spawned and not forked."""
    prepare(profile, limits, readable, parent=os.getppid()).apply(workdir, keep_fds)


def _neighbours(*, stranger: bool) -> int | None:
    """What RLIMIT_NPROC must add: it counts a user's tasks, and doesn't bind root at all."""
    if not LINUX:
        return None
    if stranger:
        return 0
    return limits.count_tasks(os.getuid()) if os.getuid() else None


def shield() -> None:
    """Keep a trusted process's memory, environment and descriptors from others of its user.

    For the judge and the zygote: with it, what a sandbox without Landlock could read in /proc of
    them, or trace, belongs to root.
    """
    if LINUX:
        prctl(_PR_SET_DUMPABLE, 0)


def probe() -> Profile:
    """Find out what this machine can do: each layer is really tried, in a child of its own."""
    layers = tuple(_probe(step) for step in STEPS)
    if not LINUX:
        return Profile({"darwin": "macos", "win32": "windows"}.get(sys.platform, "none"), layers)
    if any(layer.status == "missing" for layer in layers):
        return Profile("linux-partial", layers)
    return Profile("linux-full" if os.getuid() else "linux-root-full", layers)


def _probe(step: Step) -> Layer:
    if sys.platform == "win32" or not (LINUX or step.everywhere):
        return Layer(step.name, step.reason, "missing", f"{sys.platform} has none", step.remedy)
    if step.name == "identity" and os.getuid() != 0:
        return Layer(step.name, step.reason, "not needed", "only root can take another uid")
    # After system frameworks have been used macOS can't fork safely; what we use there is POSIX.
    why = _trial(step) if LINUX else ""
    if why:
        return Layer(step.name, step.reason, "missing", why, step.remedy)
    return Layer(step.name, step.reason, "on")


def _trial(step: Step) -> str:
    """Apply and check one layer in a throw-away child: why it doesn't hold, '' if it does."""
    promise = Profile("trial", (Layer(step.name, step.reason, "on"),))
    with tempfile.TemporaryDirectory(prefix="torchgrade-probe-") as workdir:
        parent = os.getpid()
        reader, writer = os.pipe()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # fork beside threads: see below
            child = os.fork()
        if child == 0:
            # Nothing here waits for another thread, and nothing returns.
            try:
                prepared = prepare(promise, Limits(), parent=parent)
                prepared.apply(Path(workdir), keep_fds=[writer])
                os.write(writer, b"holds")
            except BaseException as error:
                os.write(writer, str(error).encode())
            finally:
                os._exit(0)
        os.close(writer)
        ready, _, _ = select.select([reader], [], [], 30)
        answer = os.read(reader, 4096).decode() if ready else "it hangs"
        os.close(reader)
        with suppress(ProcessLookupError):
            os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
    return "" if answer == "holds" else answer or "it kills the process"


# --- the layers -----------------------------------------------------------------------------------


def _session(here: _Here) -> None:
    if os.getsid(0) != os.getpid():
        os.setsid()


def _check_session(here: _Here) -> None:
    _expect(os.getsid(0) == os.getpid(), "it is in the grader's session")


def _rlimits(here: _Here) -> None:
    limits.restrict(here.lockdown.limits, here.lockdown.neighbours)


def _check_rlimits(here: _Here) -> None:
    _expect(limits.hold(here.lockdown.limits), "a limit isn't set")


def _identity(here: _Here) -> None:
    assert here.lockdown.uids is not None
    identity.become_stranger(here.lockdown.uids, here.workdir)


def _check_identity(here: _Here) -> None:
    assert here.lockdown.uids is not None
    _expect(os.getuid() in here.lockdown.uids, "it has the grader's uid")
    with _refused("return to root", errno.EPERM):
        os.setuid(0)


def _capabilities(here: _Here) -> None:
    # A stranger may keep the right to pass through closed directories, for a Python under root's
    # home or a private work directory: what it may read there is Landlock's to say.
    stranger = here.lockdown.uids is not None
    closed = here.lockdown.closed or not os.access(here.workdir, os.R_OK | os.X_OK)
    identity.set_capabilities(identity.CAP_DAC_READ_SEARCH if stranger and closed else 0)


def _check_capabilities(here: _Here) -> None:
    harmless = identity.CAP_DAC_READ_SEARCH if here.lockdown.uids is not None else 0
    _expect(identity.capabilities() & ~harmless == 0, "it has capabilities")


def _no_new_privileges(here: _Here) -> None:
    prctl(_PR_SET_NO_NEW_PRIVS, 1)


def _check_no_new_privileges(here: _Here) -> None:
    _expect(prctl(_PR_GET_NO_NEW_PRIVS) == 1, "a setuid program could give it rights")


def _hidden_memory(here: _Here) -> None:
    prctl(_PR_SET_DUMPABLE, 0)


def _check_hidden_memory(here: _Here) -> None:
    _expect(prctl(_PR_GET_DUMPABLE) == 0, "others of its user can read its memory")


def _parent(here: _Here) -> None:
    prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def _check_parent(here: _Here) -> None:
    deadly = (ctypes.c_char * 4)()
    prctl(_PR_GET_PDEATHSIG, deadly)
    _expect(int.from_bytes(deadly.raw, sys.byteorder) == signal.SIGKILL, "it may outlive us")
    # The parent may have gone just before the signal was asked for.
    _expect(os.getppid() == here.lockdown.parent, "its parent has ended")


def _landlock(here: _Here) -> None:
    assert here.lockdown.fence is not None
    here.lockdown.fence.enter(here.workdir)


def _check_landlock(here: _Here) -> None:
    for outside in ("/", f"/proc/{here.lockdown.parent}/stat"):
        with _refused(f"read {outside}", errno.EACCES, errno.ENOENT):
            os.close(os.open(outside, os.O_RDONLY))
    os.close(os.open(here.workdir, os.O_RDONLY))


def _descriptors(here: _Here) -> None:
    kept = sorted(here.keep_fds)
    highest = 1 << 20  # the most that Linux gives; without close_range(2) each is tried
    for last, following in zip(kept, [*kept[1:], highest], strict=True):
        if last + 1 < following:  # closerange(n, n) has closed everything in some Pythons
            os.closerange(last + 1, following)


def _check_descriptors(here: _Here) -> None:
    count = os.sysconf("SC_OPEN_MAX")
    poll = select.poll()
    for descriptor in range(min(count, 1024)):
        poll.register(descriptor, 0)
    closed = {descriptor for descriptor, event in poll.poll(0) if event & select.POLLNVAL}
    _expect(closed >= set(range(min(count, 1024))) - here.keep_fds, "a descriptor is open")


def _seccomp(here: _Here) -> None:
    assert here.lockdown.filter is not None
    here.lockdown.filter.install()


def _check_seccomp(here: _Here) -> None:
    with _refused("make a socket", errno.EPERM):
        socket.socket(socket.AF_UNIX).close()
    with _refused("fork", errno.EPERM):
        seccomp.try_fork()
    with _refused("start a program", errno.EPERM):
        os.execv("/nonexistent", ["nonexistent"])
    with _refused("send a signal", errno.EPERM):
        os.kill(here.lockdown.parent, 0)


def _expect(holds: bool, otherwise: str) -> None:
    if not holds:
        raise LockdownError(otherwise)


@contextmanager
def _refused(what: str, *errors: int) -> Iterator[None]:
    """Run a body that the kernel must refuse with one of these errors."""
    try:
        yield
    except OSError as error:
        _expect(error.errno in errors, f"it couldn't {what}, but for another reason: {error}")
    else:
        raise LockdownError(f"it could {what}")


@contextmanager
def _failing_as(step: Step) -> Iterator[None]:
    """Say which layer it was that failed."""
    try:
        yield
    except (OSError, ValueError, LockdownError) as error:
        raise LockdownError(f"{step.name}: {error}") from error


_LINUX = "run the grader on Linux, in a virtual machine or in WSL2 if need be"

# In the order of their application: each still has the rights that it needs.
STEPS: Sequence[Step] = (
    Step(
        "session",
        "its process group is its own: signals to a group or a terminal don't cross",
        "",
        _session,
        _check_session,
        everywhere=True,
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
        "as root: a uid that nobody else has, so that nothing on the machine is its own",
        "give the container the capabilities SETUID, SETGID and CHOWN, or don't run as root",
        _identity,
        _check_identity,
    ),
    Step(
        "capabilities",
        "none of root's powers",
        _LINUX,
        _capabilities,
        _check_capabilities,
    ),
    Step(
        "no new privileges",
        "setuid programs and sudo give it nothing",
        _LINUX,
        _no_new_privileges,
        _check_no_new_privileges,
    ),
    Step(
        "hidden memory",
        "no core dump, and no process of its user can look into it",
        _LINUX,
        _hidden_memory,
        _check_hidden_memory,
    ),
    Step(
        "parent",
        "the kernel kills it when the grader ends, however that happens",
        _LINUX,
        _parent,
        _check_parent,
    ),
    Step(
        "landlock",
        "it reads Python, torch and its own files only, writes in its work directory only, and "
        "can't look into any process",
        "Linux 5.13 or newer, started with Landlock among its security modules (lsm=landlock,...)",
        _landlock,
        _check_landlock,
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
        "no sockets, processes, programs, signals or tracing, and no rare system calls",
        "a 64-bit Linux kernel with seccomp filters, on x86-64 or aarch64",
        _seccomp,
        _check_seccomp,
    ),
)
