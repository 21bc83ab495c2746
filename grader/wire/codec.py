"""Converts Python values to the structs of messages and back.

Everything that arrives becomes an exact plain type. An object of a subclass, whatever methods it
has on the other side, becomes a plain tensor, list or float here.
"""

from __future__ import annotations

import copy
import itertools
import operator
from collections.abc import Callable, Iterator
from types import GeneratorType
from typing import Any

import numpy as np
import torch
from torch import nn

from grader.wire import structs, tensors
from grader.wire.errors import ProtocolError, Unsupported
from grader.wire.structs import Handle, Tensor, TorchName, Value

MAX_DEPTH = 64
MAX_NODES = 200_000
# Somebody can choose numbers with equal hashes; a dict of n of them takes n² steps to build.
MAX_NUMBER_KEYS = 2_000


class Proxy:
    """Base class of stand-ins for objects of the other side; they cross as handles."""


class Encoder:
    """Encodes the values of one message; collects their `tensors` and `blobs` in order."""

    def __init__(
        self,
        refer: Callable[[Any], Value],
        live: Callable[[torch.Tensor], int | None] = lambda tensor: None,
    ) -> None:
        """`refer` gives a handle for an object that stays here; `live` gives a tensor's number."""
        self._refer, self._live = refer, live
        self._nodes = self._offset = 0
        self._seen: dict[int, int] = {}
        self.tensors: list[torch.Tensor] = []
        self.blobs: list[memoryview] = []

    def encode(self, value: Any, depth: int = 0) -> Value:
        """The struct for a value; bytes go to `blobs`. Raises `Unsupported` if it can't cross."""
        self._nodes += 1
        if depth > MAX_DEPTH or self._nodes > MAX_NODES:
            raise Unsupported("this value is nested too deeply, or has too many elements")
        kind = type(value)
        if kind is float or kind is bool or value is None:
            return value  # type: ignore[no-any-return]
        if kind is torch.Tensor and "_remote" not in value.__dict__:
            return self._tensor(value)
        if isinstance(value, Proxy) or "_remote" in getattr(value, "__dict__", ()):
            return self._refer(value)
        if isinstance(value, (torch.dtype, torch.device)):
            name = str(value)
            if isinstance(value, torch.device):
                return structs.Device(name)
            return structs.DType(name.removeprefix("torch."))
        if isinstance(value, np.generic):
            array = np.asarray(value)
            blob = tensors.array_bytes(array)
            return structs.Array(array.dtype.char, [], self._place(blob), scalar=True)
        if isinstance(value, int):
            number = int.__index__(value)
            small = -(1 << 63) <= number < 1 << 64
            return number if small else structs.BigInt(hex(number))
        if isinstance(value, float):
            return float.__add__(value, 0.0) if type(value) is not float else value
        if isinstance(value, str):
            return str.__str__(value).encode("utf-8", "backslashreplace").decode()
        if isinstance(value, (bytes, bytearray)):
            return structs.Bytes(bytes(value))
        if isinstance(value, torch.Tensor):
            return self._tensor(value)
        if isinstance(value, torch.Size):
            return structs.Shape([int(size) for size in value])
        if isinstance(value, list):
            return structs.List([self.encode(v, depth + 1) for v in list.__iter__(value)])
        if isinstance(value, tuple):
            return structs.Tuple([self.encode(v, depth + 1) for v in tuple.__iter__(value)])
        if isinstance(value, dict):
            return structs.Dict(
                [
                    (self.encode(k, depth + 1), self.encode(v, depth + 1))
                    for k, v in dict.items(value)
                ]
            )
        if isinstance(value, np.ndarray):
            blob = tensors.array_bytes(np.asarray(value))
            return structs.Array(value.dtype.char, list(value.shape), self._place(blob))
        if isinstance(value, GeneratorType):
            return structs.Generator([self.encode(v, depth + 1) for v in value])
        return self._refer(value)

    def _place(self, blob: memoryview) -> int:
        offset = self._offset
        self._offset += blob.nbytes
        self.blobs.append(blob)
        return offset

    def _tensor(self, tensor: torch.Tensor) -> Value:
        if id(tensor) in self._seen:
            return structs.Again(self._seen[id(tensor)])
        self._seen[id(tensor)] = len(self.tensors)
        self.tensors.append(tensor)
        return self.tensor(tensor, handle=self._live(tensor))

    def tensor(self, tensor: torch.Tensor, handle: int | None = None) -> Tensor:
        """The struct for a tensor; `handle`: its number if it stays on this side."""
        blob = tensors.tensor_bytes(tensor)
        leaf = tensor.is_leaf
        stride = None
        if not tensor.is_contiguous() and tensor.device.type == "cpu" and 0 not in tensor.stride():
            stride = list(tensor.stride())
        grad = tensor.grad if leaf else None
        return Tensor(
            dtype=tensors.NAMES[tensor.dtype],
            shape=list(tensor.shape),
            offset=self._place(blob),
            device=str(tensor.device),
            requires_grad=tensor.requires_grad,
            leaf=leaf,
            parameter=type(tensor) is not torch.Tensor and isinstance(tensor, nn.Parameter),
            stride=stride,
            grad=None if grad is None else self.tensor(grad.detach()),
            handle=handle,
        )


