"""A thousand tensors, all of them the same 32 MiB: 32 GiB once decoded.

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
    tensor = ["t", "uint8", [32 << 20], 0, "cpu", False, True, False, None, None, None]
    body = bytes(32 << 20)
    channel().sendall(frame(["returned", ["l", [tensor] * 1000], [], []], body))
    return x
