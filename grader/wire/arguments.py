"""The arguments of a call on the side that carries it out, and the changes made to them."""

from __future__ import annotations

import inspect
import itertools
from collections.abc import Callable, Iterator
from typing import Any

import torch

from grader.wire.codec import Decoder, Encoder, find, unchanged
from grader.wire.errors import ProtocolError
from grader.wire.structs import Call, Tensor, Value
from grader.wire.tensors import NAMES, holds

MAX_CHANGED = 64


class Arguments:
    """The arguments of a call that is being served, and the changes that it makes to them."""

    def __init__(self, call: Call, body: bytearray, decoder: Decoder) -> None:
        """Rebuild the arguments; tensors become leaves of this side's own graph."""
        self._call, self._body = call, body
        self._function: Any = None
        self.leaves: list[torch.Tensor] = []
        self._visible: list[torch.Tensor] = []
        self._structs: list[Tensor] = []
        self._asked_for_grad: list[bool] = []
        self._parts: list[tuple[int | str, int, int]] = []  # where each argument's tensors begin
        self.args: list[Any] = []
        self.kwargs: dict[str, Any] = {}
        self._held = decoder.held = []
        met: list[torch.Tensor] = []
        named: Iterator[tuple[int | str, Value]] = itertools.chain(
            enumerate(call.args), call.kwargs.items()
        )
        for name, value in named:
            self._parts.append((name, len(self._structs), len(self._held)))
            known = [self._rebuilt(struct, decoder) for struct in find(value)]
            built = decoder.value(value, iter(known), met)
            if isinstance(name, str):
                self.kwargs[name] = built
            else:
                self.args.append(built)

    def _rebuilt(self, struct: Tensor, decoder: Decoder) -> torch.Tensor:
        if struct.handle is not None:
            raise ProtocolError("no such argument")
        leaf = decoder.leaf(struct, keep_stride=True)
        inner = struct.requires_grad and not struct.leaf and self._call.grad
        if inner:
            decoder.spend(leaf.nbytes)
        self._structs.append(struct)
        self.leaves.append(leaf)
        self._visible.append(leaf.clone() if inner else leaf)
        self._asked_for_grad.append(self._visible[-1].requires_grad)
        return self._visible[-1]

    def run(self, function: Callable[..., Any]) -> Any:
        """Call `function` with the arguments."""
        self._function = function
        return function(*self.args, **self.kwargs)

    def to_bring_back(self, encoder: Encoder) -> list[tuple[int, Tensor]]:
        """Those leaves that require grad whose values or gradients the call changed."""
        changed = []
        for index, (tensor, struct) in enumerate(zip(self._visible, self._structs, strict=True)):
            if not (struct.requires_grad and struct.leaf):
                continue
            if list(tensor.shape) != struct.shape or NAMES.get(tensor.dtype) != struct.dtype:
                raise TypeError("your code changed the shape or the dtype of an argument in place")
            grad = tensor.grad if tensor.is_leaf else None
            if not (holds(tensor, struct, self._body) and holds(grad, struct.grad, self._body)):
                changed.append((index, encoder.tensor(tensor)))
        return changed

    def changed(self) -> list[str]:
        """The names of arguments that the call changed although they aren't sent back."""
        names = []
        parts = [*self._parts, ("", len(self._structs), len(self._held))]
        for (name, tensor, held), (_, last_tensor, last_held) in itertools.pairwise(parts):
            tensors = all(map(self._is_as_it_was, range(tensor, last_tensor)))
            if not tensors or not all(unchanged(*pair) for pair in self._held[held:last_held]):
                names.append(name)
        return [self._name(name) for name in names[:MAX_CHANGED]]

    def _is_as_it_was(self, index: int) -> bool:
        tensor, struct = self._visible[index], self._structs[index]
        if tensor.requires_grad != self._asked_for_grad[index]:
            return False
        if struct.requires_grad and struct.leaf:
            return True  # it is sent back
        return holds(tensor, struct, self._body)

    def _name(self, place: int | str) -> str:
        """The function's own name for an argument, or its position if the name isn't known."""
        if isinstance(place, str):
            return place
        try:
            parameters = inspect.signature(self._function).parameters.values()
            names = [p.name for p in parameters if p.kind is p.POSITIONAL_OR_KEYWORD]
        except Exception:  # no signature, or one that raises when it is looked at
            names = []
        return names[place] if len(names) >= len(self.args) else f"argument {place + 1}"


def bring_back(tensor: torch.Tensor, struct: Tensor, decoder: Decoder) -> None:
    """Give a leaf that requires grad the values and the gradient that the other side sent."""
    if not (tensor.is_leaf and tensor.requires_grad):
        raise ProtocolError("an argument that isn't there to be changed")
    new = decoder.raw(struct)
    if new.shape != tensor.shape or new.dtype != tensor.dtype or new.device != tensor.device:
        raise ProtocolError("a changed argument doesn't fit the argument")
    grad = None if struct.grad is None else decoder.gradient(struct.grad, tensor)
    if not holds(tensor, struct, decoder.body):  # unneeded writes would spoil graphs that hold it
        with torch.no_grad():
            tensor.copy_(new)
    tensor.grad = grad
