"""Ctrl-C, and what asks a process to end: each ends a command in order, once."""

from __future__ import annotations

import signal
import threading
from types import FrameType
from typing import NoReturn

_NUMBERS = [
    getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)
]


class Stopped(KeyboardInterrupt):
    """The signal `number` asked this process to end."""

    def __init__(self, number: int) -> None:
        super().__init__(f"signal {number}")
        self.exit_code = 128 + number


def stop_once() -> None:
    """Have the first of these signals raise `Stopped`, and any that follows do nothing.

    What is impatiently pressed again would otherwise interrupt the cleaning up.
    """
    if threading.current_thread() is not threading.main_thread():
        return
    heard = [number for number in _NUMBERS if signal.getsignal(number) != signal.SIG_IGN]

    def stop(number: int, frame: FrameType | None) -> NoReturn:
        for each in heard:
            signal.signal(each, signal.SIG_IGN)
        raise Stopped(number)

    for number in heard:  # one that is ignored, as nohup and `&` have it, stays ignored
        signal.signal(number, stop)
