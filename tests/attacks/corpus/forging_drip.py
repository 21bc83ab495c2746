"""Answers a byte at a time, so that no single wait is long.

must: timed out
says: didn't finish within
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


import time


def double(x):
    for byte in PREFIX.pack(1000, 0) + bytes(1000):
        channel().send(bytes([byte]))
        time.sleep(0.2)
