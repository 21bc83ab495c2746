"""What student code was asked and what it gave: for feedback, and to recognise known mistakes."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from torch import nn

KEPT_ELEMENTS = 512
KEPT_ITEMS = 256
MAX_EPOCHS = 10_000
KEPT_TOTAL = 100_000  # elements of a call: one tensor may be in a value a million times


@dataclass
class Record:
    """One call of student code.

    `effect` (what it returned or raised) and `changes` (what became of the arguments that it may
    change) are copies, to be compared later; `curve` is what it returned, where that is a loss an
    epoch.
    """

    name: str
    args: str
    value: str = ""
    error: BaseException | None = None
    effect: list[Any] = field(default_factory=list)
    changes: list[Any] = field(default_factory=list)
    curve: list[float] = field(default_factory=list)


class Recorder:
    """Keeps the calls of the test that is running."""

    def __init__(self) -> None:
        self.records: list[Record] = []
        self.busy = False

    def call(
        self, name: str, function: Callable[[], Any], args: Sequence[Any], kwargs: Mapping[str, Any]
    ) -> Any:
        """Run `function`, which makes the call, and record it."""
        shown = [summary(arg) for arg in args] + [f"{k}={summary(v)}" for k, v in kwargs.items()]
        record = Record(name, ", ".join(shown))
        self.records.append(record)
        self.busy = True
        try:
            value = function()
        except BaseException as error:
            record.error = error
            record.effect = [_builtin_name(error)]
            raise
        finally:
            self.busy = False
        record.value = summary(value, values=True)
        record.curve = losses(value)
        changeable = [arg for arg in (*args, *kwargs.values()) if _is_changeable(arg)]
        record.effect = list(_within(KEPT_TOTAL, _copy(value)))
        record.changes = list(_within(KEPT_TOTAL, _copy(changeable)))
        return value


def losses(value: Any) -> list[float]:
    """The losses, epoch by epoch, where a value is a list of them or of (train, val) pairs."""
    if not isinstance(value, list) or not 2 <= len(value) <= MAX_EPOCHS:
        return []
    first = [item[0] if isinstance(item, (tuple, list)) and item else item for item in value]
    return list(first) if all(type(loss) is float for loss in first) else []


def same_changes(left: Sequence[Record], right: Sequence[Record]) -> bool:
    """Whether two runs of a test saw the same made of the arguments, but for rounding."""
    return len(left) == len(right) and all(
        _close(a.changes, b.changes) for a, b in zip(left, right, strict=True)
    )


def same_effect(left: Sequence[Record], right: Sequence[Record]) -> bool:
    """Whether two runs of a test saw the same from the code under test, but for rounding."""
    return same_changes(left, right) and all(
        _close(a.effect, b.effect) for a, b in zip(left, right, strict=True)
    )


def summary(value: Any, *, values: bool = False) -> str:
    """A value in a few words: what it is, and (with `values`) its first numbers."""
    if isinstance(value, nn.Module) or not isinstance(
        value, (torch.Tensor, np.ndarray, list, tuple, dict, str, bytes, int, float, type(None))
    ):
        return f"<{getattr(value, '__name__', type(value).__name__)}>"
    if isinstance(value, torch.Tensor):
        kind = "parameter" if isinstance(value, nn.Parameter) else "tensor"
        dtype = str(value.dtype).removeprefix("torch.")
        notes = f", on {value.device}" if value.device.type != "cpu" else ""
        notes += ", requires grad" if value.requires_grad and values else ""
        shown = f": {_numbers(value.detach().cpu().flatten())}" if values else ""
        return f"{kind} {dtype} {tuple(value.shape)}{notes}{shown}"
    if isinstance(value, np.ndarray):
        shown = f": {_numbers(value.reshape(-1))}" if values else ""
        return f"array {value.dtype} {value.shape}{shown}"
    if isinstance(value, (list, tuple)) and not isinstance(value, torch.Size):
        few = [summary(item, values=values) for item in value[:4]]
        more = [f"… {len(value)} in all"] if len(value) > 4 else []
        inside = ", ".join(few + more)
        return f"[{inside}]" if isinstance(value, list) else f"({inside})"
    if isinstance(value, dict):
        return f"dict of {len(value)}"
    if isinstance(value, int) and value.bit_length() > 256:
        return f"an int of {value.bit_length():,} bits"  # Python won't write out the longest
    text = f"{value:.6g}" if isinstance(value, float) else repr(value)
    return text if len(text) <= 80 else f"{text[:77]}…"


def _numbers(flat: Any) -> str:
    few = ", ".join(f"{x:.4g}" if isinstance(x, float) else str(x) for x in flat[:4].tolist())
    return f"{few}, …" if len(flat) > 4 else few


def _is_changeable(value: Any) -> bool:
    if isinstance(value, (list, tuple)):
        return any(_is_changeable(item) for item in value)
    return isinstance(value, nn.Module) or (isinstance(value, torch.Tensor) and value.requires_grad)


def _within(elements: int, parts: Iterable[Any]) -> Iterator[Any]:
    for part in parts:
        elements -= _size(part)
        if elements < 0:
            return
        yield part


def _size(part: Any) -> int:
    if isinstance(part, list):
        return sum(map(_size, part))
    return part.numel() if isinstance(part, torch.Tensor) else 1


def _copy(value: Any) -> Iterator[Any]:
    if isinstance(value, nn.Module):
        # A proxy says by `__class__` what it stands for, if that is torch's own.
        kinds = (m.__class__ for m in itertools.islice(value.modules(), KEPT_ITEMS))
        known = (k for k in kinds if k.__module__.startswith("torch.nn.") and k is not nn.Module)
        yield [kind.__name__ for kind in known]
        yield [kept for p in itertools.islice(value.parameters(), KEPT_ITEMS) for kept in _copy(p)]
    elif isinstance(value, torch.Tensor):
        flat = value.detach().cpu().flatten()
        step = max(1, flat.numel() // KEPT_ELEMENTS)
        yield (tuple(value.shape), str(value.dtype), value.requires_grad, value.device.type)
        yield flat[::step].to(torch.float64 if not flat.is_complex() else flat.dtype, copy=True)
    elif isinstance(value, np.ndarray):
        yield from _copy(torch.from_numpy(value.copy()))
    elif isinstance(value, (list, tuple)):
        yield len(value)
        for item in value[:KEPT_ITEMS]:
            yield from _copy(item)
    elif isinstance(value, (bool, int, float, np.number)):
        try:
            yield torch.tensor([float(value)], dtype=torch.float64)
        except OverflowError:
            yield "a huge number"
    else:
        yield type(value).__name__ if not isinstance(value, str) else value


def _close(left: Any, right: Any) -> bool:
    if isinstance(left, torch.Tensor) and isinstance(right, torch.Tensor):
        return left.shape == right.shape and torch.allclose(
            left, right.to(left.dtype), rtol=1e-3, atol=1e-5, equal_nan=True
        )
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(_close, left, right))
    return type(left) is type(right) and bool(left == right)


def _builtin_name(error: BaseException) -> str:
    names = [c.__name__ for c in type(error).__mro__ if c.__module__ == "builtins"]
    return names[0] if names else type(error).__name__
