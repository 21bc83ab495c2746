"""A sandbox in a new interpreter, for systems without fork; the messages are the same."""

from __future__ import annotations

import gc
import importlib
import os
import socket
import sys
import tempfile
from pathlib import Path

import msgspec
import torch

from grader.lockdown.apply import lock_down
from grader.lockdown.limits import lift
from grader.sandbox.control import Orders
from grader.sandbox.worker import refuse
from grader.torchside.eager import without_compiler
from grader.wire.channel import Channel


def main(token: str, folder: str, program: str, orders: str) -> None:
    """Lock this process down and run `program`, a module.

    `token`: the socket's descriptor, or 'shared' if the socket comes through stdin (Windows).
    """
    if sys.platform == "win32":
        sock = socket.fromshare(sys.stdin.buffer.read())
    else:
        sock = socket.socket(fileno=int(token))
    lift()
    without_compiler()
    torch.set_num_threads(1)
    told = msgspec.json.decode(orders, type=Orders)
    told.allow()
    os.chdir(folder)
    os.environ["TMPDIR"] = os.environ["TEMP"] = tempfile.tempdir = folder
    sys.dont_write_bytecode = True
    channel = Channel(sock)
    try:
        if told.profile.layers and sys.platform != "win32":
            readable = [Path(path) for path in told.readable]
            lock_down(told.profile, told.limits, Path(folder), readable, [sock.fileno()])
    except Exception as error:
        refuse(channel, error)
        return
    serve = importlib.import_module(program).serve
    gc.enable()
    serve(channel, Path(folder))


if __name__ == "__main__":
    main(*sys.argv[1:5])
