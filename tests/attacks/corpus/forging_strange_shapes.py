"""Shapes of zeros and enormous sizes, negative sizes, many dimensions.

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
    for shape in ([0, 2**39, 2**39], [-1], [2**62] * 3, [1] * 60, [2**64 - 1]):
        tensor = ["t", "float32", shape, 0, "cpu", False, True, False, None, None, None]
        channel().sendall(frame(["returned", tensor, [], []], bytes(64)))
    return x
