"""What a check found for one input, and the numbers in it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch

from grader.suite.checks.compare import in_a_tensor, wide
from grader.suite.checks.mismatch import Fact, Problem

RTOL, ATOL = 1e-4, 2e-5
RESULT, GRADIENT = "the result", "the gradient of "  # how `Problem.where` begins

Numbers = tuple[torch.Tensor, torch.Tensor]


@dataclass
class Finding:
    """The results of both sides for one input. `rerun` calls ours again, on other arguments.

    `back`: the gradients of both sides, each in a row; None if there is none. `slip` finds what
    explains this input by itself.
    """

    call: str
    theirs: Any
    ours: Any
    problems: list[Problem]
    gave: str = ""
    got: Any = None
    args: Sequence[Any] = ()
    rerun: Callable[..., Any] | None = None
    slip: Callable[[], Fact | None] = lambda: None
    back: tuple[torch.Tensor | None, torch.Tensor | None] = (None, None)
    seen: dict[str, Any] = field(default_factory=dict)

    @property
    def numbers(self) -> Numbers | None:
        """Both sides' numbers, of the same shape; None where there are none to compare."""
        theirs, ours = numbers_of(self.theirs), numbers_of(self.ours)
        if theirs is None or ours is None or theirs.shape != ours.shape or not ours.numel():
            return None
        return theirs, ours

    @property
    def batch(self) -> int:
        """The number of samples in the first argument that is a batch; 0 if there is none."""
        sizes = (len(arg) for arg in self.args if isinstance(arg, torch.Tensor) and arg.dim() > 0)
        return next(sizes, 0)

    def has(self, *kinds: str, about: str = RESULT) -> bool:
        """Whether something of these kinds is wrong with the result, or with the gradients."""
        return any(p.kind in kinds and p.where.startswith(about) for p in self.problems)


def close(left: torch.Tensor, right: torch.Tensor) -> bool:
    """Whether two tensors hold the same numbers, up to rounding."""
    return left.shape == right.shape and bool(
        torch.allclose(left, right, rtol=RTOL, atol=ATOL, equal_nan=True)
    )


def numbers_of(value: Any) -> torch.Tensor | None:
    """The numbers of a value in float64; None where it holds none, or other things too."""
    if isinstance(value, torch.Tensor):
        usable = value.device.type != "meta" and not value.is_complex()
        return wide(value).double() if usable else None
    if isinstance(value, float):
        return torch.tensor(value, dtype=torch.float64)
    return in_a_tensor(value)
