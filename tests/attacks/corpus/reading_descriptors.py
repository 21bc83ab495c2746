"""Reads from every descriptor that may have been left open.

must: failed
"""

import os


def double(x):
    for descriptor in range(3, 256):
        try:
            print(descriptor, os.readlink(f"/proc/self/fd/{descriptor}"))
        except OSError:
            pass
        try:
            os.set_blocking(descriptor, False)
            os.lseek(descriptor, 0, 0)
            print(os.read(descriptor, 1 << 16))
        except OSError:
            pass
    return x
