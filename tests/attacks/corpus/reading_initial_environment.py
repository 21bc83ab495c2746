"""Reads the environment that libc was started with, and the stack below it.

must: failed
"""

import ctypes


def double(x):
    environ = ctypes.POINTER(ctypes.c_char_p).in_dll(ctypes.CDLL(None), "environ")
    index = 0
    while environ[index]:
        print(environ[index])
        index += 1
    return x
