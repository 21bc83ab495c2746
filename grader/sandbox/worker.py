"""The sandbox's end of the connection: it carries out the judge's requests."""

from __future__ import annotations

import contextlib
import functools
import operator
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, NoReturn

import torch
from torch import nn

from grader.sandbox import fallbacks
from grader.sandbox.loading import Workplace, define, usable_devices
from grader.sandbox.objects import LISTING, Objects
from grader.sandbox.stand_ins import StandIn
from grader.torchside import accelerator
from grader.torchside.pretend import pretended
from grader.torchside.ran import Ran
from grader.torchside.seeding import seed_everything
from grader.wire.arguments import Arguments
from grader.wire.channel import Channel
from grader.wire.codec import Decoder, Encoder, Proxy
from grader.wire.errors import BoundaryError, ProtocolError
from grader.wire.peer import Answer, Peer
from grader.wire.structs import (
    Backward,
    Call,
    Define,
    Describe,
    Described,
    Devices,
    Get,
    Handle,
    Load,
    Noted,
    Notice,
    Raised,
    Release,
    Request,
    Returned,
    Seed,
    Set,
    Tensor,
    TorchName,
    Touched,
    Value,
    Write,
)


class Callback(Proxy):
    """Stands for a callable of the judge that was passed as an argument."""

    def __init__(self, peer: Peer, handle: Handle) -> None:
        self._peer, self._number = peer, handle.number
        self.__name__ = handle.name

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self._peer.call(self._number, "", args, kwargs).value


class CallbackError(Exception):
    """An error that the judge's callable raised."""


