"""One end of a connection: it calls the other side, and answers calls from there.

Both ends are of this class, and each may call the other while it is being called. A call sends
copies of its arguments. Leaves that require grad exist to be changed, so they are copied back.
All other arguments stay unchanged on the caller's side, and the answer names those that the call
changed on the other.
"""

from __future__ import annotations

import itertools
import re
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any, NamedTuple, NoReturn, Protocol

import torch

from grader.wire.arguments import MAX_CHANGED, Arguments, bring_back
from grader.wire.channel import Channel
from grader.wire.codec import Decoder, Encoder, find
from grader.wire.errors import BoundaryError, ProtocolError
from grader.wire.graphs import Crossing, Graphs
from grader.wire.structs import (
    Backward,
    Call,
    Described,
    Handle,
    Message,
    Notice,
    Raised,
    Release,
    Reply,
    Request,
    Returned,
    Tensor,
    TorchName,
    Value,
)

MAX_NESTING = 32
MAX_RAN = 20_000
MAX_TOLD = 1_000  # modules
_PLACE = re.compile(r"argument \d{1,6}")

Answer = tuple[Reply, Sequence[memoryview]]


class Side(Protocol):
    """What a peer needs from its own side, which is the judge or the worker."""

    def refer(self, value: Any) -> Value:
        """The handle for a value that can't cross. Raises `Unsupported` if it may have none."""

    def resolve(self, value: Handle | TorchName) -> Any:
        """The object that a handle or a name of torch means here."""

    def live(self, struct: Tensor, decoder: Decoder) -> torch.Tensor:
        """The proxy of a tensor that stays on the other side."""

    def device(self, name: str) -> torch.device:
        """The device of that name."""

    def asking(self) -> AbstractContextManager[None]:
        """A context in which a request is sent and its answer is read."""

    def answer(self, request: Request, body: bytearray) -> Answer:
        """Carry out a request from the other side."""

    def excuse(self, error: BaseException) -> Answer:
        """The answer to a request that failed, or whose answer can't cross."""

    def hear(self, notice: Notice) -> None:
        """Take note of a message that needs no answer."""

    def notices(self) -> list[Notice]:
        """The notices to send to the other side before the next message."""

    def raise_here(self, raised: Raised) -> NoReturn:
        """Raise an error that was raised on the other side."""


class Answered(NamedTuple):
    """The value of a call, the arguments that it changed, and what ran (if the caller asked).

    `described`: the modules that the answer describes, by number; `decoder` is for their tensors.
    """

    value: Any
    changed: list[str]
    ran: dict[str, int]
    described: dict[int, Described]
    decoder: Decoder


