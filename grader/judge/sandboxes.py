"""What all sandboxes have in common, whatever started them."""

from __future__ import annotations

import contextlib
import itertools
import os
import secrets
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Protocol

import grader
from grader.judge.errors import GraderFault
from grader.judge.isolation import data_folder
from grader.judge.output import Output
from grader.lockdown.limits import Limits, in_units
from grader.lockdown.records import Profile
from grader.sandbox.control import STUDENT_CODE
from grader.wire.channel import Channel
from grader.wire.errors import BoundaryError
from grader.wire.structs import Devices, List, Raised, Returned

START_SECONDS = 120


class Sandbox(Protocol):
    """A process that runs one submission."""

    channel: Channel
    output: Output

    def cpu_seconds(self) -> float:
        """The processor time that it has used; where that is unknown, the time on the clock."""

    def end(self) -> str:
        """Kill it and all that it started. If it had ended by itself, say how, in words; or ''."""


class Forker(Protocol):
    """Where sandboxes come from."""

    layers: Profile
    place: Path | None
    """The folder for work folders; None for the folder of temporary files."""

    @property
    def profile(self) -> str:
        """The name of the isolation that its sandboxes have."""

    @property
    def limits(self) -> Limits: ...

    def fork(self, program: str = STUDENT_CODE) -> Sandbox:
        """A fresh sandbox that runs `program`. Raises `GraderFault` where there can't be one."""

    def devices(self) -> frozenset[str]:
        """The kinds of devices besides the CPU ("cuda", "mps") that its sandboxes can use."""

    def close(self) -> None: ...


def devices_of(forker: Forker) -> frozenset[str]:
    """Ask one sandbox which of this machine's devices it can use, locked down as it is."""
    import torch  # it takes seconds, and a command itself doesn't need it

    here = {"cuda": torch.cuda.device_count() > 0, "mps": torch.backends.mps.is_available()}
    if not any(here.values()):
        return frozenset()
    sandbox = forker.fork()
    try:
        sandbox.channel.send(Devices())
        sandbox.channel.deadline = time.monotonic() + START_SECONDS
        reply, _ = sandbox.channel.receive()
        value = reply.value if isinstance(reply, Returned) else None
        usable = value.items if isinstance(value, List) else []
    except BoundaryError:  # if the driver ends the sandbox, it can't be used in one
        usable = []
    finally:
        sandbox.end()
    return frozenset(kind for kind in here if here[kind] and kind in usable)


def work_folder(place: Path | None) -> Path:
    """A new empty folder for one sandbox, in `place` or among the temporary files.

    Raises `GraderFault` on a full or read-only disk.
    """
    try:
        return Path(tempfile.mkdtemp(prefix="torchgrade-", dir=place))
    except OSError as error:
        raise GraderFault(f"no work folder can be made: {error.strerror}") from None


def remove(folder: Path) -> None:
    """Remove a work folder, whatever lies in it.

    Folders may be nested more deeply than a path or recursion can go, and their owner may not be
    allowed to read them. So each is made readable and moved to the top before it is emptied.
    """
    names = (f"{secrets.token_hex(8)}-{number}" for number in itertools.count())
    waiting = [folder]
    while waiting:
        current = waiting.pop()
        with contextlib.suppress(OSError):
            current.chmod(0o700)
            for entry in list(os.scandir(current)):
                with contextlib.suppress(OSError):
                    if not entry.is_dir(follow_symlinks=False):
                        os.unlink(entry.path)  # noqa: PTH108
                    else:
                        os.chmod(entry.path, 0o700)  # noqa: PTH101
                        waiting.append(Path(entry.path).rename(folder / next(names)))
            if current != folder:
                current.rmdir()
    with contextlib.suppress(OSError):
        folder.rmdir()


