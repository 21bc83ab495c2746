"""Answers with handles of modules that claim to be anything.

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
    names = [f"torch.nn.modules.x{n}.Linear" for n in range(50_000)]
    channel().sendall(frame(["returned", ["h", 0, True, "module", "Linear", names], [], []]))
    return x