class Decoder:
    """Rebuilds the values of one message from its structs and body."""

    def __init__(
        self,
        body: bytearray,
        device: Callable[[str], torch.device],
        resolve: Callable[[Handle | TorchName], Any],
        spend: Callable[[int], None] = lambda size: None,
    ) -> None:
        """`device` finds a device by name; `resolve` finds what a handle or a name of torch means.

        `spend` is told how many bytes are built from the body; if they are many, it is told before.
        """
        self.body, self._device, self._resolve, self.spend = body, device, resolve, spend
        self._nodes = self._number_keys = self._taken = 0
        # Each list, dict and array that was built, with a copy of it. None: they aren't collected.
        self.held: list[tuple[Any, Any]] | None = None

    def raw(self, struct: Tensor, *, keep_stride: bool = False) -> torch.Tensor:
        """The tensor's values on its device, without a graph."""
        tensor = tensors.tensor_of(struct, self.body)
        self._take(tensor.nbytes)
        if struct.requires_grad and not (tensor.is_floating_point() or tensor.is_complex()):
            raise ProtocolError("only floating-point tensors can require gradients")
        stride = struct.stride if keep_stride else None
        if stride is not None and (extent := tensors.extent_of(tensor.shape, stride)):
            self.spend(extent * tensor.itemsize)
            tensor = tensors.strided(tensor, stride)
        return tensor if struct.device == "cpu" else tensor.to(self._device(struct.device))

    def leaf(self, struct: Tensor, *, keep_stride: bool = False) -> torch.Tensor:
        """The tensor as a leaf of this side's graph, with its gradient."""
        tensor = self.raw(struct, keep_stride=keep_stride)
        if struct.parameter:
            tensor = nn.Parameter(tensor, requires_grad=struct.requires_grad)
        elif struct.requires_grad:
            tensor.requires_grad_()
        if struct.grad is not None:
            tensor.grad = self.gradient(struct.grad, tensor)
        return tensor

    def gradient(self, struct: Tensor, of: torch.Tensor) -> torch.Tensor:
        """A gradient. Raises `ProtocolError` if shape, dtype or device differ from its tensor."""
        gradient = self.raw(struct)
        if gradient.shape != of.shape or gradient.dtype != of.dtype or gradient.device != of.device:
            raise ProtocolError("a gradient doesn't fit its tensor")
        if not (gradient.is_floating_point() or gradient.is_complex()):
            raise ProtocolError("a gradient of whole numbers")
        return gradient

    def value(
        self,
        struct: Value,
        known: Iterator[torch.Tensor],
        met: list[torch.Tensor] | None = None,
    ) -> Any:
        """The value. `known` gives its tensors, one for each that `find` yields.

        `met` collects the tensors: if several values of a message share tensors, pass one list.
        """
        return self._build(struct, known, [] if met is None else met, 0)

    def _build(
        self, node: Value, known: Iterator[torch.Tensor], met: list[torch.Tensor], depth: int
    ) -> Any:
        self._nodes += 1
        if depth > MAX_DEPTH or self._nodes > MAX_NODES:
            raise ProtocolError("the value is nested too deeply, or has too many elements")
        deeper = depth + 1
        kind = type(node)
        if kind is structs.Tensor:
            met.append(next(known))
            return met[-1]
        if kind in _AS_THEY_ARE:
            return node
        match node:
            case structs.Again(index):
                if not 0 <= index < len(met):
                    raise ProtocolError("no such tensor")
                return met[index]
            case structs.List(items):
                return self._hold([self._build(item, known, met, deeper) for item in items])
            case structs.Generator(items):
                built_items = [self._build(item, known, met, deeper) for item in items]
                return (item for item in built_items)
            case structs.Tuple(items):
                return tuple(self._build(item, known, met, deeper) for item in items)
            case structs.Dict(items):
                built: dict[Any, Any] = {}
                for key, value in items:
                    name = self._build(key, known, met, deeper)
                    self._number_keys += not isinstance(name, (str, bytes))
                    if not _is_key(name) or self._number_keys > MAX_NUMBER_KEYS:
                        raise ProtocolError("no such key, or too many")
                    built[name] = self._build(value, known, met, deeper)
                return self._hold(built)
            case structs.Bytes(data):
                return data
            case structs.BigInt(digits):
                return _big_int(digits)
            case structs.Array(scalar=scalar):
                array = tensors.array_of(node, self.body)
                self._take(array.nbytes)
                return array[()] if scalar else self._hold(array)
            case structs.DType(name):
                return tensors.dtype_of(name)
            case structs.Device(name):
                return self._device(name)
            case structs.Shape(sizes):
                if any(not 0 <= size < 1 << 62 for size in sizes):
                    raise ProtocolError("no such shape")
                return torch.Size(sizes)
            case structs.Handle() | structs.TorchName():
                return self._resolve(node)
            case _:
                raise ProtocolError("no such value")

    def _hold(self, value: Any) -> Any:
        if self.held is not None:
            self.held.append((value, copy.copy(value)))
        return value

    def _take(self, size: int) -> None:
        """Refuse to use bytes twice, so that a small message can't fill the memory."""
        self.spend(size)
        self._taken += size
        if self._taken > len(self.body):
            raise ProtocolError("two tensors share their bytes")


