"""Taps: note each call of a Python function, by whatever name or reference it is called.

A tap exchanges the function's code for a while. So it also sees a call through a name that was
imported earlier, or through an attribute that was looked up in an unusual way.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable
from types import CodeType, FunctionType
from typing import Any

Instead = Callable[..., Any]
"""Called instead of a function: with the function as it was, and the call's arguments."""


class Taps:
    """While open, each tapped function calls `instead(original, *args, **kwargs)`."""

    def __init__(self, taps: Iterable[tuple[Any, Instead]]) -> None:
        self._places: list[tuple[FunctionType, CodeType, CodeType]] = []
        self._caches: list[Callable[[], None]] = []
        for tapped, instead in taps:
            function = inspect.unwrap(tapped)  # without decorators, whose code is shared
            if not isinstance(function, FunctionType):
                continue
            code = function.__code__
            self._places.append((function, code, _code(function, instead)))
            if hasattr(tapped, "cache_clear"):
                self._caches.append(tapped.cache_clear)

    def open(self) -> None:
        """Let the taps see every call from now on."""
        for function, _, tapped in self._places:
            function.__code__ = tapped
        self._forget()

    def close(self) -> None:
        """Make the functions what they were."""
        for function, code, _ in self._places:
            function.__code__ = code
        self._forget()

    def _forget(self) -> None:
        """What a cache answers is not a call, and may be an answer from before."""
        for clear in self._caches:
            clear()


def _code(function: FunctionType, instead: Instead) -> CodeType:
    """Code for `function` that calls `instead`; to `inspect` its source is the function's own."""
    code = function.__code__
    original = FunctionType(
        code, function.__globals__, code.co_name, function.__defaults__, function.__closure__
    )
    original.__kwdefaults__ = function.__kwdefaults__

    def call(*args: Any, **kwargs: Any) -> Any:
        return instead(original, *args, **kwargs)

    template = _template.__code__
    return template.replace(
        co_consts=tuple(call if c == _PLACEHOLDER else c for c in template.co_consts),
        co_freevars=code.co_freevars,  # a function's code must have as many as its closure has
        co_name=code.co_name,
        co_filename=code.co_filename,
        co_firstlineno=code.co_firstlineno,
    )


_PLACEHOLDER = "the call to make"


def _template(*args: Any, **kwargs: Any) -> Any:
    call: Any = "the call to make"
    return call(*args, **kwargs)
