"""Calls on both sides: theirs through the provider, ours here, each on copies of the arguments."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import nn

from grader.result import Outcome, OutcomeError
from grader.suite import current
from grader.torchside.accelerator import fallback_reason

DeviceLike = torch.device | str


@dataclass(frozen=True, eq=False)
class Either:
    """A thing that exists on both sides: a check passes each side its own."""

    theirs: Any
    ours: Any


def define(thing: Any) -> Either:
    """A function or class of the suite, which holds no secret, made on both sides."""
    return Either(current.provider().lab.define(thing), thing)


def both(build: Callable[[Any], Any]) -> Either:
    """The result of `build(torch)` on each side: `both(lambda torch: torch.nn.L1Loss())`."""
    with undrawn():
        theirs = build(current.provider().lab)
    return Either(theirs, build(torch))


def side_of(value: Any, theirs: bool) -> Any:
    """A value in which each `Either` is replaced by one side's thing."""
    if isinstance(value, Either):
        return value.theirs if theirs else value.ours
    if type(value) in (list, tuple):
        return type(value)(side_of(item, theirs) for item in value)
    if type(value) is dict:
        return {key: side_of(item, theirs) for key, item in value.items()}
    return value


class CantPretend(OutcomeError):
    """This torch can't simulate a device, so the test can't be graded."""

    outcome = Outcome.NOT_GRADED


@contextmanager
def pretending(kind: str) -> Iterator[None]:
    """Tell the student's module that there is a "cuda", "mps" or "xpu" device, or only a "cpu".

    Tensors that are sent to that device are on the simulated accelerator. With "steep", all
    gradients are larger than they really are, instead.

    The module is imported once more for this. A function of the suite that is passed in must be
    made with `define`.
    """
    if kind not in ("cpu", "steep") and fallback_reason():
        raise CantPretend(fallback_reason())
    calls = current.provider().calls
    calls.pretending = kind
    try:
        yield
    finally:
        calls.pretending = ""


@contextmanager
def undrawn() -> Iterator[None]:
    """Leave our random generator, after the block, as if nothing had been drawn in it.

    What `lab` makes locally draws from our generator; across the boundary it doesn't.
    """
    state = torch.default_generator.get_state()
    try:
        yield
    finally:
        torch.default_generator.set_state(state)


def name_of(callable_: Any) -> str:
    """The name by which a learner knows it: that of a function, or of a model's class."""
    handle = getattr(callable_, "__dict__", {}).get("_handle")  # it lives beside their code
    name = getattr(handle, "name", None)
    if name is None and isinstance(callable_, nn.Module):
        name = type(callable_).__name__  # it is asked for nothing: that may be the student's code
    name = name or getattr(callable_, "__name__", None)
    if inspect.isfunction(callable_) and "<locals>" in callable_.__qualname__:
        name = None  # the suite's own, around what is theirs
    return name if isinstance(name, str) and name != "<lambda>" else "your code"


def argument_names(
    function: Any, args: Sequence[Any], kwargs: Mapping[str, Any], other: Any = None
) -> list[str]:
    """The arguments' names, by the signature of one of two functions if it is known."""
    for known in (function, other):
        try:
            if callable(known) and not isinstance(known, nn.Module):
                parameters = inspect.signature(getattr(known, "_thing", known)).parameters.values()
                named = [p.name for p in parameters if p.kind is p.POSITIONAL_OR_KEYWORD]
                if len(named) >= len(args):
                    return [*named[: len(args)], *kwargs]
        except (TypeError, ValueError):
            pass
    return [*(f"argument {i + 1}" for i in range(len(args))), *kwargs]


def bound(
    function: Callable[..., Any], args: Sequence[Any], kwargs: Mapping[str, Any]
) -> dict[str, Any]:
    """The arguments by name, defaults included. Empty if the signature isn't known."""
    try:
        found = inspect.signature(function).bind(*args, **kwargs)
    except (TypeError, ValueError):
        return {}
    found.apply_defaults()
    return dict(found.arguments)


