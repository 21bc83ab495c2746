"""Asks the judge for what only the judge may ask: objects, imports, seeds.

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
    for request in (
        ["get", 1, "__class__"],
        ["load", "os", {}],
        ["seed", 1],
        ["set", 1, "x", None],
        ["describe", 1],
        ["call", 1, 1, "__init__.__globals__", [], {}, True, False],
    ):
        channel().sendall(frame(request))
    return x
