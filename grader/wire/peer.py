"""One end of a connection: calls the other side, serves its calls, lets gradients flow both ways.

A call copies tensors in, and copies out what the callee changed in place. The side that was called
keeps the graph of the call; when the caller's backward pass reaches the call's outputs, their
gradients are sent over and the gradients of the inputs come back.
"""

from __future__ import annotations

import itertools
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import torch
from torch.autograd.function import once_differentiable

from grader.wire.channel import Channel
from grader.wire.codec import Decoder, Encoder, find
from grader.wire.errors import ProtocolError, Unsupported
from grader.wire.structs import (
    REPLIES,
    Backward,
    Call,
    Message,
    Raised,
    Release,
    Returned,
    Tensor,
    Value,
)

MAX_NESTING = 32


class Outcome(NamedTuple):
    """What a call gave: its value, and the operators it dispatched (if they were watched)."""

    value: Any
    operators: list[str]


@dataclass
class _Graph:
    """A served call's own leaves and outputs, kept until the caller forgets the call."""

    leaves: list[torch.Tensor]
    outputs: list[torch.Tensor]


class Endpoint:
    """Both sides' common half. A subclass says what may be referred to, and what requests do."""

    def __init__(self, channel: Channel) -> None:
        self.channel = channel
        self._serials = itertools.count(1)
        self._graphs: dict[int, _Graph] = {}
        self._forgotten: tuple[list[int], list[int]] = ([], [])
        self._nesting = 0
        self._turn = threading.RLock()

    # -- for subclasses ---------------------------------------------------------------------------

    def refer(self, value: Any) -> Value:
        """The handle that stands for a value which can't cross."""
        raise Unsupported(f"a {type(value).__name__} can't cross")

    def resolve(self, value: Value) -> Any:
        """What a handle stands for."""
        raise NotImplementedError

    def device(self, name: str) -> torch.device:
        """The device of that name."""
        raise NotImplementedError

    def raise_remote(self, raised: Raised) -> Any:
        """Raise here what was raised on the other side."""
        raise NotImplementedError

    def serve(self, message: Message, body: bytearray) -> None:
        """Answer one request of the other side."""
        raise NotImplementedError

    def decoder(self, body: bytearray) -> Decoder:
        return Decoder(body, self.device, self.resolve)

    # -- the caller's half ------------------------------------------------------------------------

    def request(
        self, message: Message, blobs: Sequence[memoryview] = ()
    ) -> tuple[Message, bytearray]:
        """Send a request and wait for its reply, serving what the other side asks meanwhile."""
        with self._turn:
            self._nesting += 1
            try:
                if self._nesting > MAX_NESTING:
                    raise ProtocolError("calls are nested too deeply")
                self._send_forgotten()
                self.channel.send(message, blobs)
                while True:
                    reply, body = self.channel.receive()
                    if isinstance(reply, Raised):
                        self.raise_remote(reply)
                    if isinstance(reply, REPLIES):
                        return reply, body
                    self.serve(reply, body)
            finally:
                self._nesting -= 1

    def returned(
        self, message: Message, blobs: Sequence[memoryview] = ()
    ) -> tuple[Returned, bytearray]:
        reply, body = self.request(message, blobs)
        if not isinstance(reply, Returned):
            raise ProtocolError("not the answer to this request")
        return reply, body

    def call(
        self,
        target: int,
        path: str,
        args: Sequence[Any],
        kwargs: Mapping[str, Any],
        *,
        watch: bool = False,
    ) -> Outcome:
        """Call attribute `path` of the other side's object `target`."""
        encoder = Encoder(self.refer)
        serial = next(self._serials)
        grad = torch.is_grad_enabled()
        message = Call(
            serial,
            target,
            path,
            [encoder.encode(arg) for arg in args],
            {name: encoder.encode(arg) for name, arg in kwargs.items()},
            grad,
            watch,
        )
        reply, body = self.returned(message, encoder.blobs)
        decoder = self.decoder(body)
        for index, struct in reply.changed:
            if not 0 <= index < len(encoder.tensors):
                raise ProtocolError("no such argument")
            _write_back(encoder.tensors[index], struct, decoder)
        value = self.results(reply.value, decoder, _Crossing(self, serial, encoder.tensors))
        return Outcome(value, reply.operators)

    def results(self, value: Value, decoder: Decoder, crossing: _Crossing | None) -> Any:
        """Rebuild a reply's value; tensors that have a graph over there get one here."""
        found = list(find(value))
        tensors: list[torch.Tensor] = []
        joined: list[int] = []
        for index, struct in enumerate(found):
            if struct.handle is not None:
                tensors.append(self.live(struct, decoder))
            elif struct.requires_grad and not struct.leaf and crossing is not None:
                joined.append(index)
                tensors.append(decoder.raw(struct))
            else:
                tensors.append(decoder.leaf(struct))
        if joined and crossing is not None:
            crossing.outputs = joined
            for index, tensor in zip(
                joined, crossing.join([tensors[index] for index in joined]), strict=True
            ):
                tensors[index] = tensor
        return decoder.value(value, iter(tensors))

    def live(self, struct: Tensor, decoder: Decoder) -> torch.Tensor:
        """The tensor of the other side that a struct with a handle stands for."""
        raise ProtocolError("no such tensor")

    def backward(self, serial: int, grads: list[tuple[int, torch.Tensor]]) -> list[Any]:
        """The gradients of a call's inputs from those of its outputs."""
        encoder = Encoder(self.refer)
        message = Backward(serial, [(index, encoder.encode(grad)) for index, grad in grads])
        reply, body = self.returned(message, encoder.blobs)
        decoder = self.decoder(body)
        value = decoder.value(reply.value, (decoder.raw(struct) for struct in find(reply.value)))
        if not isinstance(value, tuple):
            raise ProtocolError("not gradients")
        return list(value)

    def forget(self, *, number: int | None = None, serial: int | None = None) -> None:
        """Let the other side drop an object or a graph, with the next request."""
        objects, calls = self._forgotten
        if number is not None:
            objects.append(number)
        if serial is not None:
            calls.append(serial)

    def _send_forgotten(self) -> None:
        objects, calls = self._forgotten
        if objects or calls:
            self._forgotten = ([], [])
            self.channel.send(Release(objects, calls))

    # -- the callee's half ------------------------------------------------------------------------

    def arguments(self, call: Call, body: bytearray) -> Arguments:
        """Rebuild a call's arguments as leaves of this side's own graph."""
        return Arguments(call, self.decoder(body))

    def keep_graph(self, serial: int, arguments: Arguments, outputs: list[torch.Tensor]) -> None:
        if any(output.requires_grad and not output.is_leaf for output in outputs):
            self._graphs[serial] = _Graph(arguments.leaves, outputs)

    def serve_backward(self, message: Backward, body: bytearray) -> None:
        graph = self._graphs.get(message.serial)
        if graph is None:
            raise ProtocolError("no such call")
        decoder = self.decoder(body)
        outputs, grads = [], []
        for index, struct in message.grads:
            if not isinstance(struct, Tensor) or not 0 <= index < len(graph.outputs):
                raise ProtocolError("no such output")
            output = graph.outputs[index]
            outputs.append(output)
            grads.append(decoder.gradient(struct, output.detach()))
        # The leaves stand for the caller's tensors: their gradients belong there, not here.
        before = [leaf.grad for leaf in graph.leaves]
        for leaf in graph.leaves:
            leaf.grad = None
        try:
            torch.autograd.backward(outputs, grads, retain_graph=True)
            result = [leaf.grad if leaf.requires_grad else None for leaf in graph.leaves]
        finally:
            for leaf, grad in zip(graph.leaves, before, strict=True):
                leaf.grad = grad
        encoder = Encoder(self.refer)
        value = encoder.encode(tuple(None if g is None else g.detach() for g in result))
        self.channel.send(Returned(value), encoder.blobs)

    def drop_graphs(self, serials: list[int]) -> None:
        for serial in serials:
            self._graphs.pop(serial, None)


