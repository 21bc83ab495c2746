"""Processes that wait with torch imported, so that a run begins at once, in a fresh one."""

from __future__ import annotations

import contextlib
import json
import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from grader.student.watch.spare import FORKS, serve

WAITING = 1 if FORKS else 2  # where a run uses up its process, two saves in a row find one each
Tell = Callable[["Spare", list[Any]], None]


class Spare:
    """One process. It reports what happens in it through `tell`, from a thread of its own."""

    def __init__(self, tell: Tell) -> None:
        context = multiprocessing.get_context("spawn")
        self._connection, theirs = context.Pipe()
        self.process = context.Process(target=serve, args=(theirs,), daemon=True)
        self.process.start()
        theirs.close()
        self.ready = False
        self.child = 0  # the fork that does the run, where there is one
        self._doomed = False
        self._tell = tell
        threading.Thread(target=self._listen, daemon=True).start()

    def run(self, suite: Path, tests: Sequence[str], columns: int) -> None:
        """Run these test functions."""
        self.ready = False
        job = {"suite": str(suite), "tests": list(tests), "columns": columns}
        self._connection.send_bytes(json.dumps(job).encode())

    def go_on(self) -> None:
        """The terminal is the process's now."""
        self._connection.send_bytes(b"")

    def stop(self) -> None:
        """End the run, whatever it does."""
        self._doomed = True
        if self.child:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.child, signal.SIGKILL)
        elif not FORKS:
            self.process.kill()

    def heard(self, kind: str, *rest: Any) -> list[Any]:
        """Take note of a message; what it means for the run."""
        if kind == "pid":
            self.child = int(rest[0])
            if self._doomed:
                self.stop()
        elif kind in ("ready", "reaped"):
            self.ready, self.child, self._doomed = True, 0, False
        return ["died", _why(rest[0])] if kind in ("reaped", "gone") else [kind, *rest]

    def _listen(self) -> None:
        try:
            while True:
                self._tell(self, json.loads(self._connection.recv_bytes()))
        except (EOFError, OSError, ValueError):
            self.process.join()
            self._tell(self, ["gone", self.process.exitcode])


class Spares:
    """Keeps `WAITING` of them; they get ready one after the other."""

    def __init__(self, tell: Tell) -> None:
        self._tell = tell
        self._all: list[Spare] = []

    def fill(self) -> None:
        """Start one more where one is missing and none is getting ready."""
        self._all = [spare for spare in self._all if spare.process.is_alive()]
        if len(self._all) < WAITING:
            self._all.append(Spare(self._tell))

    def take(self) -> Spare | None:
        """One that is ready; None where none is yet."""
        self.fill()
        return next((spare for spare in self._all if spare.ready), None)

    def close(self) -> None:
        for spare in self._all:
            spare.stop()
            spare.process.kill()


def _why(code: int | None) -> str:
    """Why a process ended before its run did."""
    if code is not None and code < 0:
        name = signal.Signals(-code).name
        return f"Python itself died ({name}) while it ran your code."
    return f"Your code ended Python (exit code {code}). Take that call out."
