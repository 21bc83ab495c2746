"""Compare two values: everything that differs, never broadcast, and where the numbers differ."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import nn

from grader.suite import current
from grader.suite.calls import summary
from grader.suite.checks.mismatch import Entry, Problem
from grader.suite.checks.readers import Unreadable, described, number

KEPT_ENTRIES = 32
KEPT_NUMBERS = 512
KEPT_ITEMS = 64


@dataclass(frozen=True)
class Tolerance:
    """How far two numbers may lie apart; what isn't given depends on the dtype."""

    rtol: float | None = None
    atol: float | None = None

    def of(self, dtype: torch.dtype) -> tuple[float, float]:
        """(rtol, atol) for numbers of this dtype."""
        rtol, atol = _DEFAULTS.get(dtype, (1e-4, 2e-5))
        return self.rtol if self.rtol is not None else rtol, (
            self.atol if self.atol is not None else atol
        )


_DEFAULTS = {
    torch.float64: (1e-8, 1e-8),
    torch.float16: (2e-2, 2e-2),
    torch.bfloat16: (1.5e-1, 1.5e-1),
}
USUAL = Tolerance()


def compare(
    theirs: Any, ours: Any, where: str = "the result", tolerance: Tolerance = USUAL
) -> list[Problem]:
    """All differences between `theirs` and `ours`.

    A tuple may stand for a list. If `ours` is a Python number, theirs may be a number of any type.
    Of devices only the types are compared; on `meta` there are no values.
    """
    if isinstance(ours, torch.Tensor):
        return _tensors(theirs, ours, where, tolerance)
    if isinstance(ours, np.ndarray):
        return _arrays(theirs, ours, where, tolerance)
    if isinstance(ours, (bool, int, float, np.number)):
        return _numbers(theirs, ours, where, tolerance)
    if isinstance(ours, (list, tuple)):
        return _lists(theirs, ours, where, tolerance)
    if isinstance(ours, dict):
        return _dicts(theirs, ours, where, tolerance)
    if ours is None and theirs is None:
        return []
    if type(theirs) is not type(ours):
        return [Problem("type", where, described(theirs), described(ours))]
    if theirs != ours:
        return [Problem("values", where, short(theirs), short(ours))]
    return []


def _tensors(
    theirs: Any, ours: torch.Tensor, where: str, tolerance: Tolerance, kind: str = "a tensor"
) -> list[Problem]:
    if not isinstance(theirs, torch.Tensor):
        return [Problem("type", where, described(theirs), kind)]
    problems = []
    if theirs.shape != ours.shape:
        rank = "shape" if theirs.dim() == ours.dim() else "rank"
        problems.append(Problem(rank, where, str(tuple(theirs.shape)), str(tuple(ours.shape))))
    if theirs.dtype != ours.dtype:
        problems.append(Problem("dtype", where, dtype_name(theirs), dtype_name(ours)))
    if theirs.device.type != ours.device.type:
        problems.append(Problem("device", where, theirs.device.type, ours.device.type))
    meta = "meta" in (theirs.device.type, ours.device.type)
    if theirs.shape == ours.shape and not meta:
        problems += _values(theirs, ours, where, tolerance)
    return problems


def _values(
    theirs: torch.Tensor, ours: torch.Tensor, where: str, tolerance: Tolerance
) -> list[Problem]:
    left, right = wide(theirs), wide(ours)
    loosest = max((theirs.dtype, ours.dtype), key=lambda dtype: tolerance.of(dtype)[1])
    rtol, atol = tolerance.of(loosest) if right.is_floating_point() else (0.0, 0.0)
    if left.is_floating_point() != right.is_floating_point():
        left, right = left.double(), right.double()
    wrong = ~torch.isclose(left, right, rtol=rtol, atol=atol, equal_nan=True)
    count = int(wrong.sum())
    if not count:
        share = (left - right).abs() / (atol + rtol * right.abs())  # 0/0 and ∞ - ∞ are NaN
        current.within(float(share.nan_to_num(0.0).max()) if share.numel() else 0.0)
        return []
    entries = []
    for index in wrong.nonzero()[:KEPT_ENTRIES].tolist():
        sides = (theirs, left), (ours, right)
        texts = both_written(*(_item(side, numbers, index) for side, numbers in sides))
        entries.append(Entry(str(index) if index else "", *texts))
    first = entries[0]
    return [
        Problem("values", where, first.theirs, first.ours, tuple(entries), count, wrong.numel())
    ]


def _arrays(theirs: Any, ours: Any, where: str, tolerance: Tolerance) -> list[Problem]:
    if not isinstance(theirs, np.ndarray):
        return [Problem("type", where, described(theirs), "a NumPy array")]
    try:
        left, right = torch.from_numpy(theirs.copy()), torch.from_numpy(ours.copy())
    except TypeError:
        return [Problem("dtype", where, str(theirs.dtype), str(ours.dtype))]
    return _tensors(left, right, where, tolerance)


def _numbers(theirs: Any, ours: Any, where: str, tolerance: Tolerance) -> list[Problem]:
    try:
        left = number(theirs)
    except Unreadable as error:
        return [Problem(error.kind, where, error.theirs, error.ours)]
    right = float(ours)
    rtol, atol = tolerance.of(torch.float32)
    near = math.isclose(left, right, rel_tol=rtol, abs_tol=atol)
    if near or (math.isnan(left) and math.isnan(right)):
        allowed = max(rtol * max(abs(left), abs(right)), atol)
        current.within(0.0 if left == right or not near else abs(left - right) / allowed)
        return []
    texts = both_written(_truth(theirs, left), _truth(ours, right))
    return [Problem("values", where, *texts, (Entry("", *texts),), 1, 1)]


