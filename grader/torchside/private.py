"""The private names of torch that this package depends on. Nothing else in `grader` uses others.

Tried with torch 2.13; pyproject.toml keeps torch below the first release that wasn't tried.

| private name of torch | used in, for | in a torch without it |
| --- | --- | --- |
| `torch.autograd.profiler._prepare_profiler`, `_enable_profiler`, `_disable_profiler` | here, for `ran`: operators and nodes | importing this fails |
| `_ExperimentalConfig(profile_all_threads=)` | here, for `ran`: every thread | only the thread that calls is observed |
| `torch.autograd.Variable._execution_engine` | `ran`: passes of autograd | entering `Ran` fails |
"""  # noqa: E501

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch.autograd import profiler

_torch: Any = profiler  # its private names have no types
_FUNCTIONS = "_prepare_profiler", "_enable_profiler", "_disable_profiler"
_prepare, _enable, _disable = (getattr(_torch, name) for name in _FUNCTIONS)
_USER_SCOPE = 7  # RecordScope::USER_SCOPE: what `record_function` announces
_START, _END = "grader: start", "grader: end"


class Profiler:
    """torch's profiler, kept on while the code that it observes may use profilers of its own.

    `saw(name)` is called for each operator and each node of autograd, when the profiler stops.
    """

    def __init__(self, saw: Callable[[str], None]) -> None:
        self._saw = saw
        self._running = False
        self._complete = True

    def start(self) -> None:
        """Begin to observe this thread, and all others where torch can."""
        self._resume()
        # Torch has room for one profiler. When the observed code starts one, ours makes room.
        instead = self._prepare, self._enable, self._disable
        for name, function in zip(_FUNCTIONS, instead, strict=True):
            setattr(_torch, name, function)

    def stop(self) -> bool:
        """Report what was seen; return False if someone stopped the profiler in between."""
        complete = self._running
        self._pause()
        for name, real in zip(_FUNCTIONS, (_prepare, _enable, _disable), strict=True):
            setattr(_torch, name, real)
        return complete and self._complete

    def _resume(self) -> None:
        with _quiet():
            settings, activities = _settings()
            _prepare(settings, activities)
            _enable(settings, activities)
        self._running = True
        _mark(_START)

    def _pause(self) -> None:
        if self._running:
            _mark(_END)
            self._running = False
            marks = self._report(_disable())
            self._complete &= marks == [_START, _END]

    def _report(self, result: Any) -> list[str]:
        marks = []
        for event in result.events() if result is not None else ():
            name = event.name()
            if event.scope() != _USER_SCOPE:
                self._saw(name)
            elif name in (_START, _END):
                marks.append(name)
        return marks

    def _prepare(self, *args: Any, **kwargs: Any) -> Any:
        self._pause()
        return _prepare(*args, **kwargs)

    def _enable(self, *args: Any, **kwargs: Any) -> Any:
        self._pause()
        return _enable(*args, **kwargs)

    def _disable(self, *args: Any, **kwargs: Any) -> Any:
        result = _disable(*args, **kwargs)
        self._report(result)
        self._resume()
        return result


def _settings() -> tuple[Any, Any]:
    """The profiler's settings and activities: operators on the CPU, in every thread."""
    try:
        threads = torch._C._profiler._ExperimentalConfig(profile_all_threads=True)
    except TypeError:
        threads = torch._C._profiler._ExperimentalConfig()
    profile: Any = profiler.profile(experimental_config=threads)
    return profile.config(), profile.kineto_activities


def _mark(name: str) -> None:
    with profiler.record_function(name):
        pass


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep Kineto, the profiler's library, from writing to stderr; it reads this only once."""
    level = os.environ.get("KINETO_LOG_LEVEL")
    os.environ["KINETO_LOG_LEVEL"] = level or "9"
    try:
        yield
    finally:
        if level is None:
            del os.environ["KINETO_LOG_LEVEL"]
