"""Claims to have changed arguments that don't exist, or don't fit.

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
    tensor = ["t", "float64", [999], 0, "cpu", False, True, False, None, None, None]
    changed = [[0, tensor], [7, tensor], [-1, tensor]]
    channel().sendall(frame(["returned", None, changed, []], bytes(999 * 8)))
    return x