class Peer:
    """Makes calls over a channel; meanwhile, `side` answers calls from the other end."""

    def __init__(self, channel: Channel, side: Side, graphs: Graphs | None = None) -> None:
        self.channel = channel
        self.graphs = graphs or Graphs()
        self.nesting = 0
        self._side = side
        self._serials = itertools.count(1)
        self._forgotten = Release([], [])
        self._waiting: list[Notice] = []
        self._turn = threading.RLock()

    # -- asking -----------------------------------------------------------------------------------

    def call(
        self,
        target: int,
        path: str,
        args: Sequence[Any],
        kwargs: Mapping[str, Any],
        *,
        watch: bool = False,
        pretend: str = "",
    ) -> Answered:
        """Call attribute `path` ('' for the object itself) of object `target` of the other side.

        watch, pretend: as in `Call`.
        """
        with self._side.asking():
            encoder = Encoder(self._side.refer)
            call = Call(
                next(self._serials),
                target,
                path,
                [encoder.encode(arg) for arg in args],
                {name: encoder.encode(arg) for name, arg in kwargs.items()},
                torch.is_grad_enabled(),
                watch,
                pretend,
            )
            reply, body = self.ask(call, encoder.blobs)
            sizes = (reply.changed, MAX_CHANGED), (reply.ran, MAX_RAN), (reply.described, MAX_TOLD)
            if any(len(part) > most for part, most in sizes):
                raise ProtocolError("it says too much about a call")
            decoder = self.decoder(body)
            for index, struct in reply.brought_back:
                if not 0 <= index < len(encoder.tensors):
                    raise ProtocolError("no such argument")
                bring_back(encoder.tensors[index], struct, decoder)
            crossing = Crossing(self, call.serial, encoder.tensors)
            value = self.value(reply.value, decoder, crossing)
            changed = [name for name in reply.changed if _is_place(name)]
            return Answered(value, changed, _counts(reply.ran), reply.described, decoder)

    def ask(self, request: Request, blobs: Sequence[memoryview] = ()) -> tuple[Returned, bytearray]:
        """Send a request whose answer is a value, and return the answer."""
        reply, body = self.exchange(request, blobs)
        if not isinstance(reply, Returned):
            raise ProtocolError("not the answer to this request")
        return reply, body

    def exchange(
        self, request: Request, blobs: Sequence[memoryview] = ()
    ) -> tuple[Reply, bytearray]:
        """Send a request and wait for the reply; meanwhile, serve the other side's requests."""
        with self._turn:
            self.nesting += 1
            try:
                if self.nesting > MAX_NESTING:
                    raise ProtocolError("calls are nested too deeply")
                self._send(request, blobs)
                while True:
                    message, body = self.channel.receive()
                    if isinstance(message, Raised):
                        self._side.raise_here(message)
                    if isinstance(message, Reply):
                        return message, body
                    self.serve(message, body)
            finally:
                self.nesting -= 1

    def value(self, value: Value, decoder: Decoder, crossing: Crossing | None = None) -> Any:
        """Rebuild a reply's value; tensors with a graph on the other side get one here."""
        tensors: list[torch.Tensor] = []
        joined: list[int] = []
        for index, struct in enumerate(find(value)):
            if struct.handle is not None:
                tensors.append(self._side.live(struct, decoder))
            elif struct.requires_grad and not struct.leaf and crossing is not None:
                joined.append(index)
                tensors.append(decoder.raw(struct))
            else:
                tensors.append(decoder.leaf(struct))
        if joined and crossing is not None:
            outputs = crossing.join(joined, [tensors[index] for index in joined])
            for index, output in zip(joined, outputs, strict=True):
                tensors[index] = output
        return decoder.value(value, iter(tensors))

    def backward(self, serial: int, grads: list[tuple[int, torch.Tensor]]) -> list[Any]:
        """The gradients of a call's inputs, computed from those of its outputs."""
        with self._side.asking():
            encoder = Encoder(self._side.refer)
            message = Backward(serial, [(index, encoder.encode(grad)) for index, grad in grads])
            reply, body = self.ask(message, encoder.blobs)
            decoder = self.decoder(body)
            value = decoder.value(
                reply.value, (decoder.raw(struct) for struct in find(reply.value))
            )
            if not isinstance(value, tuple):
                raise ProtocolError("not gradients")
            return list(value)

    def forget(self, *, number: int | None = None, serial: int | None = None) -> None:
        """Tell the other side, with the next message, to drop an object or a graph."""
        if number is not None:
            self._forgotten.objects.append(number)
        if serial is not None:
            self._forgotten.calls.append(serial)

    # -- being asked ------------------------------------------------------------------------------

    def serve(self, message: Message, body: bytearray) -> None:
        """Answer one request, or take note of a notice."""
        if isinstance(message, Notice):
            if isinstance(message, Release):
                self.graphs.drop(message.calls)
            self._side.hear(message)
        elif isinstance(message, Request):
            try:
                self._send(*self._side.answer(message, body))
            except BoundaryError:
                raise
            except BaseException as error:
                self._send(*self._side.excuse(error))
        else:
            raise ProtocolError("an answer to no question")

    def returned(
        self,
        call: Call,
        arguments: Arguments,
        result: Any,
        live: Callable[[torch.Tensor], int | None] = lambda tensor: None,
        ran: Mapping[str, int] | None = None,
        describe: Callable[[Encoder], dict[int, Described]] = lambda encoder: {},
    ) -> Answer:
        """The answer to a call that gave `result`; its graph is kept for a backward pass.

        live: gives the number of a tensor that stays here. describe: gives the modules to describe.
        """
        encoder = Encoder(self._side.refer, live)
        value = encoder.encode(result)
        outputs = list(encoder.tensors)
        brought_back = arguments.to_bring_back(encoder)
        self.graphs.keep(call.serial, arguments.leaves, outputs)
        reply = Returned(value, brought_back, arguments.changed(), dict(ran or {}))
        reply.described = describe(encoder)
        return reply, encoder.blobs

    def propagated(self, message: Backward, body: bytearray) -> Answer:
        """The answer to a request for gradients."""
        gradients = self.graphs.backward(message, self.decoder(body))
        encoder = Encoder(self._side.refer)
        return Returned(encoder.encode(gradients)), encoder.blobs

    def decoder(self, body: bytearray) -> Decoder:
        """The decoder for the values of a message with this body."""
        return Decoder(body, self._side.device, self._side.resolve, self.channel.spend)

    def _send(self, message: Message, blobs: Sequence[memoryview]) -> None:
        self._waiting += self._side.notices()
        if self._forgotten.objects or self._forgotten.calls:
            self._waiting.append(self._forgotten)
            self._forgotten = Release([], [])
        self.channel.send(message, blobs, self._waiting)
        self._waiting = []


def _is_place(name: str) -> bool:
    return len(name) <= 100 and bool(name.isidentifier() or _PLACE.fullmatch(name))


def _counts(ran: dict[str, int]) -> dict[str, int]:
    if any(len(name) > 200 or not 0 < count < 1 << 62 for name, count in ran.items()):
        raise ProtocolError("that can't have run")
    return ran
