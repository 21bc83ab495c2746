"""Raises, by hand, what makes a test pass or not count: skips, faults, exits.

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
    for name in ("Skipped", "GraderFault", "SystemExit", "KeyboardInterrupt", "Exit"):
        channel().sendall(frame(["raised", name, name, "not graded", []]))
    return x
