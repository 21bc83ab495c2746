"""Sandboxes forked from a warm process (Linux)."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
from pathlib import Path

import msgspec

from grader.judge.errors import GraderFault
from grader.judge.isolation import Isolation
from grader.judge.output import Output
from grader.judge.sandboxes import (
    START_SECONDS,
    Sandbox,
    cpu_seconds_of,
    devices_of,
    greet,
    in_words,
    remove,
    start,
    work_folder,
)
from grader.lockdown.counted import Counter
from grader.lockdown.limits import Limits
from grader.lockdown.records import bounded
from grader.sandbox.control import PACKET, STUDENT_CODE, Fork, Reap, Reaped
from grader.wire.channel import Channel


class Zygote:
    """The warm process. It is started anew where it has died."""

    def __init__(self, isolation: Isolation) -> None:
        self._isolation = isolation
        self.layers = isolation.profile
        self.place: Path | None = None
        self.lives = 0
        self._begin()

    def _begin(self) -> None:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            self._process = start("grader.sandbox.zygote", theirs)
        self._control = ours
        self._control.settimeout(START_SECONDS)
        self.ask(self._isolation.orders())
        self.lives += 1

    @property
    def profile(self) -> str:
        return self.layers.name

    @property
    def limits(self) -> Limits:
        return bounded(self._isolation.limits, self.layers)

    def ask(self, request: bytes, descriptors: tuple[int, ...] = ()) -> bytes:
        """Send one request, with descriptors, and return its answer.

        Raises `GraderFault` where there is none; the process has ended then, with its children.
        """
        try:
            socket.send_fds(self._control, [request], descriptors)
            answer = self._control.recv(PACKET)
            why = "it ended"
        except OSError as error:
            answer, why = b"", str(error)
        if not answer:
            self._process.kill()
            self._process.wait()
            raise GraderFault(f"the zygote doesn't answer: {why}")
        return answer

    def fork(self, program: str = STUDENT_CODE) -> Sandbox:
        if self._process.poll() is not None:
            self.close()
            self._begin()
        return _Forked(self, program)

    def devices(self) -> frozenset[str]:
        return devices_of(self)

    def close(self) -> None:
        self._control.close()
        try:
            self._process.wait(5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


class _Forked:
    def __init__(self, zygote: Zygote, program: str) -> None:
        self._zygote, self._life = zygote, zygote.lives
        self._pid = 0
        self._folder: Path = work_folder(zygote.place)
        try:
            ours, theirs = socket.socketpair()
            counting, counted = socket.socketpair()
            read, write = os.pipe()
        except OSError as error:
            remove(self._folder)
            raise GraderFault(f"no descriptors left: {error.strerror}") from None
        self.channel = Channel(ours)
        limits = zygote.limits
        counter = Counter(counting, self._folder, limits.scratch_files)
        self.output = Output(read, self._folder, limits, self._kill, counter)
        try:
            with theirs, counted:
                request = msgspec.json.encode(Fork(str(self._folder), program))
                self._pid = int(zygote.ask(request, (theirs.fileno(), write, counted.fileno())))
        except GraderFault:
            remove(self._folder)
            raise
        finally:
            os.close(write)
        greet(self)

    def _kill(self) -> None:
        # Not reaped before `end` asks for it, so the number is still this process's.
        if self._pid:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(self._pid, signal.SIGKILL)

    def cpu_seconds(self) -> float:
        return cpu_seconds_of(self._pid)

    def end(self) -> str:
        pid, self._pid = self._pid, 0
        self.channel.close()
        if not pid:
            return ""
        try:
            return self.output.breach or self._reaped(pid)
        finally:
            remove(self._folder)

    def _reaped(self, pid: int) -> str:
        """How the process ended, in words; '' too where it went with its zygote."""
        if self._zygote.lives == self._life:  # else the number may be another process's by now
            with contextlib.suppress(GraderFault):
                answer = self._zygote.ask(msgspec.json.encode(Reap(pid)))
                ended = msgspec.json.decode(answer, type=Reaped)
                return in_words(ended.status, self._zygote.limits, ended.cpu_seconds)
        self.output.text()  # until it is gone: it could write into its folder
        return ""
