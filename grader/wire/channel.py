"""Frames over a socket: a prefix, a msgpack head that holds one message, a body of raw bytes."""

from __future__ import annotations

import math
import socket
import struct
import time
from collections.abc import Callable, Sequence

import msgspec

from grader.wire.errors import Closed, DeadlinePassed, ProtocolError, Unsupported
from grader.wire.structs import Message

PREFIX = struct.Struct("<IQ")
# The head's size bounds what its decoding can allocate: a byte is an object at most.
HEAD_LIMIT = 2 << 20
BODY_LIMIT = 256 << 20
_PIECE = 16 << 20
_OBJECTS = 16  # times its size is what a head takes once it has become Python objects

_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(Message)


def encode(message: Message) -> bytes:
    """The head of a frame. Raises `Unsupported` where the message can't be encoded."""
    try:
        head = _encoder.encode(message)
    except (RecursionError, UnicodeError, OverflowError, ValueError, TypeError) as error:
        raise Unsupported(f"this value can't cross: {type(error).__name__}") from None
    if len(head) > HEAD_LIMIT:
        raise Unsupported(f"a value of more than {HEAD_LIMIT >> 20} MiB besides its tensors")
    return head


def decode(head: bytes | bytearray) -> Message:
    """The message in a head. Raises `ProtocolError` for anything that isn't exactly one."""
    try:
        message: Message = _decoder.decode(head)
    except (msgspec.DecodeError, RecursionError, UnicodeError, ValueError) as error:
        raise ProtocolError(f"not a message: {type(error).__name__}") from None
    return message


class Channel:
    """One end of the socket. `deadline` (of `time.monotonic`) bounds every wait.

    `body_limit` bounds the bytes of one message to be received, `allowance` what all of them
    together may take in memory.
    """

    def __init__(self, sock: socket.socket) -> None:
        self.socket = sock
        self.deadline: float | None = None
        self.overdue: Callable[[], float | None] = lambda: None  # a later deadline, if there is one
        self.body_limit = BODY_LIMIT
        self.allowance = math.inf

    def send(self, message: Message, blobs: Sequence[memoryview] = ()) -> None:
        head = encode(message)
        size = sum(blob.nbytes for blob in blobs)
        if size > BODY_LIMIT:
            raise Unsupported(f"tensors of more than {BODY_LIMIT >> 20} MiB")
        pieces = [memoryview(PREFIX.pack(len(head), size) + head), *(b for b in blobs if b.nbytes)]
        for piece in pieces:
            for start in range(0, piece.nbytes, _PIECE):
                self._send(piece[start : start + _PIECE])

    def receive(self) -> tuple[Message, bytearray]:
        head_size, body_size = PREFIX.unpack(self._receive(PREFIX.size))
        if head_size > HEAD_LIMIT or body_size > self.body_limit:
            raise ProtocolError(f"it takes more than {self.body_limit >> 20} MiB")
        self.allowance -= body_size + _OBJECTS * head_size
        if self.allowance < 0:
            raise ProtocolError("all answers in this test together take too much memory")
        head = self._receive(head_size)
        return decode(head), self._receive(body_size)

    def has_more(self) -> bool:
        """Whether something has arrived that `receive` would return."""
        self.socket.settimeout(0)
        try:
            return bool(self.socket.recv(1, socket.MSG_PEEK))
        except OSError:  # nothing yet, or nothing any more: the next request will tell
            return False

    def close(self) -> None:
        self.socket.close()

    def _wait(self) -> None:
        if self.deadline is None:
            self.socket.settimeout(None)
            return
        now = time.monotonic()
        if now >= self.deadline:
            later = self.overdue()
            if later is None or later <= now:
                raise DeadlinePassed
            self.deadline = later
        self.socket.settimeout(self.deadline - now)

    def _send(self, piece: memoryview) -> None:
        while piece.nbytes:
            self._wait()
            try:
                piece = piece[self.socket.send(piece) :]
            except TimeoutError:
                continue  # `_wait` says whether that was all
            except OSError as error:
                raise Closed(str(error)) from None

    def _receive(self, size: int) -> bytearray:
        data = bytearray(size)
        view = memoryview(data)
        while view.nbytes:
            self._wait()
            try:
                count = self.socket.recv_into(view)
            except TimeoutError:
                continue  # `_wait` says whether that was all
            except OSError as error:
                raise Closed(str(error)) from None
            if not count:
                raise Closed("the connection was closed")
            view = view[count:]
        return data
