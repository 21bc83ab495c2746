"""Frames over a socket: a prefix, a msgpack head with one message, and a body of raw bytes."""

from __future__ import annotations

import math
import select
import socket
import struct
import time
from collections.abc import Callable, Sequence

import msgspec

from grader.wire.errors import Closed, DeadlinePassed, ProtocolError, Unsupported
from grader.wire.structs import MESSAGES, Message, Notice

PREFIX = struct.Struct("<IQ")
# This also bounds the memory for decoding: each byte becomes one object at most.
HEAD_LIMIT = 2 << 20
BODY_LIMIT = 256 << 20
_PIECE = 16 << 20
_SMALL = 64 << 10  # shorter frames are sent in one piece, and arrive in one read
_OBJECTS = 16  # a head as Python objects takes up to this many times its size

_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(MESSAGES)


def encode(message: Message) -> bytes:
    """The head of a frame. Raises `Unsupported` if the message can't be encoded."""
    try:
        head = _encoder.encode(message)
    except (RecursionError, UnicodeError, OverflowError, ValueError, TypeError) as error:
        raise Unsupported(f"this value can't cross: {type(error).__name__}") from None
    if len(head) > HEAD_LIMIT:
        raise Unsupported(f"a value of more than {HEAD_LIMIT >> 20} MiB besides its tensors")
    return head


def decode(head: bytes | bytearray) -> Message:
    """The message in a head. Raises `ProtocolError` if it isn't exactly one message."""
    try:
        message: Message = _decoder.decode(head)
    except (msgspec.DecodeError, RecursionError, UnicodeError, ValueError) as error:
        raise ProtocolError(f"not a message: {type(error).__name__}") from None
    return message


class Channel:
    """One end of the socket. `deadline` (of `time.monotonic`) bounds every wait.

    `body_limit` bounds the body of each received message. `allowance` bounds the memory for all
    received messages together, with the values built from them.
    """

    def __init__(self, sock: socket.socket) -> None:
        sock.setblocking(False)
        self.socket = sock
        self._readable, self._writable = _Ready(sock), _Ready(sock, writing=True)
        self.deadline: float | None = None
        self.overdue: Callable[[], float | None] = lambda: None  # a later deadline, if there is one
        self.body_limit = BODY_LIMIT
        self.allowance = math.inf
        self._buffer = bytearray(_SMALL)
        self._start = self._end = 0  # the part that was read but not taken yet

    def send(
        self,
        message: Message,
        blobs: Sequence[memoryview] = (),
        notices: Sequence[Notice] = (),
    ) -> None:
        """Send `notices`, which have no body, and then a message with its body."""
        head = encode(message)
        size = sum(blob.nbytes for blob in blobs)
        if size > BODY_LIMIT:
            raise Unsupported(f"tensors of more than {BODY_LIMIT >> 20} MiB")
        heads = [encode(notice) for notice in notices]
        first = b"".join(
            [*(PREFIX.pack(len(h), 0) + h for h in heads), PREFIX.pack(len(head), size), head]
        )
        if size <= _SMALL:
            self._send(memoryview(b"".join([first, *blobs])))
            return
        for piece in (memoryview(first), *blobs):
            for start in range(0, piece.nbytes, _PIECE):
                self._send(piece[start : start + _PIECE])

    def receive(self) -> tuple[Message, bytearray]:
        """The next message and its body. Raises `Closed`, `DeadlinePassed` or `ProtocolError`."""
        while self._end - self._start < PREFIX.size:
            self._read()
        head_size, body_size = PREFIX.unpack_from(self._buffer, self._start)
        if head_size > HEAD_LIMIT:
            raise ProtocolError(f"it takes more than {HEAD_LIMIT >> 20} MiB besides its tensors")
        if body_size > self.body_limit:
            raise ProtocolError(f"its tensors take more than {self.body_limit >> 20} MiB")
        self.spend(body_size + _OBJECTS * head_size)
        self._start += PREFIX.size
        head = self._take(head_size)
        return decode(head), self._take(body_size)

    def spend(self, size: int) -> None:
        """Count memory that a received value takes. Raises `ProtocolError` if it is too much."""
        self.allowance -= size
        if self.allowance < 0:
            raise ProtocolError("all answers in this test together take too much memory")

    def has_more(self) -> bool:
        """Whether something has arrived that `receive` would return."""
        if self._end > self._start:
            return True
        try:
            return self._readable.within(0) and bool(self.socket.recv(1, socket.MSG_PEEK))
        except OSError:  # the socket is broken: the next request will report it
            return False

    def close(self) -> None:
        self.socket.close()

    def _take(self, size: int) -> bytearray:
        """The next `size` bytes: first from the buffer, the rest straight from the socket."""
        end = min(self._start + size, self._end)
        have = end - self._start
        if have == size:
            taken = self._buffer[self._start : end]
            self._start = end
            return taken
        taken = bytearray(size)
        taken[:have] = self._buffer[self._start : end]
        self._start = end
        with memoryview(taken) as view:
            while have < size:
                have += self._receive(view[have:])
        return taken

    def _read(self) -> None:
        """Read what has arrived, as far as the buffer has room."""
        self._buffer[: self._end - self._start] = self._buffer[self._start : self._end]
        self._start, self._end = 0, self._end - self._start
        with memoryview(self._buffer) as view:
            self._end += self._receive(view[self._end :])

    def _receive(self, into: memoryview) -> int:
        """Wait for bytes; returns how many have arrived."""
        while True:
            self._wait(self._readable)
            try:
                count = self.socket.recv_into(into)
            except BlockingIOError:
                continue
            except OSError as error:
                raise Closed(str(error)) from None
            if not count:
                raise Closed("the connection was closed")
            return count

    def _send(self, piece: memoryview) -> None:
        while piece.nbytes:
            try:
                piece = piece[self.socket.send(piece) :]
            except BlockingIOError:
                self._wait(self._writable)
            except OSError as error:
                raise Closed(str(error)) from None

    def _wait(self, ready: _Ready) -> None:
        """Wait until the socket is ready. Raises `DeadlinePassed` if it isn't ready in time."""
        while True:
            left = None if self.deadline is None else self.deadline - time.monotonic()
            if left is None or left > 0:
                try:
                    if ready.within(left):
                        return
                except (OSError, ValueError) as error:
                    raise Closed(str(error)) from None
                continue
            later = self.overdue()
            if later is None or later <= time.monotonic():
                raise DeadlinePassed
            self.deadline = later


class _Ready:
    """Waits until a socket can be read, or written."""

    def __init__(self, sock: socket.socket, *, writing: bool = False) -> None:
        self._waiting, self._writing = [sock], writing
        self._poll = select.poll() if hasattr(select, "poll") else None
        if self._poll is not None:
            self._poll.register(sock, select.POLLOUT if writing else select.POLLIN)

    def within(self, seconds: float | None) -> bool:
        """Whether the socket becomes ready within this time (None: no limit)."""
        if self._poll is not None:
            return bool(self._poll.poll(None if seconds is None else math.ceil(seconds * 1000)))
        waiting = self._waiting
        found = select.select(
            [] if self._writing else waiting, waiting * self._writing, [], seconds
        )
        return any(found)
