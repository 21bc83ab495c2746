"""The keyboard, a key at a time, on every system."""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Callable
from typing import Any

WAIT = 0.05  # seconds for which a look at the keyboard waits
SEQUENCES = {"\x1b[A": "up", "\x1b[B": "down", "\x1bOA": "up", "\x1bOB": "down"}
NAMES = {"\r": "enter", "\n": "enter", "\x1b": "escape", "\x7f": "backspace", "\x08": "backspace"}
WINDOWS = {"H": "up", "P": "down"}


class Keyboard:
    """Reads keys in a thread and tells them, until it is let go of."""

    def __init__(self, tell: Callable[[str], None]) -> None:
        self._tell = tell
        self._keys: Any = _WindowsKeys() if os.name == "nt" else _PosixKeys()
        self._wanted, self._idle = threading.Event(), threading.Event()
        self.take_back()
        threading.Thread(target=self._read, daemon=True).start()

    def let_go(self) -> None:
        """Leave the terminal as it was: another process may read from it."""
        self._wanted.clear()
        self._idle.wait(1)
        self._keys.give_back()

    def take_back(self) -> None:
        """Read keys, from now on or again."""
        self._keys.take()
        self._idle.clear()
        self._wanted.set()

    def _read(self) -> None:
        while True:
            if not self._wanted.is_set():
                self._idle.set()
                self._wanted.wait()
            for key in self._keys.look():
                self._tell(key)


def named(typed: str) -> list[str]:
    """What was typed, key by key: "a", "up", "enter"."""
    if typed in SEQUENCES:
        return [SEQUENCES[typed]]
    if typed.startswith("\x1b") and len(typed) > 1:
        return []  # a key that means nothing here
    return [NAMES.get(key, key) for key in typed]


class _PosixKeys:
    def __init__(self) -> None:
        import termios

        self._number = sys.stdin.fileno()
        self._before = termios.tcgetattr(self._number)

    def take(self) -> None:
        import tty

        tty.setcbreak(self._number)

    def give_back(self) -> None:
        import termios

        termios.tcsetattr(self._number, termios.TCSADRAIN, self._before)

    def look(self) -> list[str]:
        import select

        if not select.select([self._number], [], [], WAIT)[0]:
            return []
        return named(os.read(self._number, 64).decode("utf-8", "ignore"))


class _WindowsKeys:
    def take(self) -> None:
        os.system("")  # lets the console understand escape sequences

    def give_back(self) -> None:
        pass

    def look(self) -> list[str]:
        console: Any = __import__("msvcrt")
        if not console.kbhit():
            time.sleep(WAIT)  # a console has nothing to wait for
            return []
        key = console.getwch()
        if key in ("\x00", "\xe0"):
            return [WINDOWS[code] for code in [console.getwch()] if code in WINDOWS]
        if key == "\x03":
            import _thread

            _thread.interrupt_main()
            return []
        return named(key)
