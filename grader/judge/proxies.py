"""What a test holds in place of things that live beside the student's code."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import torch
from torch import nn

from grader.wire.codec import Decoder, Proxy
from grader.wire.errors import Gone, ProtocolError
from grader.wire.structs import Handle, Tensor

if TYPE_CHECKING:
    from grader.judge.endpoint import JudgeEndpoint

MAX_ITEMS = 100_000
MAX_MODULES = 1_000
MAX_TENSORS = 10_000
MAX_BASES = 64


class Remote(Proxy):
    """Stands for object `number` of one sandbox."""

    _endpoint: JudgeEndpoint
    _remote: int


def number_of(endpoint: JudgeEndpoint, value: Any) -> int | None:
    """The number of what `value` stands for in this sandbox; None where it stands for nothing."""
    state = getattr(value, "__dict__", {})
    if not isinstance(value, (Remote, torch.Tensor)) or "_remote" not in state:
        return None
    if state["_endpoint"] is not endpoint:
        raise Gone("the object went with its sandbox")
    number: int = state["_remote"]
    return number


def proxy_of(endpoint: JudgeEndpoint, handle: Handle) -> Any:
    """The proxy for something that the sandbox keeps."""
    if handle.kind == "module":
        return RemoteModule(endpoint, handle)
    return RemoteObject(endpoint, handle)


def claimed_class(handle: Handle, fallback: type) -> type:
    """The torch class that an object says it is an instance of, so that `isinstance` works.

    A claim, no more: what the object does is what the tests check.
    """
    for name in handle.bases[:MAX_BASES]:
        package, _, cls = name.rpartition(".")
        if package.startswith(("torch.nn.modules", "torch.optim", "torch.utils.data")):
            found = getattr(sys.modules.get(package), cls, None)
            if isinstance(found, type):
                return found
    return fallback


class RemoteObject(Remote):
    """Any object: attributes, calls, items and iteration cross."""

    def __init__(self, endpoint: JudgeEndpoint, handle: Handle) -> None:
        self._endpoint, self._remote, self._handle = endpoint, handle.number, handle

    @property  # type: ignore[misc]
    def __class__(self) -> type:
        return claimed_class(self._handle, RemoteObject)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self._endpoint.call(self._remote, "", args, kwargs).value

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return self._endpoint.get(self._remote, name)

    def _method(self, name: str, *args: Any) -> Any:
        return self._endpoint.call(self._remote, name, args, {}).value

    def __getitem__(self, key: Any) -> Any:
        return self._method("__getitem__", key)

    def __len__(self) -> int:
        size = self._method("__len__")
        if not isinstance(size, int) or size < 0:
            raise ProtocolError("not a length")
        return size

    def __iter__(self) -> Iterator[Any]:
        iterator = self._method("__iter__")
        for _ in range(MAX_ITEMS):
            try:
                yield iterator._method("__next__")
            except Exception as error:
                if getattr(getattr(error, "raised", None), "builtin", "") == "StopIteration":
                    return
                raise
        raise ProtocolError("it never ends")

    def __repr__(self) -> str:
        return f"<{self._handle.name[:80]} of the student>"

    def __del__(self) -> None:
        self._endpoint.forget(number=self._remote)


class RemoteModule(Remote, nn.Module):
    """An `nn.Module` whose parameters, buffers and children are those over there, as of now."""

    def __init__(self, endpoint: JudgeEndpoint, handle: Handle, depth: int = 0) -> None:
        if depth > 32:
            raise ProtocolError("modules nested too deeply")
        state = self.__dict__
        state["_endpoint"], state["_remote"], state["_handle"] = endpoint, handle.number, handle
        state["_depth"], state["_age"], state["_parts"] = depth, -1, {}
        state.update((k, v) for k, v in vars(nn.Module()).items() if not hasattr(type(self), k))

    @property  # type: ignore[misc]
    def __class__(self) -> type:
        return claimed_class(self.__dict__["_handle"], RemoteModule)

    # nn.Module's own methods read these three, so all of them see the current state.
    @property
    def _parameters(self) -> dict[str, Any]:  # type: ignore[override]
        return self._current("parameters")

    @property
    def _buffers(self) -> dict[str, Any]:  # type: ignore[override]
        return self._current("buffers")

    @property
    def _modules(self) -> dict[str, Any]:  # type: ignore[override]
        return self._current("children")

    @property
    def training(self) -> bool:  # type: ignore[override]
        self._current("parameters")
        training: bool = self.__dict__["_training"]
        return training

    def _current(self, part: str) -> dict[str, Any]:
        state = self.__dict__
        if state["_age"] != self._endpoint.age:
            described, decoder = self._endpoint.describe(self._remote)
            if len(described.children) > MAX_MODULES:
                raise ProtocolError("a module with too many children")
            if len(described.parameters) + len(described.buffers) > MAX_TENSORS:
                raise ProtocolError("a module with too many parameters")
            state["_age"] = self._endpoint.age
            old: dict[int, Any] = {
                c._remote: c for c in state["_parts"].get("children", {}).values()
            }
            tensors: dict[int, LiveTensor] = state.setdefault("_tensors", {})
            state["_parts"] = {
                "parameters": {
                    n: LiveTensor.of(self._endpoint, t, decoder, tensors)
                    for n, t in described.parameters
                },
                "buffers": {
                    n: LiveTensor.of(self._endpoint, t, decoder, tensors)
                    for n, t in described.buffers
                },
                "children": {n: self._child(h, old.get(h.number)) for n, h in described.children},
            }
            state["_training"] = described.training
        parts: dict[str, dict[str, Any]] = state["_parts"]
        return parts[part]

    def _child(self, handle: Handle, old: RemoteModule | None) -> RemoteModule:
        if old is None:
            return RemoteModule(self._endpoint, handle, self.__dict__["_depth"] + 1)
        self._endpoint.forget(number=handle.number)
        return old

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        handle: Handle = self.__dict__["_handle"]

        def call() -> Any:
            return self._endpoint.call(self._remote, "", args, kwargs).value

        if handle.bases and handle.bases[0].endswith(f".{handle.name}"):
            return call()  # torch's own class: nothing of the student's to learn from it
        return self._endpoint.recorder.call(handle.name, call, args, kwargs)

    forward = __call__

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        for part in ("parameters", "buffers", "children"):
            if name in (known := self._current(part)):
                return known[name]
        return self._endpoint.get(self._remote, name)

    def __setattr__(self, name: str, value: Any) -> None:
        self._endpoint.assign(self._remote, name, value)

    def _apply_there(self, name: str, *args: Any, **kwargs: Any) -> RemoteModule:
        self._endpoint.call(self._remote, name, args, kwargs)
        return self

    def to(self, *args: Any, **kwargs: Any) -> Any:
        return self._apply_there("to", *args, **kwargs)

    def double(self) -> Any:
        return self._apply_there("double")

    def float(self) -> Any:
        return self._apply_there("float")

    def train(self, mode: bool = True) -> Any:
        return self._apply_there("train", mode)

    def eval(self) -> Any:
        return self._apply_there("eval")

    def zero_grad(self, set_to_none: bool = True) -> None:
        self._apply_there("zero_grad", set_to_none)

    def __getitem__(self, key: Any) -> Any:
        children = list(self._current("children").values())
        return children[key]

    def __len__(self) -> int:
        return len(self._current("children"))

    def __iter__(self) -> Iterator[Any]:
        return iter(list(self._current("children").values()))

    def __repr__(self) -> str:
        return f"<{self.__dict__['_handle'].name[:80]} of the student>"

    def __del__(self) -> None:
        self.__dict__["_endpoint"].forget(number=self.__dict__["_remote"])


class LiveTensor(Remote, torch.Tensor):
    """A tensor that stays with the student's code: reading fetches it, writing sends it."""

    _age: int

    @staticmethod
    def of(
        endpoint: JudgeEndpoint,
        struct: Tensor,
        decoder: Decoder,
        known: dict[int, LiveTensor] | None = None,
    ) -> Any:
        """The live tensor for a struct with a handle; one of `known` is brought up to date."""
        if struct.handle is None:
            raise ProtocolError("not a tensor of the sandbox")
        value = decoder.leaf(struct)
        live = (known or {}).get(struct.handle)
        if live is None or not live._update(value.detach(), value.grad):
            live = _as_live(value)
            live.__dict__.update(_endpoint=endpoint, _remote=struct.handle)
            if known is not None and isinstance(live, LiveTensor):
                known[struct.handle] = live
        live.__dict__["_age"] = endpoint.age
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
            if name.endswith("_") and not name.endswith("__"):
                target._push("data")
            elif name == "__set__" and getattr(func, "__self__", None) in (_GRAD, _DATA):
                target._push("grad" if func.__self__ is _GRAD else "data")
        return result

    def _refresh(self) -> None:
        if self.__dict__["_age"] == self._endpoint.age:
            return
        if not self._update(*self._endpoint.fetch(self._remote)):
            raise ProtocolError(
                "a parameter was moved to another device: ask the model for it again"
            )
        self.__dict__["_age"] = self._endpoint.age

    def _update(self, value: torch.Tensor, grad: torch.Tensor | None) -> bool:
        """Take these values on, if they are on the same device."""
        with torch._C.DisableTorchFunctionSubclass():
            if self.device != value.device:
                return False
            self.grad = None
            self.data = value
            self.grad = grad
        return True

    def _push(self, part: str) -> None:
        with torch._C.DisableTorchFunctionSubclass():
            value = self.grad if part == "grad" else self.detach()
            plain = None if value is None else value.detach().as_subclass(torch.Tensor)
        self._endpoint.assign(self._remote, part, plain)
        self.__dict__["_age"] = self._endpoint.age


_GRAD, _DATA = torch.Tensor.grad, torch.Tensor.data


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
