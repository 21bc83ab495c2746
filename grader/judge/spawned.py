"""A new interpreter for each sandbox, where fork is not to be had: slower, less isolated."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

from grader.judge.isolation import Isolation
from grader.judge.output import Output
from grader.judge.sandboxes import (
    Sandbox,
    cpu_seconds_of,
    devices_of,
    greet,
    in_words,
    remove,
    start,
    work_folder,
)
from grader.lockdown.limits import Limits
from grader.lockdown.records import bounded
from grader.sandbox.control import STUDENT_CODE
from grader.wire.channel import Channel


class Spawner:
    """Starts sandboxes on any system."""

    def __init__(self, isolation: Isolation) -> None:
        self._isolation = isolation
        self.place: Path | None = None
        self.layers = isolation.profile

    @property
    def profile(self) -> str:
        return f"{self.layers.name}, spawned"

    @property
    def limits(self) -> Limits:
        return bounded(self._isolation.limits, self.layers)

    def fork(self, program: str = STUDENT_CODE) -> Sandbox:
        return _Spawned(self._isolation, self.limits, self.place, program)

    def devices(self) -> frozenset[str]:
        return devices_of(self)

    def close(self) -> None:
        """Nothing is kept between sandboxes."""


class _Spawned:
    def __init__(
        self, isolation: Isolation, limits: Limits, place: Path | None, program: str
    ) -> None:
        self._limits = limits
        self._folder: Path = work_folder(place)
        ours, theirs = socket.socketpair()
        self.channel = Channel(ours)
        orders = isolation.orders().decode()
        with theirs:
            self._process = start(
                "grader.sandbox.spawned",
                theirs,
                str(self._folder),
                program,
                orders,
                stdout=subprocess.PIPE,
            )
        assert self._process.stdout is not None
        descriptor = os.dup(self._process.stdout.fileno())
        self._process.stdout.close()
        self.output = Output(descriptor, self._folder, self._limits, self._process.kill)
        greet(self)

    def cpu_seconds(self) -> float:
        return cpu_seconds_of(self._process.pid)

    def end(self) -> str:
        self.channel.close()
        self._process.kill()  # if it has ended by itself, its status is its own all the same
        status = self._process.wait()
        remove(self._folder)
        if self.output.breach:
            return self.output.breach
        if sys.platform == "win32":
            return f"ended the process with exit code {status}"
        return in_words(-status if status < 0 else status << 8, self._limits)
