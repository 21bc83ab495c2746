"""Pretend that this machine has a GPU, or that it has none; or that all slopes are steeper.

    with pretend("cuda"):
        student.train_regression(model, x, y, device=None)
    next(model.parameters()).device  # device(type='simulated', index=0)

In the block, every way of asking says that there is one device of that kind, and none of another.
Whatever is sent to it goes to the simulated accelerator, values and all: by name, by
`torch.device`, by ``.cuda()``, by the default device. ``pretend("cpu")`` says that there is
nothing but the CPU, also on a machine with a GPU.

In the block, tensors of the simulated accelerator say that they are on ``cuda:0``. Outside they
say ``simulated:0``. A file that asks for a device while it is imported must be imported in a block.

This is not there: `torch.Generator` of that kind, ``torch.cuda.FloatTensor``, streams, autocast,
``torch.load(map_location="cuda")``. Error messages call the device ``simulated:0``. The names of
devices are understood in the thread that entered the block. Torch's own code isn't told that there
is a GPU, so that it doesn't try to speak to one.

``pretend("steep")`` leaves the devices as they are. In its block the gradients that come out of a
backward pass are `STEEPER` times as large as they are: so it shows which numbers come from there.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import torch
from torch.overrides import TorchFunctionMode

from grader.torchside.accelerator import SimulatedTensor, fallback_reason, simulated
from grader.torchside.private import Steepener
from grader.torchside.taps import Instead, Taps, asked_by_torch

KINDS = ("cuda", "mps", "xpu")
STEEP = "steep"
STEEPER = 3.0


@contextmanager
def pretend(kind: str) -> Iterator[None]:
    """Pretend that there is one device of this kind: ``cuda``, ``mps``, ``xpu``; or only ``cpu``.

    Or, with ``steep``, that gradients are larger than they are.

    Raises `ValueError` for any other kind, and `RuntimeError` where torch can't simulate one.
    """
    if kind == STEEP:
        steepener = Steepener(STEEPER)
        steepener.open()
        try:
            yield
        finally:
            steepener.close()
        return
    if kind not in (*KINDS, "cpu"):
        raise ValueError(f"can't pretend that there is a device of kind {kind!r}")
    if kind != "cpu" and fallback_reason():
        raise RuntimeError(fallback_reason())
    taps = _taps(kind)
    taps.open()
    try:
        with _Names(kind):
            yield
    finally:
        taps.close()


def pretended(kind: str) -> AbstractContextManager[None]:
    """Like `pretend`; with '', nothing is pretended."""
    return pretend(kind) if kind else nullcontext()


@contextmanager
def imported_anew(own: Callable[[], Iterable[str]]) -> Iterator[None]:
    """In the block, the modules that `own` names are imported again; then all is as it was.

    What code asks while it is imported is then asked again.
    """
    before = {name: sys.modules.pop(name) for name in [*own()] if name in sys.modules}
    try:
        yield
    finally:
        for name in [*own()]:
            sys.modules.pop(name, None)
        sys.modules.update(before)


def modules_in(folder: Path) -> list[str]:
    """The names of the modules that were imported from files in a folder."""
    own = []
    for name, module in [*sys.modules.items()]:
        file = module.__dict__.get("__file__") if isinstance(module, ModuleType) else None
        if isinstance(file, str) and file.startswith(f"{folder}{os.sep}"):
            own.append(name)
    return own


class _Names(TorchFunctionMode):
    """Takes devices of one kind, wherever torch's functions are given one, as the simulated one."""

    def __init__(self, kind: str) -> None:
        super().__init__()
        self._kind = kind

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        if self._kind == "cpu":
            return func(*args, **kwargs)
        if func is torch.device:
            number = args and isinstance(args[0], int)
            return torch.device(self._kind, args[0]) if number else func(*args, **kwargs)
        if func in _ASKED_OF_A_TENSOR and isinstance(args[0], SimulatedTensor):
            return _ASKED_OF_A_TENSOR[func](self._kind)
        if func is getattr(torch.Tensor, self._kind, None):  # Tensor.cuda
            return _moved(self._kind, *args, **kwargs)
        if func is torch.Tensor.pin_memory:
            return args[0]
        if func is torch.Tensor.to and len(args) == 2 and type(args[1]) is int:
            args = args[0], torch.device(self._kind, args[1])
        if type(kwargs.get("device")) is int:
            kwargs = {**kwargs, "device": torch.device(self._kind, kwargs["device"])}
        args = [_inside(self._kind, value) for value in args]
        return func(*args, **{name: _inside(self._kind, v) for name, v in kwargs.items()})


