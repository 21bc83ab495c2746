"""Taps: note each call of a Python function, by whatever name or reference it is called.

A tap exchanges the function's code for a while. So it also sees a call through a name that was
imported earlier, or through an attribute that was looked up in an unusual way.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Iterable
from types import FrameType, FunctionType
from typing import Any

Instead = Callable[..., Any]
"""Called instead of a function: with the function as it was, and the call's arguments."""


class Taps:
    """While open, each tapped function calls `instead(original, *args, **kwargs)`.

    Taps may be opened while others are, on the same functions too; those opened last close first.
    """

    def __init__(self, taps: Iterable[tuple[Any, Instead]]) -> None:
        self._taps: list[_Tap] = []
        self._caches: list[Callable[[], None]] = []
        for tapped, instead in taps:
            function = inspect.unwrap(tapped)  # a decorator's code serves other functions as well
            if isinstance(function, FunctionType):
                self._taps.append(_Tap(function, instead))
                if hasattr(tapped, "cache_clear"):
                    self._caches.append(tapped.cache_clear)

    def open(self) -> None:
        """Let the taps see every call from now on."""
        for tap in self._taps:
            tap.open()
        self._forget()

    def close(self) -> None:
        """Make the functions what they were."""
        for tap in reversed(self._taps):
            tap.close()
        self._forget()

    def _forget(self) -> None:
        """Empty the caches: an answer from one is not a call, and may be from before."""
        for clear in self._caches:
            clear()


class _Tap:
    def __init__(self, function: FunctionType, instead: Instead) -> None:
        code = function.__code__
        self._function = function
        self._original = original = FunctionType(
            code, function.__globals__, code.co_name, function.__defaults__, function.__closure__
        )
        original.__kwdefaults__ = function.__kwdefaults__

        def call(*args: Any, **kwargs: Any) -> Any:
            return instead(original, *args, **kwargs)

        template = _template.__code__
        self._code = template.replace(
            co_consts=tuple(call if c == _PLACEHOLDER else c for c in template.co_consts),
            co_freevars=code.co_freevars,  # a function's code must have as many as its closure has
            co_name=code.co_name,  # name, file and line: `inspect` finds the function's own source
            co_filename=code.co_filename,
            co_firstlineno=code.co_firstlineno,
        )
        _CODES.add(id(self._code))

    def open(self) -> None:
        self._original.__code__ = self._function.__code__
        self._function.__code__ = self._code

    def close(self) -> None:
        self._function.__code__ = self._original.__code__


def asked_by_torch() -> bool:
    """Say, in an `instead`, whether the call of the tapped function comes from torch itself."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        module = str(frame.f_globals.get("__name__"))
        if id(frame.f_code) not in _CODES and not module.startswith(__package__):
            return module.partition(".")[0] == "torch"
        frame = frame.f_back
    return False


_CODES: set[int] = set()  # the codes of all taps, which live as long as the process
_PLACEHOLDER = "the call to make"


def _template(*args: Any, **kwargs: Any) -> Any:
    call: Any = "the call to make"
    return call(*args, **kwargs)
