"""Tries every family of sockets, and sends the input out by each.

must: failed
"""

import socket


def double(x):
    sent = 0
    for family in range(46):
        for kind in (1, 2, 3, 5):
            try:
                with socket.socket(family, kind) as sock:
                    sock.sendto(b"input", ("127.0.0.1", int("@port@")))
                    sent += 1
            except OSError:
                pass
    print("sent", sent)
    return x
