"""The callables that a test passes in: the student's code may call them back, within bounds."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import torch

from grader.result import OutcomeError
from grader.wire.arguments import Arguments
from grader.wire.errors import BoundaryError, ProtocolError
from grader.wire.peer import Answer, Peer
from grader.wire.structs import Call, Handle, Raised

MAX_CALLBACKS = 100_000


class Callbacks:
    """Those of one sandbox."""

    def __init__(self) -> None:
        self._numbers = itertools.count(1)
        self._callables: dict[int, Callable[..., Any]] = {}
        self._calls = 0
        # What one of them raised, to be raised again where the call that led there ends: a failed
        # assertion's text may hold an expected value, so it doesn't cross.
        self.error: BaseException | None = None

    def handle(self, function: Callable[..., Any]) -> Handle:
        number = next(self._numbers)
        self._callables[number] = function
        return Handle(number, kind="callable", name=getattr(function, "__name__", "function"))

    def __getitem__(self, number: int) -> Callable[..., Any]:
        if number not in self._callables:
            raise ProtocolError("no such object")
        return self._callables[number]

    def serve(self, call: Call, body: bytearray, peer: Peer) -> Answer:
        """Carry out a call of the student's code."""
        self._calls += 1
        if self._calls > MAX_CALLBACKS:
            raise ProtocolError("a callable was called too often")
        function = self[call.target]
        arguments = Arguments(call, body, peer.decoder(body))
        try:
            with torch.set_grad_enabled(call.grad):
                result = arguments.run(function)
        except BoundaryError:
            raise
        except Exception as error:
            ours = isinstance(error, AssertionError)
            self.error = error if ours or isinstance(error, OutcomeError) else None
            name = type(error).__name__
            return Raised(name, name, "" if ours else str(error), []), ()
        return peer.returned(call, arguments, result)
