"""Forks: in Python, in C, and by number.

must: failed
"""

import ctypes
import os


def double(x):
    libc = ctypes.CDLL(None, use_errno=True)
    for fork in (os.fork, os.forkpty, libc.fork, libc.vfork, lambda: libc.syscall(57),
                 lambda: libc.syscall(56, 17, 0, 0, 0, 0), lambda: libc.syscall(435, 0, 0)):
        try:
            if fork() == 0:
                while True:
                    pass
        except OSError as error:
            print(error.strerror)
    return x
