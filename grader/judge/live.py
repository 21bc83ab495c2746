"""Tensors that stay with the student's code."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

from grader.judge.remote import Home, Remote
from grader.wire.codec import Decoder
from grader.wire.errors import Gone, ProtocolError
from grader.wire.structs import Tensor


class LiveTensor(Remote, torch.Tensor):
    """A tensor that stays with the student's code: reading fetches it, writing sends it."""

    _age: tuple[int, int]

    @staticmethod
    def of(
        home: Home,
        struct: Tensor,
        decoder: Decoder,
        known: dict[int, Any] | None = None,
    ) -> Any:
        """The live tensor for a struct with a handle; one of `known` is brought up to date."""
        if struct.handle is None:
            raise ProtocolError("not a tensor of the sandbox")
        value, age = decoder.leaf(struct), home.age(struct.handle)
        live = (known or {}).get(struct.handle)
        if not (isinstance(live, LiveTensor) and live._update(value)):
            # On the simulated accelerator a tensor isn't live: it is kept while it is as it was.
            if live is None or isinstance(live, LiveTensor) or live.__dict__["_age"] != age:
                live = _as_live(value)
                live.__dict__.update(_home=home, _remote=struct.handle)
            if known is not None:
                known[struct.handle] = live
        live.__dict__["_age"] = age
        return live

    @classmethod
    def __torch_function__(cls, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        name = getattr(func, "__name__", "")
        for argument in [*args, *kwargs.values()]:
            if isinstance(argument, LiveTensor):
                argument._refresh()
        with torch._C.DisableTorchFunctionSubclass():
            result = func(*args, **kwargs)
        target = args[0] if args else None
        if isinstance(target, LiveTensor):
            if name == "requires_grad_":
                target._push("requires_grad")
            elif name.endswith("_") and not name.endswith("__"):
                target._push("")
            elif name == "__set__" and getattr(func, "__self__", None) in _PARTS:
                target._push(_PARTS[func.__self__])
        return result

    def _refresh(self) -> None:
        if self.__dict__["_age"] == self._home.age(self._remote):
            return
        if not self._update(self._home.fetch(self._remote)):
            raise Gone("a parameter is on another device than when the test took it")
        self.__dict__["_age"] = self._home.age(self._remote)

    def _update(self, leaf: torch.Tensor) -> bool:
        """Take these values on, if they are on the same device."""
        with torch._C.DisableTorchFunctionSubclass():
            if self.device != leaf.device:
                return False
            self.grad = None
            self.requires_grad = False
            self.data = leaf.detach()
            self.requires_grad = leaf.requires_grad
            self.grad = leaf.grad
        return True

    def _push(self, part: str) -> None:
        """Send one part over, or, where it is '', the values to write into the tensor there."""
        with torch._C.DisableTorchFunctionSubclass():
            value = getattr(self, part or "data")
            if isinstance(value, torch.Tensor):
                value = value.detach().as_subclass(torch.Tensor)
        self._home.assign(self._remote, part, value)
        self.__dict__["_age"] = self._home.age(self._remote)


_PARTS = {getattr(torch.Tensor, name): name for name in ("data", "grad", "requires_grad")}


class LiveParameter(LiveTensor, nn.Parameter):
    """A live tensor that is an `nn.Parameter` over there."""


def _as_live(value: torch.Tensor) -> Any:
    if type(value.data) is not torch.Tensor:
        return value  # on the simulated accelerator, whose tensors have a class of their own
    cls = LiveParameter if isinstance(value, nn.Parameter) else LiveTensor
    live = torch.Tensor._make_subclass(cls, value.data, value.requires_grad)
    with torch._C.DisableTorchFunctionSubclass():
        live.grad = value.grad
    return live
