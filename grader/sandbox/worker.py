"""The student's side of the messages: loads the submission and answers the judge's requests."""

from __future__ import annotations

import contextlib
import importlib.util
import itertools
import linecache
import operator
import sys
import traceback
from collections import Counter
from pathlib import Path
from types import TracebackType
from typing import Any

import torch
from torch import nn

from grader.torchside import accelerator
from grader.torchside.operators import Operators
from grader.torchside.seeding import seed_everything
from grader.wire.channel import Channel
from grader.wire.codec import Encoder, Proxy
from grader.wire.errors import BoundaryError
from grader.wire.peer import Endpoint
from grader.wire.structs import (
    Backward,
    Call,
    Describe,
    Described,
    Frame,
    Get,
    Handle,
    Load,
    Message,
    Raised,
    Release,
    Returned,
    Seed,
    Set,
    TorchName,
    Value,
    Write,
)

TORCH = 0  # the object number that the judge's fixture `lab` speaks to
MESSAGE_LIMIT = 4_000
FRAMES_LIMIT = 20


class Callback(Proxy):
    """A callable of the judge's that was passed in."""

    def __init__(self, worker: Worker, number: int, name: str) -> None:
        self._worker, self._number = worker, number
        self.__name__ = name

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self._worker.call(self._number, "", args, kwargs).value


class CallbackError(Exception):
    """What the judge's callable raised."""


