"""Traces its parent, its threads and itself.

must: failed
"""

import ctypes
import os


def double(x):
    libc = ctypes.CDLL(None, use_errno=True)
    for request, pid in ((16, os.getppid()), (0x4206, os.getppid()), (0, 0), (16, 1)):
        print(libc.ptrace(request, pid, 0, 0), os.strerror(ctypes.get_errno()))
    return x
