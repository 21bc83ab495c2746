"""Lock a process down: prepare once, apply every layer in the child, then try each from inside.

profile = probe()                              # once: what can this machine do?
lockdown = prepare(profile, Limits())          # in the zygote, before it forks
apply(lockdown, workdir, keep_fds=[channel])   # in the child, before the student's first byte
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from grader.lockdown import identity, landlock, layers, limits, seccomp
from grader.lockdown.kernel import LINUX, PR_SET_DUMPABLE, count_threads, prctl
from grader.lockdown.limits import Limits
from grader.lockdown.records import Lockdown, LockdownError, Profile, bounded
from grader.lockdown.steps import Here, Step


def prepare(
    profile: Profile,
    limits: Limits,
    readable: Iterable[Path] = (),
    parent: int | None = None,
) -> Lockdown:
    """Prepare, in the zygote, everything that its children share.

    `readable` names what a sandbox may read besides Python, torch and its work directory. `parent`
    is the process that a sandbox must not outlive; by default, this one.
    """
    paths = [*landlock.python_paths(), *readable]
    uids = identity.uid_range() if profile.promises("identity") else None
    return Lockdown(
        profile=profile,
        limits=bounded(limits, profile),
        fence=landlock.Fence.build(paths) if profile.promises("landlock") else None,
        filter=seccomp.Filter.build() if profile.promises("seccomp") else None,
        neighbours=_neighbours(alone=uids is not None or profile.promises("own users")),
        uids=uids,
        closed=uids is not None and identity.closed_to_strangers(paths),
        parent=parent or os.getpid(),
    )


def apply(
    lockdown: Lockdown, workdir: Path, keep_fds: Iterable[int], counter: int | None = None
) -> None:
    """Apply every layer of the profile to this process, and then try each from inside.

    The process moves to `workdir`, the only place where it can write. Of its open descriptors it
    keeps the standard three and `keep_fds`. `counter` is a socket to a `counted.Counter`. Raises
    `LockdownError` if a layer doesn't hold, or if the process has more than one thread.
    """
    if LINUX and count_threads() != 1:
        raise LockdownError("other threads of this process would stay outside the layers")
    os.chdir(workdir)
    cwd = Path(os.getcwd())  # noqa: PTH109
    here = Here(lockdown, cwd, frozenset({0, 1, 2, *keep_fds}), counter)
    os.environ["TMPDIR"] = tempfile.tempdir = str(here.workdir)
    steps = [step for step in layers.STEPS if lockdown.profile.promises(step.name)]
    for step in steps:
        with _naming(step):
            step.apply(here)
    for step in steps:
        with _naming(step):
            step.check(here)


def lock_down(
    profile: Profile,
    limits: Limits,
    workdir: Path,
    readable: Iterable[Path] = (),
    keep_fds: Iterable[int] = (),
) -> None:
    """Prepare and apply in one go, in a process that was spawned and not forked."""
    apply(prepare(profile, limits, readable, parent=os.getppid()), workdir, keep_fds)


def shield() -> None:
    """Hide this process's memory, environment and descriptors from others of the same user.

    For the judge and the zygote. A sandbox without Landlock could otherwise trace them, or read
    them in /proc; now all of that belongs to root.
    """
    if LINUX:
        prctl(PR_SET_DUMPABLE, 0)


def _neighbours(*, alone: bool) -> int | None:
    """The tasks to add to RLIMIT_NPROC: it counts all of a user's, and root isn't bound by it."""
    if not LINUX:
        return None
    if alone:
        return 0
    return limits.count_tasks(os.getuid()) if os.getuid() else None


@contextmanager
def _naming(step: Step) -> Iterator[None]:
    """Add the layer's name to an error in the body."""
    try:
        yield
    except (OSError, ValueError, LockdownError) as error:
        raise LockdownError(f"{step.name}: {error}") from error
