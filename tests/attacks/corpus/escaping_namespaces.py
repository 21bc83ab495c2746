"""Makes namespaces, mounts and a new root of its own.

must: failed
"""

import ctypes
import os


def double(x):
    libc = ctypes.CDLL(None, use_errno=True)
    for call in (
        lambda: libc.unshare(0x10000000),
        lambda: libc.unshare(0x7E020000),
        lambda: libc.setns(0, 0),
        lambda: libc.mount(b"none", b".", b"tmpfs", 0, None),
        lambda: libc.chroot(b"."),
        lambda: libc.pivot_root(b".", b"."),
    ):
        print(call(), os.strerror(ctypes.get_errno()))
    return x
