"""A tensor on a device that isn't there.

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
    for device in ("cuda:7", "meta", "xla", "privateuseone", "cpu:0", "x" * 100_000):
        tensor = ["t", "float32", [3], 0, device, False, True, False, None, None, None]
        channel().sendall(frame(["returned", tensor, [], []], bytes(12)))
    return x