def greet(sandbox: Sandbox) -> None:
    """Wait until the sandbox says that it is ready, which is before any student code runs."""
    sandbox.channel.deadline = time.monotonic() + START_SECONDS
    try:
        hello, _ = sandbox.channel.receive()
    except BoundaryError as error:
        sandbox.end()
        said = sandbox.output.text().strip().splitlines()
        raise GraderFault(f"a sandbox didn't start: {said[-1] if said else error}") from None
    if isinstance(hello, Raised):
        sandbox.end()
        raise GraderFault(f"a sandbox refused to start: {hello.message}")


def start(
    module: str, sock: socket.socket, *args: str, stdout: int | None = None
) -> subprocess.Popen[bytes]:
    """Run a module of `grader.sandbox` with one end of a socket, in a clean environment.

    Garbage collection is off until the module calls `gc.enable`: imports leave no garbage.
    """
    root = str(Path(grader.__file__).parents[1])
    code = (
        "import gc; gc.disable(); "
        f"import sys; sys.path.insert(0, {root!r}); import grader; del sys.path[0]; "
        f"import runpy; runpy.run_module({module!r}, run_name='__main__', alter_sys=True)"
    )
    environment = {
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
        "MKL_NUM_THREADS": "1",
        # Have glibc keep freed memory: or each call would get the pages of large arguments anew.
        "MALLOC_TRIM_THRESHOLD_": str(256 << 20),
        "MALLOC_MMAP_THRESHOLD_": str(32 << 20),
        # Unwritten memory holds bytes of 0x7e: an answer that leaves parameters as `torch.empty`
        # made them would be right where it happens to hold zeros.
        "MALLOC_PERTURB_": str(0xFF ^ 0x7E),
        "TORCHGRADE_DATA": str(data_folder()),
        "HOME": tempfile.gettempdir(),
        "USER": "student",
    }
    for name in ("SYSTEMROOT", "LD_LIBRARY_PATH", "CUDA_VISIBLE_DEVICES"):
        if name in os.environ:
            environment[name] = os.environ[name]
    command = [sys.executable, "-I", "-X", "utf8", "-c", code]
    try:
        if sys.platform == "win32":
            process = subprocess.Popen(
                [*command, "shared", *args],
                env=environment,
                stdin=subprocess.PIPE,
                stdout=stdout or subprocess.DEVNULL,
                stderr=subprocess.STDOUT if stdout else None,
            )
            assert process.stdin is not None
            process.stdin.write(sock.share(process.pid))
            process.stdin.close()
            return process
        return subprocess.Popen(
            [*command, str(sock.fileno()), *args],
            env=environment,
            pass_fds=[sock.fileno()],
            stdin=subprocess.DEVNULL,
            stdout=stdout or subprocess.DEVNULL,
            stderr=subprocess.STDOUT if stdout else subprocess.DEVNULL,
            start_new_session=True,
        )
    except OSError as error:
        raise GraderFault(f"no process can be started: {error.strerror}") from None


def cpu_seconds_of(pid: int) -> float:
    """The processor time of a process; the time on the clock where the system doesn't tell."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    except (OSError, ValueError, IndexError):
        return time.monotonic()


def in_words(status: int, limits: Limits, cpu_seconds: float = 0) -> str:
    """A wait status in words that a student can act on; '' if somebody else ended the process."""
    if os.WIFEXITED(status):
        return f"ended the process with exit code {os.WEXITSTATUS(status)}"
    number = os.WTERMSIG(status)
    # One that ignores SIGXCPU is killed a second later.
    if number == getattr(signal, "SIGXCPU", None) or cpu_seconds >= limits.cpu_seconds:
        return f"used more than {limits.cpu_seconds} s of processor time"
    if number == getattr(signal, "SIGXFSZ", None):
        return f"wrote a file of more than {in_units(limits.file_bytes)}"
    if number in (signal.SIGTERM, getattr(signal, "SIGKILL", None)):
        return ""
    try:
        return f"was ended by signal {signal.Signals(number).name}"
    except ValueError:  # a real-time signal has no name
        return f"was ended by signal {number}"
