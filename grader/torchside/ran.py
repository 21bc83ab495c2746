"""What ran: the operators, modules, optimizers and passes of autograd inside a block of code.

    with Ran() as ran:
        student.fit(model, ...)
    ran.names  # Counter({"aten::addmm": 4, "torch.nn.Linear": 5, "torch.autograd.backward": 2, …})

Operators and autograd nodes are reported by torch's profiler. It sits below every mode and
transform, and sees all threads. Modules, optimizers and questions about devices are noted by taps
(`grader.torchside.taps`). Neither reads the source, so it doesn't matter what a thing is called
there. `names` holds:

- ``aten::mm``: an operator ran. ``autograd::MmBackward0``: a node of the graph ran.
- ``torch.nn.Linear``: a module of this class, or of one derived from it, was constructed or called.
  A call counts more than once, and so does an operator under `torch.func`'s transforms.
- ``torch.optim.SGD``, ``torch.optim.SGD.step``: an optimizer was constructed, took a step. One of
  the student's own that derives from ``torch.optim.Optimizer`` counts under that name.
  ``torch.optim.sgd.sgd``: a function that does the work of a step.
- ``torch.autograd.backward``: a pass through the graph, also by `torch.autograd.grad`.
- ``torch.cuda.is_available`` and its like: code that isn't torch's own asked for a device.
- `STOPPED`: the profiler was stopped from inside, so nobody knows what ran. Only code that uses
  torch's private functions for this can do it; an ordinary profiler in the block is fine.

`torch.compile` compiles nothing in the block.

Code that sets out to deceive can change whatever is in its own process, this included.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import torch
from torch import nn

from grader.torchside.private import PassCounter, Profiler
from grader.torchside.taps import Instead, Taps, asked_by_torch

STOPPED = "profiler.stopped"
PASS = "torch.autograd.backward"

_NODE = "autograd::engine::evaluate_function: "
_QUESTIONS = {
    "cuda": ("is_available", "device_count"),
    "xpu": ("is_available", "device_count"),
    "mps": ("device_count",),
    "backends.mps": ("is_available",),
    "accelerator": ("is_available", "current_accelerator", "device_count"),
}


class Ran:
    """Counts in `names` what runs in the block; a block inside another counts nothing itself."""

    _active: Ran | None = None

    def __init__(self) -> None:
        self.names: Counter[str] = Counter()
        self._profiler = Profiler(self._saw)
        self._passes = PassCounter(lambda: _note(PASS))

    def __enter__(self) -> Ran:
        if Ran._active is None:
            Ran._active = self
            _TAPS.open()
            self._passes.open()
            self._eager = _eager()
            try:
                self._profiler.start()
            except BaseException:
                self._close()
                raise
        return self

    def __exit__(self, *_: object) -> None:
        if Ran._active is not self:
            return
        if not self._profiler.stop():
            self.names[STOPPED] += 1
        self._close()
        if any(name.startswith("autograd::") for name in self.names):
            self.names.setdefault(PASS, 1)

    def _close(self) -> None:
        self._passes.close()
        self._eager.__exit__(None, None, None)
        _TAPS.close()
        Ran._active = None

    def _saw(self, name: str) -> None:
        """Take a name from the profiler."""
        if name.startswith(_NODE):
            self.names["autograd::" + name.rpartition(":")[2].strip()] += 1
        elif "::" in name and not name.startswith("torch::"):
            self.names[name] += 1


def _note(name: str) -> None:
    if Ran._active is not None:
        Ran._active.names[name] += 1


def _eager() -> AbstractContextManager[None]:
    """Run without the compiler what is compiled already: it can't follow a tap."""
    if "torch._dynamo" not in sys.modules:
        return nullcontext()
    stance: AbstractContextManager[None] = torch.compiler.set_stance("force_eager")
    return stance


def _on_compiling() -> Iterator[tuple[Any, Instead]]:
    def eagerly(original: Any, *args: Any, **kwargs: Any) -> Any:
        return original(*args, **{**kwargs, "disable": True})

    yield torch.compile, eagerly


def _on_modules() -> Iterator[tuple[Any, Instead]]:
    def used(original: Any, module: Any, *args: Any, **kwargs: Any) -> Any:
        for cls in type(module).__mro__:
            if cls in _MODULES:
                _note(_MODULES[cls])
        return original(module, *args, **kwargs)

    yield nn.Module.__init__, used
    yield nn.Module.__call__, used
    for cls in _MODULES:
        if "forward" in vars(cls):
            yield vars(cls)["forward"], used


def _on_optimizers() -> Iterator[tuple[Any, Instead]]:
    def made(original: Any, optimizer: Any, *args: Any, **kwargs: Any) -> Any:
        _note(_optimizer_of(optimizer))
        return original(optimizer, *args, **kwargs)

    def stepped(original: Any, optimizer: Any, *args: Any, **kwargs: Any) -> Any:
        _note(f"{_optimizer_of(optimizer)}.step")
        return original(optimizer, *args, **kwargs)

    yield torch.optim.Optimizer.__init__, made
    for cls in _OPTIMIZERS:
        if "step" in vars(cls):
            yield vars(cls)["step"], stepped
        module = sys.modules[cls.__module__]
        for name, function in vars(module).items():
            if name.endswith(f"_{_last(module)}") or name == _last(module):
                yield function, _counted(f"{module.__name__}.{name}")


def _on_questions() -> Iterator[tuple[Any, Instead]]:
    for place, names in _QUESTIONS.items():
        for name in names:
            function = getattr(_found(place), name, None)
            if function is not None:
                yield function, _counted(f"torch.{place}.{name}", by_others=True)


def _counted(name: str, *, by_others: bool = False) -> Instead:
    """Count calls under `name`; `by_others`: those from code outside torch."""

    def counted(original: Any, *args: Any, **kwargs: Any) -> Any:
        if not (by_others and asked_by_torch()):
            _note(name)
        return original(*args, **kwargs)

    return counted


def _found(path: str) -> Any:
    """What `torch` has at a dotted path; None if this torch doesn't have it."""
    found: Any = torch
    for name in path.split("."):
        found = getattr(found, name, None)
    return found


def _last(module: Any) -> str:
    """The module's own name, without an underscore in front: it is that of its function."""
    return str(module.__name__).rpartition(".")[2].lstrip("_")


def _named(package: Any, base: type) -> dict[type, str]:
    """The classes of a package that derive from `base`, with their public names."""
    return {
        cls: f"{package.__name__}.{name}"
        for name, cls in vars(package).items()
        if isinstance(cls, type) and issubclass(cls, base) and cls is not base
    }


# Looked up while no code of a student has run in this process yet.
_MODULES = _named(nn, nn.Module)
_OPTIMIZERS = _named(torch.optim, torch.optim.Optimizer)


def _optimizer_of(optimizer: object) -> str:
    names = [_OPTIMIZERS[cls] for cls in type(optimizer).__mro__ if cls in _OPTIMIZERS]
    return names[0] if names else "torch.optim.Optimizer"


_TAPS = Taps([*_on_compiling(), *_on_modules(), *_on_optimizers(), *_on_questions()])
