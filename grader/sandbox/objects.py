"""The objects that the judge refers to by number, and their state when it was last told."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

from grader.wire.codec import Encoder
from grader.wire.errors import Unsupported
from grader.wire.structs import Described, Handle, Tensor
from grader.wire.tensors import elements, refused

MAX_INSIDE = 32  # children that are described together with their parent
MAX_UNASKED = 256 << 10  # bytes of modules that one answer describes without a request
MAX_UNASKED_IN_A_TEST = 32 << 20
MAX_LOOKED_AT = 4_000  # parts of a module, to find out how large it is
LISTING = ("parameters", "named_parameters", "named_modules")
TORCH = 0  # the number of torch, which the judge's fixture `lab` uses


@dataclass
class _Told:
    """The state of a tensor when the judge was told of it. `grad`: None if there was none."""

    kind: tuple[Any, ...]
    data: bytes | None
    grad: bytes | None

    @classmethod
    def of(cls, tensor: torch.Tensor) -> _Told:
        grad = tensor.grad if tensor.is_leaf else None
        return cls(_kind(tensor), _bytes(tensor), None if grad is None else _bytes(grad))

    def holds(self, tensor: torch.Tensor) -> bool:
        """Whether the tensor still has this state."""
        grad = tensor.grad if tensor.is_leaf else None
        if (grad is None) != (self.grad is None) or _kind(tensor) != self.kind:
            return False
        return self.data == _bytes(tensor) and (grad is None or self.grad == _bytes(grad))


class Objects:
    """The objects that the judge holds references to."""

    def __init__(self) -> None:
        self._numbers = itertools.count(TORCH + 1)
        self._objects: dict[int, Any] = {TORCH: torch}
        self._known: dict[int, int] = {}
        self._sent: Counter[int] = Counter()
        self._tensors: dict[int, _Told] = {}
        self._modules: dict[int, tuple[list[Any], list[int]]] = {}
        self._touched: set[int] = set()
        self._untold: set[int] = set()  # modules whose present state the judge doesn't know
        self._unasked = 0
        self._bases_of: dict[type, list[str]] = {}

    def __getitem__(self, number: int) -> Any:
        return self._objects[number]

    def number(self, value: Any) -> int:
        number = self._known.get(id(value))
        if number is None:
            number = self._known[id(value)] = next(self._numbers)
            self._objects[number] = value
        return number

    def refer(self, value: Any) -> Handle:
        """The handle of an object. The object is kept until the judge releases it."""
        kind = "object"
        if isinstance(value, nn.Module):
            kind = "module"
        elif callable(value):
            kind = "callable"
        number = self.number(value)
        self._sent[number] += 1
        if kind == "module" and number not in self._modules:
            self._untold.add(number)
        bases, lists = self._bases(type(value)), kind == "module" and lists_itself(value)
        return Handle(number, kind=kind, name=_name(value), bases=bases, lists=lists)

    def forget(self, numbers: Iterable[int]) -> None:
        """Release an object when the judge has dropped every proxy that it was sent."""
        for number in numbers:
            self._sent[number] -= 1
            if self._sent[number] == 0:
                self._known.pop(id(self._objects.pop(number)), None)
                self._modules.pop(number, None)
                self._untold.discard(number)

    def _bases(self, kind: type) -> list[str]:
        """The names of torch's classes among a class and its bases."""
        if kind not in self._bases_of:
            names = (f"{base.__module__}.{base.__qualname__}" for base in kind.__mro__)
            self._bases_of[kind] = [name for name in names if name.startswith("torch.")]
        return self._bases_of[kind]

    # -- what the judge was told ------------------------------------------------------------------

    def tell(self, tensor: torch.Tensor) -> int:
        """The number of a tensor; remember that the judge is sent its present values."""
        number = self.number(tensor)
        told = self._tensors.get(number)
        if told is None or not told.holds(tensor):
            if told is not None:  # other proxies of it may have the old values
                self._touched.add(number)
            self._tensors[number] = _Told.of(tensor)
        return number

    def describe(self, module: nn.Module, encoder: Encoder) -> Described:
        """Describe the present state of a module."""

        def tensors(named: Any) -> list[tuple[str, Tensor]]:
            return [(n, encoder.tensor(t, self.tell(t))) for n, t in named if t is not None]

        number = self.number(module)
        self._untold.discard(number)
        self._modules[number] = _structure(module), []  # so that it isn't described inside itself
        children = [(n, c) for n, c in module._modules.items() if c is not None]
        described = Described(
            tensors(module._parameters.items()),
            # One that can't cross is left out: whoever asks for it by its name is told why.
            tensors((n, b) for n, b in module._buffers.items() if b is None or not refused(b)),
            [(name, self.refer(child)) for name, child in children],
            module.training,
        )
        own = [*described.parameters, *described.buffers]
        handles = [tensor.handle for _, tensor in own if tensor.handle is not None]
        self._modules[number] = _structure(module), handles
        for name, child in children[:MAX_INSIDE]:
            if self.number(child) not in self._modules:
                described.inside[name] = self.describe(child, encoder)
        return described

    def untold(self, encoder: Encoder) -> dict[int, Described]:
        """Describe modules whose present state the judge doesn't know, if they are small.

        The judge would ask for most of them, so this saves messages.
        """
        described = {}
        left = min(MAX_UNASKED, MAX_UNASKED_IN_A_TEST - self._unasked)
        for number in sorted(self._untold):  # a parent comes before its children
            module = self._objects[number]
            if number in self._modules:
                continue
            try:
                size = _size(module, left)
                if size is not None:
                    described[number] = self.describe(module, encoder)
                    left -= size
                    self._unasked += size
            except Exception:  # an odd module: a request for it will report why
                self._modules.pop(number, None)
        self._untold.clear()
        return described

    def touched(self) -> list[int]:
        """Tensors and modules that have changed since the judge was told; each is named once."""
        gone = {n for n, told in self._tensors.items() if not told.holds(self._objects[n])}
        gone |= self._touched
        for number, (structure, numbers) in self._modules.items():
            if not gone.isdisjoint(numbers) or structure != _structure(self._objects[number]):
                gone.add(number)
        for number in gone:
            if number not in self._touched:
                self._tensors.pop(number, None)
            if self._modules.pop(number, None) is not None:
                self._untold.add(number)
        self._touched = set()
        return sorted(gone)

    def begin(self) -> None:
        """A test begins: forget what the judge was told, as it will ask again."""
        self._tensors.clear()
        self._modules.clear()
        self._touched.clear()
        self._untold.clear()
        self._unasked = 0


