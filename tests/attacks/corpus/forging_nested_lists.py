"""Sends lists in lists in lists, to overflow the decoder's stack.

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
    head = b"\x94\xa8returned" + b"\x92\xa1l\x91" * 300_000 + b"\xc0" + b"\x90\x90"
    channel().sendall(PREFIX.pack(len(head), 0) + head)
    return x
