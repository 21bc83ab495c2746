"""Connects the autograd graphs of the two sides.

The side that was called keeps the graph of the call. When the caller's backward pass reaches the
outputs of the call, their gradients are sent over, and the gradients of the inputs come back.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import torch
from torch.autograd.function import once_differentiable

from grader.wire.codec import Decoder
from grader.wire.errors import ProtocolError
from grader.wire.structs import Backward, Tensor


@dataclass
class _Graph:
    """The leaves and outputs of a served call, kept until the caller forgets the call."""

    leaves: Sequence[torch.Tensor]
    outputs: Sequence[torch.Tensor]

    @property
    def size(self) -> int:
        return sum(tensor.nbytes for tensor in (*self.leaves, *self.outputs))


class Graphs:
    """The graphs of served calls by the numbers of the calls; at most `limit` bytes."""

    def __init__(self, limit: float = math.inf) -> None:
        self._limit, self._size = limit, 0
        self._kept: dict[int, _Graph] = {}

    def keep(
        self, serial: int, leaves: Sequence[torch.Tensor], outputs: Sequence[torch.Tensor]
    ) -> None:
        """Keep a call's graph, if it has one."""
        if serial in self._kept:
            raise ProtocolError("two calls with one number")
        if any(output.requires_grad and not output.is_leaf for output in outputs):
            graph = self._kept[serial] = _Graph(leaves, outputs)
            self._size += graph.size
        if self._size > self._limit:
            raise ProtocolError("too many calls are kept for a backward pass")

    def drop(self, serials: Sequence[int]) -> None:
        """Forget the graphs of these calls."""
        for serial in serials:
            if graph := self._kept.pop(serial, None):
                self._size -= graph.size

    def backward(self, message: Backward, decoder: Decoder) -> tuple[torch.Tensor | None, ...]:
        """The gradients of a call's inputs; None for inputs that need none."""
        graph = self._kept.get(message.serial)
        if graph is None:
            raise ProtocolError("no such call")
        outputs, grads = [], []
        for index, struct in message.grads:
            if not isinstance(struct, Tensor) or not 0 <= index < len(graph.outputs):
                raise ProtocolError("no such output")
            output = graph.outputs[index]
            outputs.append(output)
            grads.append(decoder.gradient(struct, output.detach()))
        # The leaves are copies of the caller's tensors: their gradients belong there, not here.
        before = [leaf.grad for leaf in graph.leaves]
        for leaf in graph.leaves:
            leaf.grad = None
        try:
            torch.autograd.backward(outputs, grads, retain_graph=True)
            result = [leaf.grad if leaf.requires_grad else None for leaf in graph.leaves]
        finally:
            for leaf, grad in zip(graph.leaves, before, strict=True):
                leaf.grad = grad
        return tuple(None if grad is None else grad.detach() for grad in result)


class Caller(Protocol):
    """The methods of a peer that a `Crossing` uses."""

    def backward(self, serial: int, grads: list[tuple[int, torch.Tensor]]) -> list[Any]: ...

    def forget(self, *, number: int | None = None, serial: int | None = None) -> None: ...


class Crossing:
    """The node that stands for one call in the caller's graph."""

    def __init__(self, caller: Caller, serial: int, arguments: Sequence[torch.Tensor]) -> None:
        self.caller, self.serial = caller, serial
        self.inputs = [(i, t) for i, t in enumerate(arguments) if t.requires_grad]
        self.outputs: list[int] = []

    def join(self, places: list[int], outputs: Sequence[torch.Tensor]) -> tuple[torch.Tensor, ...]:
        """Connect the outputs, at these places of the answer, with the inputs of the call."""
        self.outputs = places
        # With the anchor, autograd records a call even if only parameters over there need it.
        anchor = torch.zeros((), requires_grad=True)
        inputs = [tensor for _, tensor in self.inputs]
        joined: tuple[torch.Tensor, ...] = _Join.apply(  # type: ignore[no-untyped-call]
            self, len(outputs), anchor, *outputs, *inputs
        )
        return joined

    def __del__(self) -> None:
        if self.outputs:
            self.caller.forget(serial=self.serial)


class _Join(torch.autograd.Function):
    """Connects the outputs of a call with its inputs in the caller's graph."""

    @staticmethod
    def forward(ctx: Any, crossing: Crossing, count: int, anchor: Any, *tensors: Any) -> Any:
        ctx.crossing, ctx.count = crossing, count
        ctx.set_materialize_grads(False)
        return tuple(output.view_as(output) for output in tensors[:count])

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, *grads: Any) -> Any:
        crossing: Crossing = ctx.crossing
        known = [(i, g) for i, g in zip(crossing.outputs, grads, strict=True) if g is not None]
        result: list[Any] = [None] * len(crossing.inputs)
        if known:
            answer = crossing.caller.backward(crossing.serial, known)
            for place, (index, tensor) in enumerate(crossing.inputs):
                result[place] = _gradient(answer, index, tensor)
        return (None, None, None, *[None] * ctx.count, *result)


def _gradient(answer: list[Any], index: int, tensor: torch.Tensor) -> torch.Tensor | None:
    gradient = answer[index] if index < len(answer) else None
    if gradient is None:
        return None
    if not isinstance(gradient, torch.Tensor) or gradient.shape != tensor.shape:
        raise ProtocolError("a gradient doesn't fit its tensor")
    return gradient.to(tensor)
