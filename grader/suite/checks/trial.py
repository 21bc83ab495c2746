"""What checks share: the inputs of a call, its changes, and both sides' results as read."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import torch
from torch import nn

from grader.suite import current
from grader.suite.checks.compare import Tolerance, compare
from grader.suite.checks.mismatch import Problem
from grader.suite.checks.readers import Unreadable
from grader.suite.checks.shortcuts import ShortcutRules
from grader.suite.checks.sides import Copies, DeviceLike, bound, side_of

Reader = Callable[[Any], Any]


def is_called(theirs: Any) -> bool:
    """Whether it is a function or a model, and not a value."""
    return callable(theirs) and not isinstance(theirs, torch.Tensor)


def cases_of(args: Sequence[Any], each: Iterable[Any] | None) -> list[tuple[Any, ...]]:
    """The inputs of a check: `args`, followed by each of `each` if there are several."""
    if each is None:
        return [tuple(args)]
    return [(*args, *(case if isinstance(case, tuple) else (case,))) for case in each]


def call_theirs(theirs: Any, copies: Copies, rules: ShortcutRules) -> Any:
    """Call the student's code on copies, observed as the rules need it; the result."""
    with rules.watch():
        return theirs(*copies.args, **copies.kwargs)


def arguments_of(ours: Any, case: Sequence[Any], kwargs: dict[str, Any]) -> dict[str, Any]:
    """Our side's arguments by name; by number if we have no function that names them."""
    args, options = side_of(case, False), side_of(kwargs, False)
    named = (
        bound(ours, args, options) if is_called(ours) and not isinstance(ours, nn.Module) else {}
    )
    return named or {**{str(place): arg for place, arg in enumerate(args)}, **options}


def changes(copies: Copies, *, leaves: bool = False) -> list[str]:
    """The arguments that the call changed, by the copies, or else by the provider's log."""
    changed = copies.changed(leaves=leaves)
    return changed or list(dict.fromkeys(current.provider().calls.changed))


def read_both(
    raw: Any, expected: Any, read: Reader | None, tolerance: Tolerance, where: str = "the result"
) -> tuple[Any, Any, list[Problem]]:
    """Both sides as read, and the differences between them."""
    if read is None:
        return raw, expected, compare(raw, expected, where, tolerance)
    wanted = read(expected)
    try:
        value = read(raw)
    except Unreadable as error:
        return raw, wanted, [Problem(error.kind, where, error.theirs, error.ours)]
    return value, wanted, compare(value, wanted, where, tolerance)


def moved(value: Any, device: DeviceLike) -> Any:
    """A value with its tensors on another device."""
    if isinstance(value, torch.Tensor):
        return value.detach().to(device)
    if isinstance(value, (list, tuple)) and not isinstance(value, torch.Size):
        return type(value)([moved(item, device) for item in value])
    return value
