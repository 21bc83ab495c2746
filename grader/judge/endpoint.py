"""The judge's end of the connection. Whatever arrives here may be a lie."""

from __future__ import annotations

import functools
import inspect
import textwrap
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, NoReturn, Protocol

import torch

from grader.judge.callbacks import Callbacks
from grader.judge.errors import Crashed, shortened, student_error
from grader.judge.live import LiveTensor
from grader.judge.loaded import skipped
from grader.judge.paths import RemotePath
from grader.judge.proxies import proxy_of
from grader.judge.remote import gone, number_of
from grader.suite.calls import Calls
from grader.torchside import accelerator
from grader.wire.channel import Channel
from grader.wire.codec import Decoder, Encoder
from grader.wire.errors import BoundaryError, Gone, ProtocolError, Unsupported
from grader.wire.graphs import Graphs
from grader.wire.peer import Answer, Peer
from grader.wire.structs import (
    NOTES,
    Absent,
    Backward,
    Call,
    Define,
    Describe,
    Described,
    Get,
    Handle,
    Load,
    Noted,
    Notice,
    Raised,
    Release,
    Request,
    Seed,
    Set,
    Skipped,
    Tensor,
    TorchName,
    Touched,
    Value,
    Write,
)

MAX_KEPT_BYTES = 256 << 20
ANSWER_BYTES = 64 << 20
TEST_BYTES = 512 << 20


class Keeper(Protocol):
    """What an endpoint needs of the session that keeps its sandbox."""

    calls: Calls

    def limit(self) -> float | None:
        """When the request that starts now has to be answered, of `time.monotonic`."""

    def logged(self, name: str, make: Callable[[], Any], args: Any, kwargs: Any) -> Any:
        """Make a call of the student's code, and note where it raised."""

    def note(self, text: str) -> None:
        """Tell whoever reads the result."""

    def lack(self, module: str) -> None:
        """Tell whoever reads the result that a module can't be imported."""

    def locate(self, file: str, line: int) -> str:
        """Where the student finds a line of a file."""

    def breach(self, raised: Raised) -> str:
        """The limit that an exception of student code is about, in words, or ''."""

    def is_of_stub(self, raised: Raised) -> bool:
        """Whether an exception comes from a function that is still to be written."""

    def broken(self, error: BoundaryError) -> BoundaryError:
        """End the sandbox that failed so; what to tell the test."""


class News:
    """What the sandbox has told of a module without being asked, and what that is about."""

    def __init__(self, described: Described, decoder: Decoder) -> None:
        self.described, self.decoder = described, decoder
        self.children: list[int] = []
        """The modules inside, each as often as it was referred to."""

        parts = [described]
        for part in parts:  # it grows
            self.children += [child.number for _, child in part.children]
            parts += part.inside.values()

    def is_about(self, number: int, touched: Iterable[int]) -> bool:
        """Whether one of these objects is the module, which has this number, or inside it."""
        return not {number, *self.children}.isdisjoint(touched)


