"""Start sandboxes, read what they print, and learn how they ended."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Protocol

import msgspec

import grader
from grader.messages.channel import Channel
from grader.messages.errors import BoundaryError
from grader.messages.structs import Raised
from grader.sandbox.control import PACKET, Ended, Fork, Reap

KEPT_OUTPUT = 64 << 10
OUTPUT_LIMIT = 64 << 20
START_SECONDS = 120


class GraderFault(Exception):
    """Something of ours broke: never charged to a student."""


class Output:
    """Drains what a sandbox prints: keeps the first `KEPT_OUTPUT` bytes, counts the rest."""

    def __init__(self, descriptor: int) -> None:
        self._kept = bytearray()
        self.size = 0
        self.on_flood = lambda: None
        self._thread = threading.Thread(target=self._drain, args=(descriptor,), daemon=True)
        self._thread.start()

    def _drain(self, descriptor: int) -> None:
        with contextlib.suppress(OSError):
            while data := os.read(descriptor, 1 << 16):
                self._kept += data[: max(0, KEPT_OUTPUT - len(self._kept))]
                self.size += len(data)
                if self.size > OUTPUT_LIMIT:
                    self.on_flood()
                    break
        os.close(descriptor)

    def text(self) -> str:
        """What was printed; to be asked for when the sandbox has ended."""
        self._thread.join(timeout=1)
        text = bytes(self._kept).decode("utf-8", "replace")
        left = self.size - len(self._kept)
        return text if left <= 0 else f"{text}\n[… and {left:,} more bytes]"


class Sandbox(Protocol):
    """A process that runs one submission."""

    channel: Channel
    output: Output

    def end(self) -> str:
        """Kill it with all that it started; how it had ended by itself, in words, or ''."""


class Zygote:
    """The warm process, and the sandboxes forked from it (Linux)."""

    def __init__(self) -> None:
        self._begin()

    def _begin(self) -> None:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            self._process = _start("grader.sandbox.zygote", theirs)
        self._control = ours
        self._control.settimeout(START_SECONDS)
        self._ask(b"", expect=b"ready")

    def _ask(self, request: bytes, *, expect: bytes = b"", fds: tuple[int, ...] = ()) -> bytes:
        try:
            if request:
                socket.send_fds(self._control, [request], fds)
            answer = self._control.recv(PACKET)
        except OSError as error:
            raise GraderFault(f"the zygote doesn't answer: {error}") from None
        if not answer or not answer.startswith(expect):
            raise GraderFault("the zygote ended")
        return answer

    def fork(self) -> Sandbox:
        """A fresh sandbox. Raises `GraderFault` where there can't be one."""
        if self._process.poll() is not None:
            self.close()
            self._begin()
        return _Forked(self)

    def close(self) -> None:
        self._control.close()
        try:
            self._process.wait(5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


class _Forked:
    def __init__(self, zygote: Zygote) -> None:
        self._zygote = zygote
        self._folder = Path(tempfile.mkdtemp(prefix="torchgrade-"))
        ours, theirs = socket.socketpair()
        read, write = os.pipe()
        self.channel = Channel(ours)
        self.output = Output(read)
        self.output.on_flood = self._kill
        self._pid: int | None = None
        try:
            with theirs:
                request = msgspec.json.encode(Fork(str(self._folder)))
                self._pid = int(zygote._ask(request, fds=(theirs.fileno(), write)))
        finally:
            os.close(write)
        _greet(self)

    def _kill(self) -> None:
        if self._pid is not None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self._pid, signal.SIGKILL)

    def end(self) -> str:
        pid, self._pid = self._pid, None
        self.channel.close()
        if pid is None:
            return ""
        try:
            answer = self._zygote._ask(msgspec.json.encode(Reap(pid)))
            return in_words(msgspec.json.decode(answer, type=Ended).status, self.output.size)
        finally:
            shutil.rmtree(self._folder, ignore_errors=True)


class Spawner:
    """A new interpreter for each sandbox, where fork is not to be had."""

    def fork(self) -> Sandbox:
        return _Spawned()

    def close(self) -> None:
        """Nothing is kept."""


class _Spawned:
    def __init__(self) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="torchgrade-"))
        ours, theirs = socket.socketpair()
        self.channel = Channel(ours)
        with theirs:
            self._process = _start(
                "grader.sandbox.spawned", theirs, str(self._folder), stdout=subprocess.PIPE
            )
        assert self._process.stdout is not None
        self.output = Output(os.dup(self._process.stdout.fileno()))
        self._process.stdout.close()
        self.output.on_flood = self._process.kill
        _greet(self)

    def end(self) -> str:
        self.channel.close()
        status = self._process.poll()
        self._process.kill()
        self._process.wait()
        shutil.rmtree(self._folder, ignore_errors=True)
        if status is None:
            return ""
        return in_words(-status if status < 0 else status << 8, self.output.size)


def _greet(sandbox: Sandbox) -> None:
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


def _start(
    module: str, sock: socket.socket, *args: str, stdout: int | None = None
) -> subprocess.Popen[bytes]:
    """Run a module of `grader.sandbox` with one end of a socket, in a clean environment."""
    root = str(Path(grader.__file__).parents[1])
    code = (
        f"import sys; sys.path.insert(0, {root!r}); sys.argv[0] = {module!r}; "
        f"import runpy; runpy.run_module({module!r}, run_name='__main__')"
    )
    environment = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
    environment |= {k: os.environ[k] for k in ("SYSTEMROOT", "LD_LIBRARY_PATH") if k in os.environ}
    command = [sys.executable, "-I", "-X", "utf8", "-c", code]
    if sys.platform == "win32":
        process = subprocess.Popen(
            [*command, "shared", *args], env=environment, stdin=subprocess.PIPE, stdout=stdout,
            stderr=subprocess.STDOUT if stdout else None,
        )  # fmt: skip
        assert process.stdin is not None
        process.stdin.write(sock.share(process.pid))
        process.stdin.close()
        return process
    return subprocess.Popen(
        [*command, str(sock.fileno()), *args],
        env=environment,
        pass_fds=[sock.fileno()],
        stdin=subprocess.DEVNULL,
        stdout=stdout,
        stderr=subprocess.STDOUT if stdout else None,
        start_new_session=True,
    )


def in_words(status: int, printed: int = 0) -> str:
    """A wait status in words that a student can act on; '' for one that we killed."""
    if printed > OUTPUT_LIMIT:
        return f"printed more than {OUTPUT_LIMIT >> 20} MiB"
    if os.WIFEXITED(status):
        return f"ended the process with exit code {os.WEXITSTATUS(status)}"
    number = os.WTERMSIG(status)
    if number == signal.SIGKILL:
        return ""
    if number == getattr(signal, "SIGXCPU", None):
        return "used more CPU time than allowed"
    return f"was ended by signal {signal.Signals(number).name}"
