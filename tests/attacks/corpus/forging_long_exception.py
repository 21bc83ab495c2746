"""An exception of megabytes, with thousands of frames, all of it escapes.

must: failed
rest: any
"""

import gc
import os
import socket
import struct

import msgspec

PREFIX = struct.Struct("<IQ")


def channel():
    """The socket that leads to the judge."""
    for thing in gc.get_objects():
        if type(thing).__name__ == "Channel" and hasattr(thing, "socket"):
            thing.socket.setblocking(True)
            return thing.socket


def frame(message, body=b""):
    head = msgspec.msgpack.encode(message)
    return PREFIX.pack(len(head), len(body)) + head + body


def double(x):
    text = "\x1b[2J\u202e" * 60_000
    frames = [["toy.py", n, text[:100], "\n" * 100] for n in range(5_000)]
    channel().sendall(frame(["raised", text[:1000], "ValueError", text, frames]))
    return x