class Endpoint:
    """Calls student code; serves nothing but the callables that a test passed in."""

    def __init__(self, channel: Channel, keeper: Keeper) -> None:
        channel.body_limit = ANSWER_BYTES
        self.channel = channel
        self.ended = False
        self._peer = Peer(channel, self, Graphs(MAX_KEPT_BYTES))
        self._keeper = keeper
        self._callbacks = Callbacks()
        self._seed: int | None = None
        self._test = 0
        self._touches: dict[int, int] = {}
        self._defined: dict[tuple[str, str], Any] = {}  # by name and source
        self._told: dict[int, News] = {}  # modules as they are, that nobody has asked for yet

    # -- requests ---------------------------------------------------------------------------------

    def call(
        self,
        number: int,
        path: str,
        args: Sequence[Any],
        kwargs: Mapping[str, Any],
        *,
        name: str = "",
        pretend: str = "",
    ) -> Any:
        """Call attribute `path` of an object; `name` is what the student calls it.

        pretend: what it is told is so, a kind of `grader.torchside.pretend`.
        """

        def make() -> Any:
            calls = self._keeper.calls
            outcome = self._peer.call(
                number, path, args, kwargs, watch=calls.watching, pretend=pretend
            )
            calls.ran.update(outcome.ran)
            calls.changed += outcome.changed
            for told, described in outcome.described.items():
                self._told[told] = News(described, outcome.decoder)
            return outcome.value

        return self._keeper.logged(name, make, args, kwargs) if name else make()

    def write(self, files: dict[str, bytes]) -> None:
        """Hand over the submission's files."""
        sizes = {name: len(content) for name, content in files.items()}
        with self.asking():
            self._peer.ask(Write(sizes), [memoryview(content) for content in files.values()])

    def load(self, module: str, pretend: str = "") -> int:
        """Import the submission's `module`; the number of the module object.

        pretend: as in `call`; then it is imported once more.
        """
        with self.asking():
            reply, _ = self._peer.ask(Load(module, pretend))
            if not isinstance(reply.value, Handle):
                raise ProtocolError("not a module")
            return reply.value.number

    def define(self, thing: Any) -> Any:
        """Make a function or class of a suite over there, from its source; its proxy."""
        name, source = source_of(thing)
        with self.asking():
            if (name, source) not in self._defined:
                reply, body = self._peer.ask(Define(name, source))
                value = self._peer.value(reply.value, self._peer.decoder(body))
                self._defined[name, source] = value
            return self._defined[name, source]

    def seed(self, seed: int) -> None:
        """A test begins; what student code draws from is seeded before its next request."""
        self.channel.allowance = TEST_BYTES
        self._seed = seed
        self._test += 1
        self._touches.clear()
        self._drop([*self._told])

    def get(self, number: int, path: str) -> Any:
        with self.asking():
            reply, body = self._peer.ask(Get(number, path))
            return self._peer.value(reply.value, self._peer.decoder(body))

    def fetch(self, number: int) -> torch.Tensor:
        with self.asking():
            reply, body = self._peer.ask(Get(number, ""))
            if not isinstance(reply.value, Tensor):
                raise ProtocolError("not a tensor")
            return self._peer.decoder(body).leaf(reply.value)

    def assign(self, number: int, path: str, value: Any) -> None:
        encoder = Encoder(self.refer)
        with self.asking():
            self._peer.ask(Set(number, path, encoder.encode(value)), encoder.blobs)

    def describe(self, number: int) -> tuple[Described, Decoder]:
        if number in self._told:
            told = self._told.pop(number)
            return told.described, told.decoder
        with self.asking():
            reply, body = self._peer.exchange(Describe(number))
            if not isinstance(reply, Described):
                raise ProtocolError("not a module's description")
            return reply, self._peer.decoder(body)

    def age(self, number: int) -> tuple[int, int]:
        return self._test, self._touches.setdefault(number, 0)

    def forget(self, number: int) -> None:
        self._peer.forget(number=number)

    def _drop(self, modules: Iterable[int]) -> None:
        """Let go of what was told of modules: nobody has asked, or it isn't so any more."""
        for module in modules:
            for child in self._told.pop(module).children:
                self._peer.forget(number=child)

    # -- what the peer asks of this side ----------------------------------------------------------

    @contextmanager
    def asking(self) -> Iterator[None]:
        """Around each request: its deadline, and the end of a sandbox that fails or lies."""
        if self.ended:
            raise gone()
        if self._peer.nesting:  # the outermost request sees to it
            yield
            return
        self.channel.deadline = self._keeper.limit()
        self._callbacks.error = None
        try:
            if self.channel.has_more():
                raise ProtocolError("something came that was no answer")
            yield
        except Gone:
            raise
        except BoundaryError as error:
            raise error if self.ended else self._keeper.broken(error) from None

    def refer(self, value: Any) -> Value:
        if (number := number_of(self, value)) is not None:
            return Handle(number, owned=False)
        if isinstance(value, RemotePath):
            return value.refer()
        if name := torch_name(value):
            return TorchName(name)
        if isinstance(value, torch.nn.Module):
            raise Unsupported("a module can't cross: make it with the fixture `lab`")
        if callable(value):
            return self._callbacks.handle(value)
        raise Unsupported(f"a {type(value).__name__} can't cross")

    def resolve(self, value: Handle | TorchName) -> Any:
        if isinstance(value, TorchName):
            raise ProtocolError("no such value")
        return proxy_of(self, value) if value.owned else self._callbacks[value.number]

    def live(self, struct: Tensor, decoder: Decoder) -> torch.Tensor:
        live: torch.Tensor = LiveTensor.of(self, struct, decoder)
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

    def answer(self, request: Request, body: bytearray) -> Answer:
        match request:
            case Call(path=""):
                return self._callbacks.serve(request, body, self._peer)
            case Backward():
                return self._peer.propagated(request, body)
            case _:
                raise ProtocolError("the sandbox asked for what it may not have")

    def excuse(self, error: BaseException) -> Answer:
        if not isinstance(error, Exception):
            raise error
        # The two sides are out of step from here on.
        raise ProtocolError(f"a callback failed with {type(error).__name__}") from error

    def hear(self, notice: Notice) -> None:
        match notice:
            case Touched(numbers):
                self._drop([n for n, told in self._told.items() if told.is_about(n, numbers)])
                for number in numbers:
                    if number in self._touches:  # else nobody holds what was known of it
                        self._touches[number] += 1
            case Noted(note) if note in NOTES:
                self._keeper.note(NOTES[note])
            case Absent(module):
                self._keeper.lack(module)
            case Skipped():
                self._keeper.breach(notice.raised)  # one that may be others' doing is a fault
                self._keeper.note(skipped(notice, self._keeper.locate))
            case Release():
                pass  # the peer has dropped the graphs; objects of ours it has none
            case _:
                raise ProtocolError("the sandbox says what it may not say")

    def notices(self) -> list[Notice]:
        seed, self._seed = self._seed, None
        return [] if seed is None else [Seed(seed)]

    def raise_here(self, raised: Raised) -> NoReturn:
        if self._callbacks.error is not None:
            error, self._callbacks.error = self._callbacks.error, None
            raise error
        raised = shortened(raised)
        if breach := self._keeper.breach(raised):
            raise Crashed(breach, raised)
        raise student_error(raised, of_stub=self._keeper.is_of_stub(raised))


@functools.lru_cache(maxsize=256)  # suites define the same few things again and again
def source_of(thing: Any) -> tuple[str, str]:
    """Name and source of a function or class. Raises `TypeError` where it can't stand alone."""
    if not inspect.isclass(thing) and not inspect.isfunction(thing):
        raise TypeError("only a function or a class can be defined on the student's side")
    if thing.__name__ == "<lambda>" or getattr(thing, "__closure__", None):
        raise TypeError(f"{thing.__name__} uses names from around it: give it none but torch's")
    return thing.__name__, textwrap.dedent(inspect.getsource(thing))


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
