"""Becomes root, or anyone; takes capabilities; lifts its limits.

must: crashed
says: of memory
"""

import ctypes
import os
import resource


def double(x):
    libc = ctypes.CDLL(None, use_errno=True)
    for call in (
        lambda: os.setuid(0),
        lambda: os.setresuid(0, 0, 0),
        lambda: os.setgroups([0]),
        lambda: resource.setrlimit(resource.RLIMIT_AS, (-1, -1)),
        lambda: resource.setrlimit(resource.RLIMIT_CPU, (-1, -1)),
        lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (1 << 16, 1 << 16)),
    ):
        try:
            call()
            print("done")
        except (OSError, ValueError) as error:
            print(error)
    libc.prctl(1, 0)
    libc.prctl(4, 1)
    return bytearray(1 << 30)