class Worker:
    """Serves one judge over one channel until the channel closes."""

    def __init__(self, channel: Channel, folder: Path) -> None:
        self._peer = Peer(channel, self)
        self._notes: list[Notice] = []
        self._workplace = Workplace(folder, self._notes.append)
        self._objects = Objects()
        self._records = True
        self._looked = False  # whether it has looked for changes since the last code ran

    def run(self) -> None:
        """Answer requests until the judge closes the channel."""
        while True:
            self._peer.serve(*self._peer.channel.receive())

    # -- what the judge asks for ------------------------------------------------------------------

    def answer(self, request: Request, body: bytearray) -> Answer:
        match request:
            case Call():
                return self._call(request, body)
            case Backward():
                return self._peer.propagated(request, body)
            case Describe(target):
                encoder = Encoder(self.refer)
                return self._objects.describe(self._objects[target], encoder), encoder.blobs
            case Get(target, path):
                return self._get(self._objects[target], path)
            case Set(target, path, value):
                _set(self._objects[target], path, self._peer.value(value, self._peer.decoder(body)))
                return self._returned(None)
            case Define(name, source):
                return self._returned(define(name, source))
            case Write(files):
                self._workplace.write(files, body)
                return self._returned(None)
            case Load(module, pretend):
                return self._returned(self._workplace.load(module, pretend))
            case Devices():
                return self._returned(usable_devices())
            case _:
                raise TypeError("not a request")

    def asking(self) -> AbstractContextManager[None]:
        return contextlib.nullcontext()

    def excuse(self, error: BaseException) -> Answer:
        return self._workplace.raised(error), ()

    def hear(self, notice: Notice) -> None:
        match notice:
            case Release(objects):
                self._objects.forget(objects)
            case Seed(seed):
                seed_everything(seed)
                self._records = True
                self._objects.begin()

    def notices(self) -> list[Notice]:
        if not self._looked:
            self._find_touched()
        self._looked = False
        notices = [*self._notes]
        self._notes.clear()
        return notices

    def note(self, note: str) -> None:
        """Tell the judge, with the next message, of something that was done in another way."""
        self._notes.append(Noted(note))

    def _call(self, call: Call, body: bytearray) -> Answer:
        function = self._objects[call.target]
        if call.path in _OPERATIONS:  # so an object without it raises what Python raises
            function = functools.partial(_OPERATIONS[call.path], function)
        elif call.path:
            function = operator.attrgetter(call.path)(function)
        arguments = Arguments(call, body, self._peer.decoder(body))
        ran = Ran() if call.watch else None
        grad = call.grad and self._records
        observed = ran or contextlib.nullcontext()
        with torch.set_grad_enabled(grad), observed, pretended(call.pretend):
            result = arguments.run(function)
            if call.path in LISTING and not isinstance(result, (list, tuple)):
                result = (item for item in result)  # of whatever kind: it crosses at once
            if grad:  # if student code switches gradients off, they stay off until the next test
                self._records = torch.is_grad_enabled()
        for stream in (sys.stdout, sys.stderr):
            with contextlib.suppress(Exception):
                stream.flush()
        live = self._live_of(self._objects[call.target]) if call.path else _none_live
        names = ran.names if ran else {}
        return self._peer.returned(call, arguments, result, live, names, self._untold)

    def _untold(self, encoder: Encoder) -> dict[int, Described]:
        """The modules to describe in an answer, with those that the call changed."""
        self._find_touched()
        return self._objects.untold(encoder)

    def _find_touched(self) -> None:
        if touched := self._objects.touched():
            self._notes.append(Touched(touched))
        self._looked = True

    def _get(self, target: Any, path: str) -> Answer:
        if path:
            return self._returned(operator.attrgetter(path)(target), self._live_of(target))
        if isinstance(target, torch.Tensor):
            self._objects.tell(target)
        return self._returned(target)

    def _returned(self, value: Any, live: Any = lambda tensor: None) -> Answer:
        encoder = Encoder(self.refer, live)
        return Returned(encoder.encode(value)), encoder.blobs

    def _live_of(self, keeper: Any) -> Any:
        """Gives the number of a leaf that an object keeps (a layer's weight): it isn't copied."""
        if isinstance(keeper, (nn.Module, torch.optim.Optimizer)):
            return lambda tensor: self._objects.tell(tensor) if tensor.is_leaf else None
        return _none_live

    # -- references -------------------------------------------------------------------------------

    def refer(self, value: Any) -> Value:
        if isinstance(value, Callback):
            return Handle(value._number, owned=False)
        if type(value) is StandIn:
            value.needed()
        return self._objects.refer(value)

    def resolve(self, value: Handle | TorchName) -> Any:
        if isinstance(value, TorchName):
            return operator.attrgetter(value.name)(torch)
        return Callback(self._peer, value) if value.owned else self._objects[value.number]

    def live(self, struct: Tensor, decoder: Decoder) -> torch.Tensor:
        raise ProtocolError("no such tensor")

    def device(self, name: str) -> torch.device:
        if name.partition(":")[0] == accelerator.NAME:
            return accelerator.simulated()  # torch doesn't know the device before this call
        return torch.device(name)

    def raise_here(self, raised: Raised) -> NoReturn:
        raise _CALLBACK_ERRORS.get(raised.builtin, CallbackError)(raised.message)


_OPERATIONS: dict[str, Callable[..., Any]] = {
    "__getitem__": operator.getitem,
    "__len__": len,
    "__iter__": iter,
    "__next__": next,
}


def _none_live(tensor: torch.Tensor) -> None:
    """No tensor is shared."""


def _set(target: Any, path: str, value: Any) -> None:
    if not path:  # the values of a tensor
        with torch.no_grad():
            target.copy_(value)
    else:
        setattr(target, path, value)


def serve(channel: Channel, folder: Path) -> None:
    """Send a first message, then answer requests until the judge closes the channel."""
    worker = Worker(channel, folder)
    fallbacks.install(worker.note)
    with contextlib.suppress(BoundaryError):
        channel.send(Returned(None))
        worker.run()


def refuse(channel: Channel, error: Exception) -> None:
    """Tell the judge that this process won't run student code, and why."""
    with contextlib.suppress(BoundaryError):
        channel.send(Raised(type(error).__name__, "RuntimeError", str(error), []))


_CALLBACK_ERRORS: dict[str, type[Exception]] = {
    error.__name__: error
    for error in (TypeError, ValueError, RuntimeError, IndexError, AttributeError)
}