class Worker(Endpoint):
    """Serves one judge over one channel until that closes."""

    def __init__(self, channel: Channel, folder: Path) -> None:
        super().__init__(channel)
        self._folder = folder
        self._numbers = itertools.count(TORCH + 1)
        self._objects: dict[int, Any] = {TORCH: torch}
        self._known: dict[int, int] = {}
        self._sent: Counter[int] = Counter()
        self._records = True

    def run(self) -> None:
        """Answer until the judge hangs up."""
        while True:
            message, body = self.channel.receive()
            self.serve(message, body)

    # -- references -------------------------------------------------------------------------------

    def refer(self, value: Any) -> Value:
        if isinstance(value, Callback):
            return Handle(value._number, owned=False)
        kind = "object"
        if isinstance(value, nn.Module):
            kind = "module"
        elif callable(value):
            kind = "callable"
        bases = [f"{c.__module__}.{c.__qualname__}" for c in type(value).__mro__]
        number = self._number(value)
        self._sent[number] += 1
        return Handle(
            number,
            kind=kind,
            name=getattr(value, "__name__", type(value).__name__),
            bases=[name for name in bases if name.startswith("torch.")],
        )

    def _number(self, value: Any) -> int:
        number = self._known.get(id(value))
        if number is None:
            number = self._known[id(value)] = next(self._numbers)
            self._objects[number] = value
        return number

    def _forget(self, numbers: list[int]) -> None:
        """Let go of objects for which the judge has dropped as many proxies as it was sent."""
        for number in numbers:
            self._sent[number] -= 1
            if self._sent[number] == 0:
                self._known.pop(id(self._objects.pop(number)), None)

    def resolve(self, value: Value) -> Any:
        if isinstance(value, TorchName):
            return operator.attrgetter(value.name)(torch)
        assert isinstance(value, Handle)
        if value.owned:
            return Callback(self, value.number, value.name)
        return self._objects[value.number]

    def device(self, name: str) -> torch.device:
        if name.partition(":")[0] == accelerator.NAME:
            return accelerator.simulated()  # known to torch only once that has been called
        return torch.device(name)

    def raise_remote(self, raised: Raised) -> Any:
        raise _CALLBACK_ERRORS.get(raised.builtin, CallbackError)(raised.message)

    # -- requests ---------------------------------------------------------------------------------

    def serve(self, message: Message, body: bytearray) -> None:
        try:
            self._serve(message, body)
        except BoundaryError:
            raise
        except BaseException as error:
            self.channel.send(self._raised(error))

    def _serve(self, message: Message, body: bytearray) -> None:
        match message:
            case Write(files):
                self._write(files, body)
                self._reply(None)
            case Load(module):
                self._reply(self._load(module))
            case Call():
                self._call(message, body)
            case Get(target, path):
                found = self._objects[target]
                if path:
                    self._reply(operator.attrgetter(path)(found), live=target)
                else:
                    self._reply(found)
            case Set(target, path, value):
                decoder = self.decoder(body)
                self._set(self._objects[target], path, self.results(value, decoder, None))
                self._reply(None)
            case Describe(target):
                self._describe(self._objects[target])
            case Backward():
                self.serve_backward(message, body)
            case Release(objects, calls):
                self.drop_graphs(calls)
                self._forget(objects)
            case Seed(seed):
                seed_everything(seed)
                self._records = True
                self._reply(None)
            case _:
                raise TypeError("not a request")

    def _reply(self, value: Any, live: int | None = None) -> None:
        encoder = self._encoder(live)
        self.channel.send(Returned(encoder.encode(value)), encoder.blobs)

    def _encoder(self, target: int | None) -> Encoder:
        """An encoder; leaves that an object keeps (a layer's weights) are shared, not copied."""
        keeper = None if target is None else self._objects.get(target)
        if isinstance(keeper, (nn.Module, torch.optim.Optimizer)):
            return Encoder(self.refer, lambda t: self._number(t) if t.is_leaf else None)
        return Encoder(self.refer)

    def _call(self, call: Call, body: bytearray) -> None:
        arguments = self.arguments(call, body)
        function = self._objects[call.target]
        if call.path:
            function = operator.attrgetter(call.path)(function)
        watch = Operators() if call.watch else None
        grad = call.grad and self._records
        with torch.set_grad_enabled(grad), watch or contextlib.nullcontext():
            result = function(*arguments.args, **arguments.kwargs)
            if grad:  # what student code switches off stays off, until the next test begins
                self._records = torch.is_grad_enabled()
        encoder = self._encoder(call.target if call.path else None)
        value = encoder.encode(result)
        outputs = list(encoder.tensors)
        changed = arguments.changed(encoder)
        self.keep_graph(call.serial, arguments, outputs)
        for stream in (sys.stdout, sys.stderr):
            with contextlib.suppress(Exception):
                stream.flush()
        self.channel.send(
            Returned(value, changed, sorted(watch.names) if watch else []), encoder.blobs
        )

    def _describe(self, module: nn.Module) -> None:
        encoder = Encoder(self.refer)

        def tensors(named: Any) -> Any:
            return [(n, encoder.tensor(t, self._number(t))) for n, t in named if t is not None]

        described = Described(
            tensors(module._parameters.items()),
            tensors(module._buffers.items()),
            [(n, self.refer(c)) for n, c in module._modules.items() if c is not None],  # type: ignore[misc]
            module.training,
        )
        self.channel.send(described, encoder.blobs)

    def _set(self, target: Any, path: str, value: Any) -> None:
        if isinstance(target, torch.Tensor) and path == "data":
            with torch.no_grad():
                target.copy_(value)
        else:
            setattr(target, path, value)

    # -- the submission ---------------------------------------------------------------------------

    def _write(self, files: dict[str, int], body: bytearray) -> None:
        start = 0
        for file, size in files.items():
            path = self._folder / file
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(body[start : start + size])
            start += size
        sys.path.insert(0, str(self._folder))

    def _load(self, name: str) -> Any:
        linecache.clearcache()
        spec = importlib.util.spec_from_file_location(name, self._folder / f"{name}.py")
        assert spec is not None and spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        sys.modules[name] = module
        spec.loader.exec_module(module)
        return module

    def _raised(self, error: BaseException) -> Raised:
        builtin = next(c.__name__ for c in type(error).__mro__ if c.__module__ == "builtins")
        try:
            message = str(error)
        except Exception:
            message = ""
        frames = self._frames(error.__traceback__)
        if isinstance(error, SyntaxError) and error.filename:
            message = error.msg
            frames.append(
                Frame(
                    self._shown(error.filename) or "?",
                    error.lineno or 0,
                    "",
                    (error.text or "").strip(),
                )
            )
        hidden = message.replace(f"{self._folder}/", "").replace(str(self._folder), ".")
        clean = hidden[:MESSAGE_LIMIT].encode("utf-8", "backslashreplace").decode()
        return Raised(type(error).__name__[:100], builtin, clean, frames[-FRAMES_LIMIT:])

    def _frames(self, trace: TracebackType | None) -> list[Frame]:
        return [
            Frame(shown, frame.lineno or 0, frame.name[:100], (frame.line or "")[:200])
            for frame in traceback.extract_tb(trace)
            if (shown := self._shown(frame.filename))
        ]

    def _shown(self, file: str) -> str:
        """The name of a file of the submission as the student knows it; '' for any other file."""
        path = Path(file)
        return (
            path.relative_to(self._folder).as_posix() if path.is_relative_to(self._folder) else ""
        )


def serve(channel: Channel, folder: Path) -> None:
    """Say hello, then answer until the judge hangs up."""
    with contextlib.suppress(BoundaryError):
        channel.send(Returned(None))
        Worker(channel, folder).run()


def refuse(channel: Channel, error: Exception) -> None:
    """Tell the judge that this process won't run student code, and why."""
    with contextlib.suppress(BoundaryError):
        channel.send(Raised(type(error).__name__, "RuntimeError", str(error), []))


_CALLBACK_ERRORS: dict[str, type[Exception]] = {
    error.__name__: error
    for error in (TypeError, ValueError, RuntimeError, IndexError, AttributeError)
}