def find(node: Value, depth: int = 0, seen: Iterator[int] | None = None) -> Iterator[Tensor]:
    """The tensors in a value, in the order in which they were encoded."""
    if type(node) in _AS_THEY_ARE:
        return
    seen = seen or itertools.count(1)
    if depth > MAX_DEPTH or next(seen) > MAX_NODES:
        raise ProtocolError("the value is nested too deeply, or has too many elements")
    match node:
        case structs.Tensor():
            yield node
        case structs.List(items) | structs.Tuple(items) | structs.Generator(items):
            for item in items:
                yield from find(item, depth + 1, seen)
        case structs.Dict(items):
            for key, value in items:
                yield from find(key, depth + 1, seen)
                yield from find(value, depth + 1, seen)


_AS_THEY_ARE = frozenset({type(None), bool, int, float, str})


def unchanged(value: Any, kept: Any) -> bool:
    """Whether a list or dict still has the same items, or an array the same elements."""
    if isinstance(value, np.ndarray):
        alike = value.shape == kept.shape and value.dtype == kept.dtype
        return bool(alike and value.tobytes() == kept.tobytes())
    items, before = (value, kept) if isinstance(value, list) else (_flat(value), _flat(kept))
    return len(items) == len(before) and all(map(operator.is_, items, before))


def _flat(built: dict[Any, Any]) -> list[Any]:
    return [*dict.keys(built), *dict.values(built)]


def _is_key(key: Any) -> bool:
    if isinstance(key, tuple):
        return all(_is_key(part) for part in key)
    return key is None or isinstance(key, (bool, int, float, str, bytes, torch.dtype, torch.device))


def _big_int(digits: str) -> int:
    if len(digits) > 10_000:
        raise ProtocolError("too long an int")
    try:
        return int(digits, 16)
    except ValueError:
        raise ProtocolError("not an int") from None
