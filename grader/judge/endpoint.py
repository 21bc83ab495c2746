"""The judge's end of the connection. Whatever arrives here may be a lie."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import torch

from grader.judge import proxies
from grader.judge.errors import Crashed, shortened, student_error
from grader.torchside import accelerator
from grader.wire.channel import Channel
from grader.wire.codec import Decoder, Encoder
from grader.wire.errors import BoundaryError, Gone, ProtocolError, Unsupported
from grader.wire.peer import Arguments, Endpoint, Outcome
from grader.wire.structs import (
    Backward,
    Call,
    Describe,
    Described,
    Get,
    Handle,
    Load,
    Message,
    Raised,
    Release,
    Returned,
    Seed,
    Set,
    Tensor,
    TorchName,
    Value,
    Write,
)

if TYPE_CHECKING:
    from grader.judge.session import Session

MAX_CALLBACKS = 100_000
MAX_KEPT_BYTES = 512 << 20
ANSWER_BYTES = 64 << 20
TEST_BYTES = 1 << 30


class JudgeEndpoint(Endpoint):
    """Calls student code; serves nothing but the callables that a test passed in."""

    def __init__(self, channel: Channel, session: Session) -> None:
        super().__init__(channel)
        channel.body_limit = ANSWER_BYTES
        self._session = session
        self.recorder = session.recorder
        self.ended = False
        self._watching: set[str] | None = None
        self._callbacks: dict[int, Callable[..., Any]] = {}
        self._callback_numbers = itertools.count(1)
        self._callback_calls = self._kept_bytes = 0
        self._callback_error: BaseException | None = None
        self.age = 0  # grows with every request that may have changed something over there

    # -- requests ---------------------------------------------------------------------------------

    def request(
        self, message: Message, blobs: Sequence[memoryview] = ()
    ) -> tuple[Message, bytearray]:
        reads = isinstance(message, Describe) or (isinstance(message, Get) and not message.path)
        self.age += not reads
        if self.ended:
            raise Gone("the object went with its sandbox")
        if not self._nesting:
            self.channel.deadline = self._session.limit()
            self._callback_error = None
        try:
            if not self._nesting and self.channel.has_more():
                raise ProtocolError("something came that was no answer")
            return super().request(message, blobs)
        except BoundaryError as error:
            if self._nesting:
                raise
            raise self._session.broken(error) from None

    @contextmanager
    def _distrust(self) -> Iterator[None]:
        """End a sandbox whose answer made no sense: whatever else it has sent is no better."""
        try:
            yield
        except ProtocolError as error:
            if isinstance(error, Gone) or self._nesting or self.ended:
                raise
            raise self._session.broken(error) from None

    def write(self, files: dict[str, bytes]) -> None:
        """Hand over the submission's files."""
        sizes = {name: len(content) for name, content in files.items()}
        self.returned(Write(sizes), [memoryview(content) for content in files.values()])

    def load(self, module: str) -> int:
        """Import the submission's `module`; the number of the module object."""
        reply, _ = self.returned(Load(module))
        if not isinstance(reply.value, Handle):
            raise ProtocolError("not a module")
        return reply.value.number

    def seed(self, seed: int) -> None:
        """Seed what student code draws from: a test begins."""
        self.channel.allowance = TEST_BYTES
        self.returned(Seed(seed))

    def get(self, target: int, path: str) -> Any:
        with self._distrust():
            reply, body = self.returned(Get(target, path))
            return self.results(reply.value, self.decoder(body), None)

    def fetch(self, number: int) -> tuple[torch.Tensor, torch.Tensor | None]:
        """A live tensor's values and gradient, as they are now."""
        with self._distrust():
            reply, body = self.returned(Get(number, ""))
            if not isinstance(reply.value, Tensor):
                raise ProtocolError("not a tensor")
            leaf = self.decoder(body).leaf(reply.value)
            return leaf.detach(), leaf.grad

    def assign(self, target: int, path: str, value: Any) -> None:
        encoder = Encoder(self.refer)
        self.returned(Set(target, path, encoder.encode(value)), encoder.blobs)

    @contextmanager
    def watch(self, operators: set[str]) -> Iterator[None]:
        """Collect in `operators` what calls inside the block dispatch."""
        self._watching = operators
        try:
            yield
        finally:
            self._watching = None

    def call(
        self,
        target: int,
        path: str,
        args: Sequence[Any],
        kwargs: Mapping[str, Any],
        *,
        watch: bool = False,
    ) -> Outcome:
        with self._distrust():
            outcome = super().call(target, path, args, kwargs, watch=self._watching is not None)
        if self._watching is not None:
            self._watching.update(outcome.operators)
        return outcome

    def describe(self, target: int) -> tuple[Described, Decoder]:
        reply, body = self.request(Describe(target))
        if not isinstance(reply, Described):
            raise ProtocolError("not a module's description")
        return reply, self.decoder(body)

    # -- references -------------------------------------------------------------------------------

    def refer(self, value: Any) -> Value:
        if (number := proxies.number_of(self, value)) is not None:
            return Handle(number, owned=False)
        if name := torch_name(value):
            return TorchName(name)
        if isinstance(value, torch.nn.Module):
            raise Unsupported("a module can't cross: make it with the fixture `lab`")
        if callable(value):
            callback = next(self._callback_numbers)
            self._callbacks[callback] = value
            return Handle(callback, kind="callable", name=getattr(value, "__name__", "function"))
        return super().refer(value)

    def resolve(self, value: Value) -> Any:
        if not isinstance(value, Handle):
            raise ProtocolError("no such value")
        if value.owned:
            return proxies.proxy_of(self, value)
        if value.number not in self._callbacks:
            raise ProtocolError("no such object")
        return self._callbacks[value.number]

    def live(self, struct: Tensor, decoder: Decoder) -> torch.Tensor:
        live: torch.Tensor = proxies.LiveTensor.of(self, struct, decoder)
        return live

    def device(self, name: str) -> torch.device:
        kind = name.partition(":")[0]
        if kind == accelerator.NAME:
            return accelerator.simulated()
        counts = {"cpu": 1, "cuda": torch.cuda.device_count(), "mps": torch.mps.device_count()}
        known = [f"{kind}:{index}" for index in range(counts.get(kind, 0))]
        if name not in (kind, *known) or not known:
            raise ProtocolError("no such device")
        return torch.device(name)

    def raise_remote(self, raised: Raised) -> Any:
        if self._callback_error is not None:
            error, self._callback_error = self._callback_error, None
            raise error
        raised = shortened(raised)
        if breach := self._session.breach(raised):
            raise Crashed(breach, raised)
        raise student_error(raised)

    # -- callbacks --------------------------------------------------------------------------------

    def keep_graph(self, serial: int, arguments: Arguments, outputs: list[torch.Tensor]) -> None:
        """Keep a callback's graph, within bounds: the sandbox says when it is to be dropped."""
        if serial in self._graphs:
            raise ProtocolError("two calls with one number")
        super().keep_graph(serial, arguments, outputs)
        self._kept_bytes += self._size_of(serial)
        if self._kept_bytes > MAX_KEPT_BYTES:
            raise ProtocolError("too many calls are kept for a backward pass")

    def drop_graphs(self, serials: list[int]) -> None:
        for serial in set(serials):
            self._kept_bytes -= self._size_of(serial)
        super().drop_graphs(serials)

    def _size_of(self, serial: int) -> int:
        graph = self._graphs.get(serial)
        return sum(t.nbytes for t in (*graph.leaves, *graph.outputs)) if graph else 0

    def serve(self, message: Message, body: bytearray) -> None:
        try:
            self._serve(message, body)
        except BoundaryError:
            raise
        except Exception as error:  # the two sides are out of step from here on
            raise ProtocolError(f"a callback failed with {type(error).__name__}") from error

    def _serve(self, message: Message, body: bytearray) -> None:
        match message:
            case Call(path=""):
                self._serve_call(message, body)
            case Backward():
                self.serve_backward(message, body)
            case Release(_, calls):
                self.drop_graphs(calls)
            case _:
                raise ProtocolError("the sandbox asked for what it may not have")

    def _serve_call(self, call: Call, body: bytearray) -> None:
        self._callback_calls += 1
        function = self._callbacks.get(call.target)
        if function is None or self._callback_calls > MAX_CALLBACKS:
            raise ProtocolError("no such callable, or called too often")
        arguments = self.arguments(call, body)
        try:
            with torch.set_grad_enabled(call.grad):
                result = function(*arguments.args, **arguments.kwargs)
        except BoundaryError:
            raise
        except Exception as error:
            # An assertion's text may hold an expected value, so it stays here.
            self._callback_error = error if isinstance(error, AssertionError) else None
            text = "" if isinstance(error, AssertionError) else str(error)
            self.channel.send(Raised(type(error).__name__, type(error).__name__, text, []))
            return
        encoder = Encoder(self.refer)
        value = encoder.encode(result)
        self.keep_graph(call.serial, arguments, list(encoder.tensors))
        self.channel.send(Returned(value, arguments.changed(encoder)), encoder.blobs)


def torch_name(value: Any) -> str:
    """The dotted name below `torch` of one of its own functions or classes, or ''."""
    name = getattr(value, "__name__", None)
    if not isinstance(name, str) or not callable(value):
        return ""
    for home in ("nn.functional", "nn", "", "optim", "special", "linalg"):
        found: Any = torch
        for part in filter(None, home.split(".")):
            found = getattr(found, part)
        if getattr(found, name, None) is value:
            return f"{home}.{name}".lstrip(".")
    return ""
