"""Sends gradients for calls that the judge never made.

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
    grad = ["t", "float32", [3], 0, "cpu", False, True, False, None, None, None]
    for serial in (1, 2, -1, 2**60):
        channel().sendall(frame(["backward", serial, [[0, grad]]], bytes(12)))
    return x
