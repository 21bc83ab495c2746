"""A sandbox in a process of its own, for systems without fork: the same messages, fewer limits."""

from __future__ import annotations

import os
import socket
import sys
from pathlib import Path

from grader.sandbox.worker import serve


def main(token: str, folder: str) -> None:
    """`token`: the socket's descriptor, or 'shared' where it comes through stdin (Windows)."""
    if sys.platform == "win32":
        sock = socket.fromshare(sys.stdin.buffer.read())
    else:
        sock = socket.socket(fileno=int(token))
    os.chdir(folder)
    os.environ["TMPDIR"] = os.environ["TEMP"] = folder
    sys.dont_write_bytecode = True
    serve(sock, Path(folder))


if __name__ == "__main__":
    main(*sys.argv[1:3])
