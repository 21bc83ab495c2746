"""Optimizers and `torch.func` without torch's compiler, for as long as nothing else imports it.

The first use of either imports `torch._dynamo`, and hundreds of modules with it, only to tell the
compiler what to leave alone. Where nothing is compiled that costs a process more than all else it
does with torch. Once the compiler has been imported all the same, all is as torch has it.
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
    """Have this process do without it from now on; for before the first optimizer is made."""
    if _COMPILER in sys.modules:
        return
    vars(torch)["_dynamo"] = _NotImported(_COMPILER)
    for cls in vars(torch.optim).values():
        if isinstance(cls, type) and issubclass(cls, Optimizer):
            for name, function in list(vars(cls).items()):
                if isinstance(function, FunctionType) and (plain := _plain(function)):
                    setattr(cls, name, _whichever(function, plain))


def _plain(function: FunctionType) -> Callable[..., Any] | None:
    """What a function of an optimizer does where there is no compiler; None if it asks for none."""
    inside: Callable[..., Any] | None = getattr(function, "__wrapped__", None)
    if inside and function.__globals__["__name__"] == "torch._compile":
        return inside
    if inside and function.__code__.co_name == "_use_grad":
        return _recorded_if_differentiable(inside)
    return None


def _recorded_if_differentiable(step: Callable[..., Any]) -> Callable[..., Any]:
    """An optimizer's step, which is recorded only if the optimizer is made for that."""

    @functools.wraps(step)
    def stepped(self: Optimizer, *args: Any, **kwargs: Any) -> Any:
        with torch.set_grad_enabled(self.defaults["differentiable"]):
            return step(self, *args, **kwargs)

    return stepped


def _whichever(compilable: Callable[..., Any], plain: Callable[..., Any]) -> Callable[..., Any]:
    """The plain one, until there is a compiler in this process."""

    @functools.wraps(plain)
    def call(*args: Any, **kwargs: Any) -> Any:
        return (compilable if _COMPILER in sys.modules else plain)(*args, **kwargs)

    return call


class _NotImported(ModuleType):
    """In the compiler's place in `torch`, which it takes itself as soon as it is imported."""

    compiled_autograd = SimpleNamespace(_disable=nullcontext)

    def __getattr__(self, name: str) -> Any:
        return getattr(importlib.import_module(_COMPILER), name)
