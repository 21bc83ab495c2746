"""Readers, for values whose type is open: each turns all allowed types into one to compare."""

from __future__ import annotations

import numbers
from typing import Any

import numpy as np
import torch

from grader.suite.calls import class_name, summary


class Unreadable(Exception):
    """A value of a type or shape that isn't allowed; `theirs` and `ours` say it in words."""

    def __init__(self, kind: str, theirs: str, ours: str) -> None:
        super().__init__(f"{theirs}, not {ours}")
        self.kind, self.theirs, self.ours = kind, theirs, ours


def number(value: Any) -> float:
    """One number: a tensor or an array of one element, a Python or a NumPy number."""
    if isinstance(value, (torch.Tensor, np.ndarray)):
        size = value.numel() if isinstance(value, torch.Tensor) else value.size
        if size != 1:
            raise Unreadable("shape", f"of shape {tuple(value.shape)}", "one number")
        value = value.item()
    if not isinstance(value, (numbers.Real, np.number, np.bool_)):
        raise Unreadable("type", described(value), "a number")
    try:
        return float(value)
    except OverflowError:
        raise Unreadable("type", "an enormous int", "a number") from None


def scalar(value: Any) -> float:
    """One number without dimensions: a 0-d tensor or array, a Python or a NumPy number."""
    if isinstance(value, (torch.Tensor, np.ndarray)) and value.shape != ():
        raise Unreadable("shape", f"of shape {tuple(value.shape)}", "without dimensions: ()")
    return number(value)


def loss(value: Any) -> torch.Tensor:
    """A loss: a tensor of one element, whatever its number of dimensions; the dtype counts."""
    tensor = _tensor(value)
    if tensor.numel() != 1:
        raise Unreadable("shape", f"{tuple(tensor.shape)}", "one number")
    return tensor.reshape(())


def pair(value: Any) -> tuple[Any, ...]:
    """Two things, in a tuple or a list."""
    return several(2)(value)


class several:
    """`several(4)`: four things, in a tuple or a list."""

    def __init__(self, count: int) -> None:
        self.count = count

    def __call__(self, value: Any) -> tuple[Any, ...]:
        """The things, in a tuple."""
        if not isinstance(value, (tuple, list)):
            raise Unreadable("type", described(value), f"a tuple of {self.count}")
        if len(value) != self.count:
            raise Unreadable("shape", f"{len(value)} things", f"{self.count} things")
        return tuple(value)


def floats(value: Any) -> list[Any]:
    """A list (or tuple) of Python floats, or of pairs of them; a tensor is no float."""
    if not isinstance(value, (list, tuple)):
        raise Unreadable("type", described(value), "a list of floats")
    return [_float(item) for item in value]


def anything(value: Any) -> None:
    """Ignore the result: it doesn't count."""


def array(value: Any) -> torch.Tensor:
    """A NumPy array of floating-point numbers, of either precision."""
    if not isinstance(value, np.ndarray):
        raise Unreadable("type", described(value), "a NumPy array")
    if value.dtype.kind != "f":
        raise Unreadable("type", f"an array of {value.dtype}", "an array of floats")
    return torch.from_numpy(value.astype(np.float64))


def described(value: Any) -> str:
    """What a value is, with an article where it needs one: "a tuple", "None"."""
    if value is None:
        return "None"
    if isinstance(value, torch.Tensor):
        return "a tensor"
    if isinstance(value, np.ndarray):
        return "a NumPy array"
    if isinstance(value, torch.nn.Module):
        return f"a model, {summary(value)}"
    name = class_name(value)
    return f"an {name}" if name[:1].lower() in "aeiou" else f"a {name}"


def _tensor(value: Any) -> torch.Tensor:
    if not isinstance(value, torch.Tensor):
        raise Unreadable("type", described(value), "a tensor")
    return value


def _float(value: Any) -> Any:
    if isinstance(value, (list, tuple)):
        return tuple(_float(item) for item in value)
    if not isinstance(value, (float, np.floating)):
        raise Unreadable("type", f"{described(value)} among them", "Python floats")
    return float(value)