def _truth(value: Any, number: float) -> float | bool:
    """A bool as it is, and any other number as it was read."""
    item = value.item() if isinstance(value, (torch.Tensor, np.ndarray)) else value
    return bool(item) if isinstance(item, (bool, np.bool_)) else number


def _lists(theirs: Any, ours: Any, where: str, tolerance: Tolerance) -> list[Problem]:
    if not isinstance(theirs, (list, tuple)):
        return [Problem("type", where, described(theirs), described(ours))]
    if len(theirs) != len(ours):
        return [Problem("shape", where, f"{len(theirs)} things", f"{len(ours)} things")]
    left, right = in_a_tensor(theirs), in_a_tensor(ours)
    if left is not None and right is not None and left.shape == right.shape:
        return _values(left, right, where, Tolerance(*tolerance.of(torch.float32)))
    return [
        problem
        for i, (left, right) in enumerate(zip(theirs, ours, strict=True))
        for problem in compare(left, right, f"{where}[{i}]", tolerance)
    ]


def in_a_tensor(value: Any) -> torch.Tensor | None:
    """A list of Python floats, or of equally long tuples of them, in float64; else None."""
    if not isinstance(value, (list, tuple)) or not value:
        return None
    if all(type(item) is float for item in value):
        return torch.tensor(value, dtype=torch.float64)
    rows = [in_a_tensor(item) for item in value if isinstance(item, (list, tuple))]
    known = [row for row in rows if row is not None]
    same = len(known) == len(value) and len({len(row) for row in known}) == 1
    return torch.stack(known) if same and known[0].dim() == 1 else None


def _dicts(theirs: Any, ours: Any, where: str, tolerance: Tolerance) -> list[Problem]:
    if not isinstance(theirs, dict):
        return [Problem("type", where, described(theirs), "a dict")]
    if theirs.keys() != ours.keys():
        return [Problem("shape", where, f"keys {list(theirs)}", f"keys {list(ours)}")]
    return [
        problem
        for key in ours
        for problem in compare(theirs[key], ours[key], f"{where}[{key!r}]", tolerance)
    ]


def wide(tensor: torch.Tensor) -> torch.Tensor:
    """The numbers on the CPU: floating ones in float64, whole ones as int64, without a graph."""
    host = tensor.detach().cpu()
    if host.is_complex():
        return host.to(torch.complex128)
    return host.to(torch.float64 if host.is_floating_point() else torch.int64)


def _item(tensor: torch.Tensor, numbers: torch.Tensor, index: list[int]) -> Any:
    """The number at a place, as it is to be written: a bool as True or False."""
    item = numbers[tuple(index)].item()
    return bool(item) if tensor.dtype is torch.bool else item


def dtype_name(tensor: torch.Tensor) -> str:
    return str(tensor.dtype).removeprefix("torch.")


def both_written(left: Any, right: Any) -> tuple[str, str]:
    """Two numbers, with as many digits as it takes to tell them apart."""
    for digits in (5, 8, 17):
        texts = written(left, digits), written(right, digits)
        if texts[0] != texts[1]:
            break
    return texts


def written(value: Any, digits: int = 5) -> str:
    return f"{value:.{digits}g}" if isinstance(value, float) else str(value)


def short(value: Any) -> str:
    """A value in a few words, with its first numbers."""
    if isinstance(value, torch.Tensor) and value.device.type != "meta":
        numbers = value.detach().cpu() if value.dtype is torch.bool else wide(value)
        few = [written(number) for number in numbers.flatten()[:6].tolist()]
        more = ", …" if value.numel() > 6 else ""
        return f"{summary(value)}: {', '.join(few)}{more}"
    if isinstance(value, np.ndarray) and value.dtype.kind in "fiub":
        return f"array {value.dtype} {short(torch.from_numpy(value.copy())).split(' ', 2)[2]}"
    if isinstance(value, (list, tuple)) and not isinstance(value, torch.Size):
        few = [short(item) for item in value[:4]] + ["…"] * (len(value) > 4)
        inside = ", ".join(few)
        return f"[{inside}]" if isinstance(value, list) else f"({inside})"
    return summary(value)


def compact(value: Any, numbers: int = KEPT_NUMBERS) -> Any:
    """A value made of str, int, float, bool, None and lists, cut short: for a fingerprint."""
    if isinstance(value, nn.Module):
        return ["module", [compact(p, numbers) for p in list(value.parameters())[:KEPT_ITEMS]]]
    if isinstance(value, torch.Tensor):
        where = value.device.type, value.requires_grad
        head = ["tensor", dtype_name(value), list(value.shape), *where]
        if value.device.type == "meta":
            return [*head, []]
        flat = wide(value).flatten()
        flat = torch.view_as_real(flat).flatten() if flat.is_complex() else flat.double()
        return [*head, flat[:: max(1, -(-flat.numel() // max(1, numbers)))].tolist()]
    if isinstance(value, np.ndarray):
        known = value.dtype.kind in "fiubc"
        return ["array", compact(torch.from_numpy(value.copy()), numbers)] if known else ["array"]
    if isinstance(value, (bool, str, type(None))):
        return value if not isinstance(value, str) else value[:KEPT_NUMBERS]
    if isinstance(value, (int, float, np.number)):
        try:
            return float(value)
        except OverflowError:
            return "a huge number"
    if isinstance(value, (list, tuple)):
        kept = [compact(item, max(1, numbers // max(1, len(value)))) for item in value[:KEPT_ITEMS]]
        return ["list", len(value), kept]
    if isinstance(value, dict):
        return ["dict", *([str(k), compact(v, numbers)] for k, v in list(value.items())[:16])]
    return ["other"]
