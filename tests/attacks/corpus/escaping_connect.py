"""Connects to a server on this machine, and to names.

must: failed
"""

import socket
import urllib.request


def double(x):
    for connect in (
        lambda: socket.create_connection(("127.0.0.1", int("@port@")), timeout=1).sendall(b"input"),
        lambda: urllib.request.urlopen("http://127.0.0.1:" + "@port@", timeout=1),
        lambda: socket.getaddrinfo("example.org", 80),
        lambda: socket.socketpair()[0].connect(("127.0.0.1", int("@port@"))),
    ):
        try:
            connect()
            print("connected")
        except OSError as error:
            print(error)
    return x
