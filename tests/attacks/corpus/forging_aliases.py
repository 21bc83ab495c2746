"""One tensor, named again a million times, to be copied each time.

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
    tensor = ["t", "float64", [4096], 0, "cpu", False, True, False, None, None, None]
    groups = [["l", [["g", 0]] * 250]] * 250
    channel().sendall(
        frame(["returned", ["l", [tensor, *groups]], [], []], bytes(4096 * 8))
    )
    return x
