"""A dict whose keys all have one hash: quadratic time in the judge.

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
    items = [[["i", hex(k * (2**61 - 1))], None] for k in range(1, 60_000)]
    channel().sendall(frame(["returned", ["d", items], [], []]))
    return x
