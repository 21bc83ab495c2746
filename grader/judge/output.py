"""What a sandbox prints, and what it leaves in its work folder: drained, watched and capped."""

from __future__ import annotations

import contextlib
import os
import select
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

from grader.lockdown.counted import Counter
from grader.lockdown.limits import Limits, in_units, outgrown

KEPT_BYTES = 64 << 10
WATCH_SECONDS = 0.1


class Output:
    """Reads until the last writer is gone; keeps the first `KEPT_BYTES`, counts the rest.

    `breach`: the limit that was exceeded, in words; then the sandbox has been killed.
    """

    def __init__(
        self,
        descriptor: int,
        folder: Path,
        limits: Limits,
        kill: Callable[[], None],
        counter: Counter | None = None,
    ) -> None:
        self._folder, self._limits, self._kill = folder, limits, kill
        self._counter = counter
        self._kept = bytearray()
        self._size = 0
        self._next_look = 0.0
        self.breach = ""
        self._thread = threading.Thread(target=self._drain, args=(descriptor,), daemon=True)
        self._thread.start()

    def text(self) -> str:
        """What was printed. Ask for it when the sandbox has ended."""
        self._thread.join(timeout=1)
        text = bytes(self._kept).decode("utf-8", "replace")
        left = self._size - len(self._kept)
        return text if left <= 0 else f"{text}\n[… and {left:,} more bytes]"

    def _drain(self, descriptor: int) -> None:
        with contextlib.suppress(OSError):
            while not self.breach:
                if self._readable(descriptor):
                    data = os.read(descriptor, 1 << 16)
                    if not data:
                        break
                    self._kept += data[: max(0, KEPT_BYTES - len(self._kept))]
                    self._size += len(data)
                self._look()
        os.close(descriptor)
        if self._counter is not None:
            self._counter.close()

    def _readable(self, descriptor: int) -> bool:
        """Wait for something to read, at most until the next look at the folder."""
        if sys.platform == "win32":  # select takes only sockets there
            return True
        waiting: list[int] = [descriptor]
        if self._counter is not None and self._counter.fileno() >= 0:
            waiting.append(self._counter.fileno())
        ready = select.select(waiting, [], [], WATCH_SECONDS)[0]
        if self._counter is not None and self._counter.fileno() in ready:
            self._counter.answer()
        return descriptor in ready

    def _look(self) -> None:
        started = time.monotonic()
        if self._size > self._limits.output_bytes:
            self.breach = f"printed more than {in_units(self._limits.output_bytes)}"
        elif started >= self._next_look:
            self.breach = outgrown(self._folder, self._limits)
            # Looking through many files takes long: spend at most a tenth of the time on it.
            took = time.monotonic() - started
            self._next_look = started + max(WATCH_SECONDS, 10 * took)
        if self.breach:
            self._kill()
