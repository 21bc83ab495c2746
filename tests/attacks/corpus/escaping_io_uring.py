"""Opens files past the filter: io_uring, aio, handles, bpf, userfaultfd, keyrings.

must: failed
"""

import ctypes
import os


def double(x):
    libc = ctypes.CDLL(None, use_errno=True)
    buffer = ctypes.create_string_buffer(4096)
    for number in (425, 426, 427, 206, 303, 304, 321, 323, 248, 250, 298, 425, 428, 442):
        print(number, libc.syscall(number, 8, buffer, 0, 0, 0), os.strerror(ctypes.get_errno()))
    return x