class Arguments:
    """The arguments of a call that is being served, and what the call did to them."""

    def __init__(self, call: Call, decoder: Decoder) -> None:
        structs = [s for arg in [*call.args, *call.kwargs.values()] for s in find(arg)]
        self.leaves: list[torch.Tensor] = []
        self._visible: list[torch.Tensor] = []
        for struct in structs:
            if struct.handle is not None:
                raise ProtocolError("no such argument")
            leaf = decoder.leaf(struct, keep_stride=True)
            self.leaves.append(leaf)
            inner = struct.requires_grad and not struct.leaf and call.grad
            self._visible.append(leaf.clone() if inner else leaf)
        self._before = [(t.detach().clone(), _clone(t.grad), t.requires_grad) for t in self.leaves]
        known = iter(self._visible)
        met: list[torch.Tensor] = []
        self.args = [decoder.value(arg, known, met) for arg in call.args]
        self.kwargs = {n: decoder.value(arg, known, met) for n, arg in call.kwargs.items()}

    def changed(self, encoder: Encoder) -> list[tuple[int, Tensor]]:
        """The tensors that aren't what they were, in values, gradient or flag."""
        return [(i, encoder.tensor(self._visible[i])) for i in self._changed()]

    def _changed(self) -> Iterator[int]:
        for index, (tensor, (values, grad, requires_grad)) in enumerate(
            zip(self._visible, self._before, strict=True)
        ):
            if tensor.shape != values.shape or tensor.dtype != values.dtype:
                raise TypeError("your code changed the shape or the dtype of an argument in place")
            same_grad = not tensor.is_leaf or _same(tensor.grad, grad)
            same_flag = not tensor.is_leaf or tensor.requires_grad == requires_grad
            if not (_same(tensor.detach(), values) and same_grad and same_flag):
                yield index


