"""The log of a test's calls of student code. Both providers keep one; checks read it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from torch import nn

MAX_EPOCHS = 10_000


@dataclass
class Calls:
    """The log of the calls since `begin`.

    `watching`: whether to observe what runs, which costs time; a check switches it on and off.
    `ran`: how often each operator, module class, optimizer … ran (`grader.torchside.ran`).
    `changed`: the arguments that calls changed without being asked to, by the name that the student
    gave them or by position: "x", "argument 2".
    `curves`: the losses of each call that returned one loss per epoch; a test begins with none.
    `pretending`: what the student's module is told while it is imported and while its functions
    run, a kind of `grader.torchside.pretend`: that there is a "cuda", "mps" or "xpu", or only a
    "cpu"; or "steep" for steeper slopes. '' for the truth.
    `failed`: the call that raised, as "nll(tensor float32 (3, 4), tensor int64 (3,))"; '' if none.
    """

    watching: bool = False
    ran: Counter[str] = field(default_factory=Counter)
    changed: list[str] = field(default_factory=list)
    failed: str = ""
    curves: list[list[float]] = field(default_factory=list)
    pretending: str = ""

    def begin(self) -> None:
        """Forget what was seen so far."""
        self.ran.clear()
        self.changed.clear()
        self.failed = ""

    def returned(self, value: Any) -> None:
        """A call has returned this."""
        if curve := losses(value):
            self.curves.append(curve)


def losses(value: Any) -> list[float]:
    """The losses per epoch, if a value is a list of them or of (train, val) pairs; else none."""
    if not isinstance(value, list) or not 2 <= len(value) <= MAX_EPOCHS:
        return []
    first = [item[0] if isinstance(item, (tuple, list)) and item else item for item in value]
    return list(first) if all(type(loss) is float for loss in first) else []


def call_text(name: str, args: Sequence[Any], kwargs: Mapping[str, Any]) -> str:
    """A call in a line: the name, and of each argument what it is."""
    shown = [summary(arg) for arg in args] + [f"{k}={summary(v)}" for k, v in kwargs.items()]
    return f"{name}({', '.join(shown)})"


def summary(value: Any) -> str:
    """What a value is, in a few words: "tensor float32 (3, 4)"."""
    if isinstance(value, nn.Module):
        return f"<{value.__class__.__name__}>"
    if isinstance(value, torch.Tensor):
        kind = "parameter" if isinstance(value, nn.Parameter) else "tensor"
        on = f", on {value.device}" if value.device.type != "cpu" else ""
        return f"{kind} {str(value.dtype).removeprefix('torch.')} {tuple(value.shape)}{on}"
    if isinstance(value, np.ndarray):
        return f"array {value.dtype} {value.shape}"
    if isinstance(value, (list, tuple)) and not isinstance(value, torch.Size):
        few = [summary(item) for item in value[:4]]
        inside = ", ".join(few + [f"… {len(value)} in all"] * (len(value) > 4))
        return f"[{inside}]" if isinstance(value, list) else f"({inside})"
    if isinstance(value, dict):
        return f"dict of {len(value)}"
    if isinstance(value, int) and value.bit_length() > 256:
        return f"an int of {value.bit_length():,} bits"  # Python won't write out the longest
    if value is None or isinstance(value, (str, bytes, int, float, torch.Size)):
        text = f"{value:.6g}" if isinstance(value, float) else repr(value)
        return text if len(text) <= 80 else f"{text[:77]}…"
    name = class_name(value)
    return f"<{name if is_proxy(value) else getattr(value, '__name__', name)}>"


def class_name(value: Any) -> str:
    """The name of a value's class, on the student's side if it lives there."""
    return str(value.__dict__["_handle"].name)[:80] if is_proxy(value) else type(value).__name__


def is_proxy(value: Any) -> bool:
    """Whether a value stands for one that lives on the student's side, across the boundary."""
    return "_handle" in getattr(value, "__dict__", {})
