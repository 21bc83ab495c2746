"""Optimizers and `torch.func` that don't import torch's compiler.

Their first use imports `torch._dynamo`, and hundreds of modules with it, only to tell the compiler
what to leave alone. In a process that compiles nothing, that costs more than everything else it
does with torch. If other code imports the compiler, they work again as torch wrote them.
"""

from __future__ import annotations

import functools
import importlib
import sys
from collections.abc import Callable
from contextlib import nullcontext
from types import FunctionType, ModuleType, SimpleNamespace
from typing import Any

import torch
from torch.optim import Optimizer

_COMPILER = "torch._dynamo"


def without_compiler() -> None:
    """Avoid the compiler in this process. Call it before the first optimizer is made."""
    if _COMPILER in sys.modules:
        return
    vars(torch)["_dynamo"] = _NotImported(_COMPILER)
    for cls in vars(torch.optim).values():
        if isinstance(cls, type) and issubclass(cls, Optimizer):
            for name, function in list(vars(cls).items()):
                if isinstance(function, FunctionType) and (plain := _plain(function)):
                    setattr(cls, name, _whichever(function, plain))


def _plain(function: FunctionType) -> Callable[..., Any] | None:
    """A function of an optimizer without its use of the compiler; None if it doesn't use it."""
    inside: Callable[..., Any] | None = getattr(function, "__wrapped__", None)
    if inside and function.__globals__["__name__"] == "torch._compile":
        return inside
    if inside and function.__code__.co_name == "_use_grad":
        return _recorded_if_differentiable(inside)
    return None


def _recorded_if_differentiable(step: Callable[..., Any]) -> Callable[..., Any]:
    """An optimizer's step; autograd records it only if the optimizer is differentiable."""

    @functools.wraps(step)
    def stepped(self: Optimizer, *args: Any, **kwargs: Any) -> Any:
        with torch.set_grad_enabled(self.defaults["differentiable"]):
            return step(self, *args, **kwargs)

    return stepped


def _whichever(compilable: Callable[..., Any], plain: Callable[..., Any]) -> Callable[..., Any]:
    """A function that calls `plain` until the compiler has been imported in this process."""

    @functools.wraps(plain)
    def call(*args: Any, **kwargs: Any) -> Any:
        return (compilable if _COMPILER in sys.modules else plain)(*args, **kwargs)

    return call


class _NotImported(ModuleType):
    """Stands in `torch` for the compiler, which takes its place as soon as it is imported."""

    compiled_autograd = SimpleNamespace(_disable=nullcontext)

    def __getattr__(self, name: str) -> Any:
        return getattr(importlib.import_module(_COMPILER), name)