class _Crossing:
    """A call's place in the caller's graph."""

    def __init__(self, endpoint: Endpoint, serial: int, arguments: list[torch.Tensor]) -> None:
        self.endpoint, self.serial = endpoint, serial
        self.inputs = [(i, t) for i, t in enumerate(arguments) if t.requires_grad]
        self.outputs: list[int] = []

    def join(self, outputs: list[torch.Tensor]) -> tuple[torch.Tensor, ...]:
        # The anchor makes autograd record the call even where only parameters over there need it.
        anchor = torch.zeros((), requires_grad=True)
        inputs = [tensor for _, tensor in self.inputs]
        joined: tuple[torch.Tensor, ...] = _Join.apply(  # type: ignore[no-untyped-call]
            self, len(outputs), anchor, *outputs, *inputs
        )
        return joined

    def __del__(self) -> None:
        if self.outputs:
            self.endpoint.forget(serial=self.serial)


class _Join(torch.autograd.Function):
    """Attaches a call's outputs to the caller's graph, its inputs behind them."""

    @staticmethod
    def forward(ctx: Any, crossing: _Crossing, count: int, anchor: Any, *tensors: Any) -> Any:
        ctx.crossing, ctx.count = crossing, count
        ctx.set_materialize_grads(False)
        return tuple(output.view_as(output) for output in tensors[:count])

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, *grads: Any) -> Any:
        crossing: _Crossing = ctx.crossing
        known = [(i, g) for i, g in zip(crossing.outputs, grads, strict=True) if g is not None]
        result: list[Any] = [None] * len(crossing.inputs)
        if known:
            answer = crossing.endpoint.backward(crossing.serial, known)
            for place, (index, tensor) in enumerate(crossing.inputs):
                result[place] = _gradient(answer, index, tensor)
        return (None, None, None, *[None] * ctx.count, *result)


def _gradient(answer: list[Any], index: int, tensor: torch.Tensor) -> torch.Tensor | None:
    gradient = answer[index] if index < len(answer) else None
    if gradient is None:
        return None
    if not isinstance(gradient, torch.Tensor) or gradient.shape != tensor.shape:
        raise ProtocolError("a gradient doesn't fit its tensor")
    return gradient.to(tensor)


def _write_back(tensor: torch.Tensor, struct: Tensor, decoder: Decoder) -> None:
    new = decoder.raw(struct)
    if new.shape != tensor.shape or new.dtype != tensor.dtype or new.device != tensor.device:
        raise ProtocolError("a changed argument doesn't fit the argument")
    with torch.no_grad():
        if not _same(tensor.detach(), new):
            tensor.copy_(new)
    if tensor.is_leaf and tensor.is_floating_point():
        tensor.requires_grad_(struct.requires_grad)
    if tensor.is_leaf and tensor.requires_grad:
        tensor.grad = None if struct.grad is None else decoder.gradient(struct.grad, tensor)


def _clone(tensor: torch.Tensor | None) -> torch.Tensor | None:
    return None if tensor is None else tensor.detach().clone()


def _same(left: torch.Tensor | None, right: torch.Tensor | None) -> bool:
    """Whether two tensors are the same bit for bit (so NaN equals itself)."""
    if left is None or right is None:
        return left is right
    if left.shape != right.shape or left.dtype != right.dtype:
        return False
    pair = [t.detach().cpu().contiguous().reshape(-1) for t in (left, right)]
    return not pair[0].numel() or torch.equal(*(t.view(torch.uint8) for t in pair))
