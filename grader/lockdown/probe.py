"""Find out what isolation this machine gives, by trying every layer in a child process."""

from __future__ import annotations

import os
import select
import signal
import socket
import sys
import tempfile
import warnings
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from grader.lockdown import layers
from grader.lockdown.apply import apply, prepare
from grader.lockdown.counted import Counter
from grader.lockdown.kernel import LINUX
from grader.lockdown.limits import Limits
from grader.lockdown.records import Layer, Profile
from grader.lockdown.steps import Step

_known: list[Profile] = []


def machine_profile() -> Profile:
    """What this machine can do: tried once in a process, unless it was told (see `remember`)."""
    if not _known:
        remember(probe())
    return _known[0]


def remember(profile: Profile) -> None:
    """Use what another process has found out about this machine."""
    _known[:] = [profile]


def probe() -> Profile:
    """What this machine can do. Each layer is really applied, in a child of its own."""
    layers_here: dict[str, Layer] = {}
    for step in layers.STEPS:
        layers_here[step.name] = _layer(step, layers_here)
    found = tuple(layers_here.values())
    if not LINUX:
        return Profile({"darwin": "macos", "win32": "windows"}.get(sys.platform, "none"), found)
    if any(layer.status == "missing" for layer in found):
        return Profile("linux-partial", found)
    return Profile("linux-full" if os.getuid() else "linux-root-full", found)


def _layer(step: Step, before: Mapping[str, Layer]) -> Layer:
    """The state of one layer here. `before`: the layers tried already, by name."""
    if sys.platform == "win32" or not (LINUX or step.everywhere):
        system = {"darwin": "macOS", "win32": "Windows"}.get(sys.platform, sys.platform)
        why = f"there is no such layer on {system}"
        return Layer(step.name, step.gives, "missing", why, step.remedy)
    if why := step.unneeded():
        return Layer(step.name, step.gives, "not needed", why)
    if step.stand_in_for and before[step.stand_in_for].status == "on":
        return Layer(step.name, step.gives, "not needed", f"it has its {step.stand_in_for}")
    # macOS can't fork safely once its system frameworks are in use; the layers there are POSIX.
    why = _trial(step) if LINUX else ""
    if why and step.optional:
        return Layer(step.name, step.gives, "not needed", f"{why}; {step.optional}", step.remedy)
    if why:
        return Layer(step.name, step.gives, "missing", why, step.remedy)
    return Layer(step.name, step.gives, "on")


def _trial(step: Step) -> str:
    """Apply and check one layer in a child: why it doesn't hold, or '' if it does."""
    promise = Profile("trial", (Layer(step.name, step.gives, "on"),))
    with tempfile.TemporaryDirectory(prefix="torchgrade-probe-") as workdir:
        parent = os.getpid()
        reader, writer = os.pipe()
        ours, theirs = socket.socketpair()
        counter = Counter(ours, Path(workdir), 1)
        with warnings.catch_warnings():
            # Python warns about a fork beside threads. The child waits for no other thread.
            warnings.simplefilter("ignore", DeprecationWarning)
            child = os.fork()
        if child == 0:
            try:
                lockdown = prepare(promise, Limits(), parent=parent)
                apply(lockdown, Path(workdir), [writer], theirs.detach())
                os.write(writer, b"holds")
            except BaseException as error:
                os.write(writer, str(error).encode())
            finally:
                os._exit(0)
        os.close(writer)
        theirs.close()
        ready = [-1]
        while ready and reader not in ready:
            waiting = [fd for fd in (reader, counter.fileno()) if fd >= 0]
            ready, _, _ = select.select(waiting, [], [], 30)
            if counter.fileno() in ready:
                counter.answer()
        counter.close()
        answer = os.read(reader, 4096).decode() if ready else "it hangs"
        os.close(reader)
        with suppress(ProcessLookupError):
            os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
    return "" if answer == "holds" else answer or "it kills the process"
