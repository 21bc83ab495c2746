"""The private names of torch that `grader` depends on.

Tried with torch 2.13. pyproject.toml keeps torch below the first release that wasn't tried; to
raise that bound, run the tests of `tests/torchside` with the new one and say so here.

From `torch.autograd.profiler` and `torch.autograd`, used here, for `grader.torchside.ran`:
`_prepare_profiler`, `_enable_profiler`, `_disable_profiler`, `profile.config`,
`_ExperimentalConfig(profile_all_threads=)` (an older torch lacks it: then only the thread that
calls is observed), `Variable._execution_engine`.

For the simulated accelerator, in `grader.torchside.accelerator`: `_make_wrapper_subclass`,
`_disabled_torch_function_impl`, `_set_multithreading_enabled`,
`_rebuild_device_tensor_from_cpu_tensor`, `__tensor_flatten__` and `__tensor_unflatten__`,
`_is_in_bad_fork` on a device's module, `torch.utils.data._utils.collate.default_collate_fn_map`
(which the documentation tells to extend), the operator ``aten::_copy_from``, and
`_setup_privateuseone_for_python_backend` (a torch without it gets the ``meta`` device instead),
and the module `torch.distributed.tensor`, which torch asks about its `DTensor`.

For `grader.torchside.eager`: `torch._dynamo` and its `compiled_autograd._disable`; the wrappers of
`torch._compile`, and those called `_use_grad`, around methods of optimizers (where a torch has
others, they stay).

Elsewhere: the module's name `torch._dynamo` in `grader.torchside.ran`; `Module._parameters`,
`_buffers`, `_modules` in `grader.sandbox.objects` and `grader.judge.proxies`;
`torch._C.DisableTorchFunctionSubclass` and `Tensor._make_subclass` in `grader.judge.live`.
"""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any

import torch
from torch.autograd import profiler

_torch: Any = profiler  # its private names have no types
_FUNCTIONS = "_prepare_profiler", "_enable_profiler", "_disable_profiler"
_prepare, _enable, _disable = (getattr(_torch, name) for name in _FUNCTIONS)
_USER_SCOPE = 7  # RecordScope::USER_SCOPE: what `record_function` announces
_Variable: Any = torch.autograd.Variable
_engine: Any = _Variable._execution_engine
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
            with _quiet():
                result = _disable()
            marks = self._report(result)
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


class _InPlaceOfTheEngine:
    """While open, passes of autograd that start in Python go through `run_backward`."""

    def open(self) -> None:
        """Stand in for the engine that is there."""
        self._engine = _Variable._execution_engine
        _Variable._execution_engine = self

    def close(self) -> None:
        """Put that engine back."""
        _Variable._execution_engine = self._engine

    def __getattr__(self, name: str) -> Any:
        return getattr(_engine, name)


class PassCounter(_InPlaceOfTheEngine):
    """While open, `saw()` is called for each pass of autograd that starts in Python."""

    def __init__(self, saw: Callable[[], None]) -> None:
        self._saw = saw

    def run_backward(self, *args: Any, **kwargs: Any) -> Any:
        """Count a pass, and leave it to the engine, as everything else."""
        self._saw()
        return self._engine.run_backward(*args, **kwargs)


class Steepener(_InPlaceOfTheEngine):
    """While open, all gradients are `factor` times as large."""

    def __init__(self, factor: float) -> None:
        self._factor = factor

    def run_backward(self, outputs: Any, gradients: Any, *args: Any, **kwargs: Any) -> Any:
        """Have a pass start from larger gradients."""
        larger = tuple(None if g is None else g * self._factor for g in gradients)
        return self._engine.run_backward(outputs, larger, *args, **kwargs)


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
    """Keep Kineto, the profiler's library, from writing among what students print.

    No setting covers all that it says, so stderr leads nowhere meanwhile.
    """
    try:
        kept = os.dup(2)
    except OSError:  # it was closed
        yield
        return
    try:
        nowhere = os.open(os.devnull, os.O_WRONLY)
    except OSError:  # in a sandbox: a pipe that nobody reads
        reader, nowhere = os.pipe()
        os.close(reader)
    os.dup2(nowhere, 2)
    os.close(nowhere)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)


# -- for the simulated accelerator ----------------------------------------------------------------

disabled_torch_function: Any = torch._C._disabled_torch_function_impl
set_multithreaded_autograd: Any = torch._C._set_multithreading_enabled
wrapper_tensor: Any = torch.Tensor._make_wrapper_subclass
collate: dict[Any, Any] = torch.utils.data._utils.collate.default_collate_fn_map
tensor_from_its_copy_on_the_cpu: Any = torch._utils._rebuild_device_tensor_from_cpu_tensor


_DISTRIBUTED = "torch.distributed.tensor"


class _AsDTensor(type):
    """Makes a class that stands for `DTensor`, if and when that is imported."""

    def __instancecheck__(cls, instance: object) -> bool:
        real = getattr(sys.modules.get(_DISTRIBUTED), "DTensor", cls)
        return real is not cls and isinstance(instance, real)

    def __getattr__(cls, name: str) -> Any:
        return getattr(importlib.import_module(_DISTRIBUTED).DTensor, name)


@contextmanager
def without_distributed() -> Iterator[None]:
    """Have torch not import what is for many machines, which it does at a first operation.

    That of the first tensor that has a `__torch_dispatch__`. Torch asks whether it is a `DTensor`,
    remembers the class that it finds, and asks that from then on.
    """
    if _DISTRIBUTED in sys.modules:
        yield
        return
    stand_in = ModuleType(_DISTRIBUTED)
    vars(stand_in)["DTensor"] = _AsDTensor("DTensor", (), {})
    sys.modules[_DISTRIBUTED] = stand_in
    try:
        yield
    finally:
        del sys.modules[_DISTRIBUTED]


def register_backend(name: str, module: object) -> None:
    """Make `name` a device; `AttributeError` where torch has no backends in Python."""
    api: Any = torch.utils.backend_registration
    api._setup_privateuseone_for_python_backend(name, backend_module=module)
