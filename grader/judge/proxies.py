"""What a test holds in place of things that live beside the student's code."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Iterator
from typing import Any
from weakref import WeakValueDictionary

import torch
from torch import nn

from grader.judge.live import LiveTensor
from grader.judge.remote import Home, Remote
from grader.wire.codec import Decoder
from grader.wire.errors import ProtocolError
from grader.wire.structs import Described, Handle, Tensor

MAX_ITEMS = 100_000
MAX_MODULES = 1_000
MAX_TENSORS = 10_000
MAX_BASES = 64
MAX_SHARED = 8
_ROWS: tuple[type, ...] = (nn.Sequential, nn.ModuleList)  # modules that are their children in a row


def proxy_of(home: Home, handle: Handle) -> Any:
    """The proxy for something that the sandbox keeps."""
    if handle.kind == "module":
        return RemoteModule(home, handle)
    return RemoteObject(home, handle)


# What suites ask proxies to be. torch's modules, its losses and its optimizers; never a tensor.
CLASSES: dict[str, type] = {
    f"{kind.__module__}.{kind.__qualname__}": kind
    for package, base in ((nn, nn.Module), (torch.optim, torch.optim.Optimizer))
    for kind in vars(package).values()
    if isinstance(kind, type) and issubclass(kind, base)
}


def claimed_class(handle: Handle, fallback: type) -> type:
    """The class of `CLASSES` that an object says it is an instance of, so `isinstance` works.

    A claim, no more: what the object does is what the tests check.
    """
    claims = (CLASSES[name] for name in handle.bases[:MAX_BASES] if name in CLASSES)
    return next(claims, fallback)


def checked_length(size: Any) -> int:
    """A length that came from there."""
    if not isinstance(size, int) or size < 0:
        raise ProtocolError("not a length")
    return size


class RemoteObject(Remote):
    """Any object: attributes, calls, items and iteration cross."""

    def __init__(self, home: Home, handle: Handle) -> None:
        self._home, self._remote, self._handle = home, handle.number, handle

    @property  # type: ignore[misc]
    def __class__(self) -> type:
        return claimed_class(self._handle, RemoteObject)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self._home.call(self._remote, "", args, kwargs)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        if inspect.isfunction(getattr(claimed_class(self._handle, RemoteObject), name, None)):
            return functools.partial(self._method, name)  # `opt.step`: it needn't be asked for
        return self._home.get(self._remote, name)

    def _method(self, name: str, *args: Any, **kwargs: Any) -> Any:
        return self._home.call(self._remote, name, args, kwargs)

    def __getitem__(self, key: Any) -> Any:
        return self._method("__getitem__", key)

    def __len__(self) -> int:
        return checked_length(self._method("__len__"))

    def __iter__(self) -> Iterator[Any]:
        iterator = self._method("__iter__")
        if not isinstance(iterator, RemoteObject):  # a generator, which has crossed at once
            yield from iterator
            return
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
        self._home.forget(self._remote)


class _Tree:
    """What the modules of one model share: a part that is in it twice is one part.

    Only so many are: a model can be made so that looking through it never ends.
    """

    def __init__(self) -> None:
        self.tensors: dict[int, Any] = {}
        self.modules: WeakValueDictionary[int, RemoteModule] = WeakValueDictionary()
        self.left = MAX_SHARED


class RemoteModule(Remote, nn.Module):
    """An `nn.Module` whose parameters, buffers and children are those over there, as of now."""

    def __init__(
        self, home: Home, handle: Handle, depth: int = 0, tree: _Tree | None = None
    ) -> None:
        if depth > 32:
            raise ProtocolError("modules nested too deeply")
        state = self.__dict__
        state["_home"], state["_remote"], state["_handle"] = home, handle.number, handle
        state["_depth"], state["_age"], state["_parts"] = depth, None, {}
        state["_tree"] = tree = tree or _Tree()
        tree.modules.setdefault(handle.number, self)
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
        """One part of the module as it is now; asked for only where something was done to it."""
        state = self.__dict__
        if state["_age"] != self._home.age(self._remote):
            self._take_on(*self._home.describe(self._remote))
        parts: dict[str, dict[str, Any]] = state["_parts"]
        return parts[part]

    def _take_on(self, described: Described, decoder: Decoder) -> None:
        state = self.__dict__
        if len(described.children) > MAX_MODULES:
            raise ProtocolError("a module with too many children")
        if len(described.parameters) + len(described.buffers) > MAX_TENSORS:
            raise ProtocolError("a module with too many parameters")
        tensors: dict[int, Any] = state["_tree"].tensors

        def live(named: list[tuple[str, Tensor]]) -> dict[str, Any]:
            return {n: LiveTensor.of(self._home, t, decoder, tensors) for n, t in named}

        before = {c._remote: c for c in state["_parts"].get("children", {}).values()}
        children = {n: self._child(h, before.get(h.number)) for n, h in described.children}
        state["_age"] = self._home.age(self._remote)
        state["_training"] = described.training
        state["_parts"] = {
            "parameters": live(described.parameters),
            "buffers": live(described.buffers),
            "children": children,
        }
        for name, inside in described.inside.items():
            if name not in children:
                raise ProtocolError("a description of no child")
            children[name]._take_on(inside, decoder)

    def _child(self, handle: Handle, old: RemoteModule | None) -> RemoteModule:
        tree: _Tree = self.__dict__["_tree"]
        depth: int = self.__dict__["_depth"] + 1
        if old is None:
            known = tree.modules.get(handle.number)
            if known is None or known.__dict__["_depth"] < depth or not tree.left:
                return RemoteModule(self._home, handle, depth, tree)
            tree.left -= 1
            old = known
        self._home.forget(handle.number)
        return old

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        handle: Handle = self.__dict__["_handle"]
        # torch's own classes are not the student's to answer for.
        of_torch = handle.bases and handle.bases[0].endswith(f".{handle.name}")
        return self._home.call(self._remote, "", args, kwargs, name="" if of_torch else handle.name)

    forward = __call__

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        for part in ("parameters", "buffers", "children"):
            if name in (known := self._current(part)):
                return known[name]
        return self._home.get(self._remote, name)

    def __setattr__(self, name: str, value: Any) -> None:
        self._home.assign(self._remote, name, value)

    def parameters(self, *args: Any, **kwargs: Any) -> Any:
        return self._listed("parameters", *args, **kwargs)

    def named_parameters(self, *args: Any, **kwargs: Any) -> Any:
        return self._listed("named_parameters", *args, **kwargs)

    def _listed(self, name: str, *args: Any, **kwargs: Any) -> Any:
        """What torch's own method finds here, or what the module over there says itself."""
        if self.__dict__["_handle"].lists:
            return self._home.call(self._remote, name, args, kwargs)
        return getattr(nn.Module, name)(self, *args, **kwargs)

    def _apply_there(self, name: str, *args: Any, **kwargs: Any) -> Any:
        """Call a method that returns the module itself, unless it is the student's own."""
        given = self._home.call(self._remote, name, args, kwargs)
        itself = isinstance(given, RemoteModule) and given.__dict__["_remote"] == self._remote
        return self if itself else given

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

    def zero_grad(self, set_to_none: bool = True) -> Any:
        return self._apply_there("zero_grad", set_to_none)

    def __bool__(self) -> bool:
        return True

    def __getitem__(self, key: Any) -> Any:
        if isinstance(self, _ROWS):
            return list(self._current("children").values())[key]
        return self._home.call(self._remote, "__getitem__", (key,), {})

    def __len__(self) -> int:
        if isinstance(self, _ROWS):
            return len(self._current("children"))
        return checked_length(self._home.call(self._remote, "__len__", (), {}))

    def __iter__(self) -> Iterator[Any]:
        if isinstance(self, _ROWS):
            return iter(list(self._current("children").values()))
        return iter(self._home.call(self._remote, "__iter__", (), {}))

    def __repr__(self) -> str:
        return f"<{self.__dict__['_handle'].name[:80]} of the student>"

    def __del__(self) -> None:
        self.__dict__["_home"].forget(self.__dict__["_remote"])