class Copies:
    """Copies of a call's arguments. Afterwards, they show what the call did to them."""

    def __init__(
        self,
        args: Sequence[Any],
        kwargs: Mapping[str, Any],
        names: Sequence[str],
        device: DeviceLike | None = None,
        *,
        share_leaves: bool = False,
    ) -> None:
        """share_leaves: leaves that require grad are passed on themselves, to be changed."""
        self._device, self._share_leaves = device, share_leaves
        self._copies: list[tuple[str, Any, Any]] = []  # name, original, copy
        self._known: dict[int, Any] = {}
        self._held: list[tuple[str, Any, list[Any]]] = []  # name, list or dict, what was in it
        self._asked: list[tuple[str, torch.Tensor, bool]] = []  # name, tensor, requires grad
        self.shared: list[tuple[torch.Tensor, torch.Size, torch.dtype]] = []
        """The leaves that are passed on themselves, as they were."""

        self._leaves: dict[str, torch.Tensor] = {}
        named = iter(names)
        self.args = [self._copy(arg, next(named)) for arg in args]
        self.kwargs = {key: self._copy(arg, next(named)) for key, arg in kwargs.items()}

    def _copy(self, value: Any, name: str) -> Any:
        if id(value) in self._known:
            return self._known[id(value)]
        if isinstance(value, torch.Tensor) and self._is_shared(value):
            if "_remote" not in vars(value):
                self._asked.append((name, value, value.requires_grad))
                self.shared.append((value, value.shape, value.dtype))
            return value
        if isinstance(value, torch.Tensor):
            copy: Any = copy_of(value, self._device)
            if value.requires_grad:
                self._leaves[name] = copy
            self._copies.append((name, value, copy))
            self._asked.append((name, copy, copy.requires_grad))
        elif isinstance(value, np.ndarray):
            copy = value.copy()
            self._copies.append((name, value, copy))
        elif type(value) in (list, tuple):
            inner = [f"{name}[{i}]" for i in range(len(value))]
            copy = type(value)(map(self._copy, value, inner))
        elif type(value) is dict:
            copy = {key: self._copy(item, f"{name}[{key!r}]") for key, item in value.items()}
        else:
            return value
        if isinstance(copy, (list, dict)):
            self._held.append((name, copy, _items(copy)))
        self._known[id(value)] = copy
        return copy

    def _is_shared(self, tensor: torch.Tensor) -> bool:
        lives_there = "_remote" in vars(tensor)  # beside the student's code: a parameter, say
        return lives_there or (self._share_leaves and tensor.requires_grad and tensor.is_leaf)

    @property
    def leaves(self) -> dict[str, torch.Tensor]:
        """The copies that require grad: they may be changed, and gradients arrive at them."""
        return self._leaves

    @property
    def before(self) -> dict[str, torch.Tensor]:
        """The originals of the copies that require grad."""
        return {
            name: original.detach() for name, original, _ in self._copies if name in self._leaves
        }

    def make_leaves(self) -> None:
        """If no argument requires grad, make every floating-point tensor require it."""
        if not self._leaves:
            for name, _, copy in self._copies:
                if isinstance(copy, torch.Tensor) and copy.is_floating_point():
                    self._leaves[name] = copy.requires_grad_()
            self._asked = [(name, copy, copy.requires_grad) for name, copy, _ in self._asked]

    def changed(self, *, leaves: bool = False) -> list[str]:
        """The arguments that were changed; with `leaves`, those that require grad, too.

        A list or dict with other items, or a tensor whose `requires_grad` is different, always
        counts as changed.
        """
        names = [
            name
            for name, original, copy in self._copies
            if (leaves or not self._may_change(name, original)) and not same_bits(original, copy)
        ]
        names += [name for name, held, items in self._held if not _same_items(held, items)]
        names += [name for name, tensor, asked in self._asked if tensor.requires_grad != asked]
        return list(dict.fromkeys(name.partition("[")[0] for name in names))

    def _may_change(self, name: str, original: Any) -> bool:
        """Whether an argument is a leaf that requires grad: across the boundary it goes back."""
        return name in self._leaves and original.is_leaf


def _items(held: Any) -> list[Any]:
    return [*held.keys(), *held.values()] if isinstance(held, dict) else list(held)


def _same_items(held: Any, items: list[Any]) -> bool:
    now = _items(held)
    return len(now) == len(items) and all(
        left is right for left, right in zip(now, items, strict=True)
    )


def copy_of(tensor: torch.Tensor, device: DeviceLike | None = None) -> torch.Tensor:
    """A copy with the same memory layout: a leaf with its gradient, or with its graph."""
    if device is not None and torch.device(device).type != tensor.device.type:
        copy = tensor.detach().to(device)
    elif tensor.requires_grad and not tensor.is_leaf:
        return tensor.clone()
    else:
        copy = _laid_out_alike(tensor.detach())
    if isinstance(tensor, nn.Parameter):
        copy = nn.Parameter(copy, tensor.requires_grad)
    else:
        copy.requires_grad_(tensor.requires_grad)
    if tensor.is_leaf and tensor.grad is not None:
        copy.grad = tensor.grad.detach().clone().to(copy.device)
    return copy


def _laid_out_alike(tensor: torch.Tensor) -> torch.Tensor:
    if tensor.layout is not torch.strided or 0 in tensor.stride() or tensor.is_meta:
        return tensor.clone()
    copy = torch.empty_strided(
        tensor.shape, tensor.stride(), dtype=tensor.dtype, device=tensor.device
    )
    return copy.copy_(tensor)


def same_bits(left: Any, right: Any) -> bool:
    """Whether two tensors or arrays are the same bit for bit (so NaN equals itself)."""
    if isinstance(left, np.ndarray):
        return bool(left.shape == right.shape and left.tobytes() == right.tobytes())
    if left.shape != right.shape or left.dtype != right.dtype:
        return False
    if "meta" in (left.device.type, right.device.type) or not left.numel():
        return True
    # Not reshape: one element may have stride 0, and keeps it.
    pair = [t.detach().cpu().contiguous().as_strided((t.numel(),), (1,)) for t in (left, right)]
    return bool(torch.equal(pair[0].view(torch.uint8), pair[1].view(torch.uint8)))