def _inside(kind: str, value: Any) -> Any:
    """The simulated device for one of this kind; anything else as it is."""
    if isinstance(value, str) and value.partition(":")[0] == kind:
        value = torch.device(value)  # an error for 'cuda:x', as in torch
    if isinstance(value, torch.device) and value.type == kind:
        if value.index:
            raise RuntimeError(f"{kind} error: invalid device ordinal")
        return simulated()
    return value


def _outside(kind: str, device: torch.device) -> torch.device:
    return torch.device(kind, 0) if device == simulated() else device


def _moved(kind: str, tensor: Any, device: Any = None, *args: Any, **kwargs: Any) -> Any:
    """Do what `Tensor.cuda` does."""
    index = device if isinstance(device, int) else 0
    device = torch.device(kind, index) if device is None or device == index else device
    return tensor.to(
        _inside(kind, device), **dict(zip(("non_blocking",), args, strict=False)), **kwargs
    )


_Tensor: Any = torch.Tensor
_ASKED_OF_A_TENSOR: dict[Any, Any] = {
    _Tensor.device.__get__: lambda kind: torch.device(kind, 0),
    _Tensor.is_cuda.__get__: lambda kind: kind == "cuda",
    _Tensor.is_mps.__get__: lambda kind: kind == "mps",
    _Tensor.is_xpu.__get__: lambda kind: kind == "xpu",
    _Tensor.get_device: lambda kind: 0,
}


@cache
def _taps(kind: str) -> Taps:
    return Taps([*_answers(kind), *_default_device(kind)])


def _answers(kind: str) -> Iterator[tuple[Any, Instead]]:
    """Every question whether there is a device, with the answer."""
    there = kind != "cpu"
    for place, name, answer in (
        *((other, "is_available", other == kind) for other in ("cuda", "xpu")),
        *((other, "device_count", int(other == kind)) for other in KINDS),
        ("backends.cuda", "is_built", kind == "cuda"),
        ("backends.mps", "is_built", kind == "mps"),
        ("backends.mps", "is_available", kind == "mps"),
        ("accelerator", "is_available", there),
        ("accelerator", "device_count", int(there)),
        ("accelerator", "current_accelerator", torch.device(kind) if there else None),
    ):
        yield from _answered(place, name, answer)
    if not there:
        return
    for place in (kind, "accelerator"):
        for name in ("current_device", "current_device_index", "current_device_idx"):
            yield from _answered(place, name, 0)
        for name in ("set_device", "set_device_index", "set_device_idx", "synchronize"):
            yield from _answered(place, name, None)
        for name in ("empty_cache", "manual_seed", "manual_seed_all", "seed", "seed_all"):
            yield from _answered(place, name, None)
        for name in ("memory_allocated", "max_memory_allocated", "current_allocated_memory"):
            yield from _answered(place, name, 0)
    yield from _answered(kind, "get_device_name", "simulated")


def _answered(place: str, name: str, answer: Any) -> Iterator[tuple[Any, Instead]]:
    """Answer code that isn't torch's own."""

    def answered(original: Any, *args: Any, **kwargs: Any) -> Any:
        return original(*args, **kwargs) if asked_by_torch() else answer

    found: Any = torch
    for part in (*place.split("."), name):
        found = getattr(found, part, None)
    if found is not None:  # no torch has all of them
        yield found, answered


def _default_device(kind: str) -> Iterator[tuple[Any, Instead]]:
    def put(original: Any, device: Any) -> None:
        original(_inside(kind, device))

    def got(original: Any) -> Any:
        return _outside(kind, original())

    if kind != "cpu":
        yield torch.set_default_device, put
        yield torch.get_default_device, got