def lists_itself(module: nn.Module) -> bool:
    """Whether a module's own code says which parameters it has, rather than torch's."""
    kind, own = type(module), vars(module)
    return any(
        name in own or getattr(kind, name, None) is not getattr(nn.Module, name) for name in LISTING
    )


def _name(value: Any) -> str:
    """What the student calls it, or its class."""
    try:
        name = value.__name__
    except Exception:  # it has none, or raises whatever it is asked for
        name = None
    return name if isinstance(name, str) and name else type(value).__name__


def _size(module: nn.Module, most: int) -> int | None:
    """The bytes of a module's tensors and of the gradients they may have; None if more than `most`.

    It looks at no more than `MAX_LOOKED_AT` parts: a module's dictionaries may never end.
    """
    size, parts = 0, 0
    modules = [module]
    for one in modules:  # it grows
        named = (one._parameters.items(), one._buffers.items(), one._modules.items())
        for _, part in itertools.chain(*named):
            parts += 1
            if isinstance(part, nn.Module):
                modules.append(part)
            elif part is not None:
                size += part.nbytes * (1 + part.requires_grad)
            if size > most or parts > MAX_LOOKED_AT:
                return None
    return size


def _structure(module: nn.Module) -> list[Any]:
    """The parts of a module: its mode, and its tensors and children by name."""
    parts: list[dict[str, Any]] = [module._parameters, module._buffers, module._modules]
    return [module.training, *((name, id(part)) for named in parts for name, part in named.items())]


def _kind(tensor: torch.Tensor) -> tuple[Any, ...]:
    return tensor.dtype, tensor.device, tensor.shape, tensor.requires_grad


def _bytes(tensor: torch.Tensor) -> bytes | None:
    try:
        return elements(tensor).tobytes()
    except Unsupported:
        return None
