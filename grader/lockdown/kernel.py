"""The kernel calls that Python's `os` lacks: `syscall`, `prctl` and `madvise` through ctypes."""

from __future__ import annotations

import ctypes
import functools
import os
import platform
import sys

LINUX = sys.platform == "linux"

# Options of prctl(2).
PR_SET_PDEATHSIG, PR_GET_PDEATHSIG = 1, 2
PR_GET_DUMPABLE, PR_SET_DUMPABLE = 3, 4
PR_SET_KEEPCAPS = 8
PR_SET_NO_NEW_PRIVS, PR_GET_NO_NEW_PRIVS = 38, 39


def architecture() -> str:
    """The name of the processor architecture in lower case, such as 'x86_64' or 'aarch64'."""
    # A 32-bit Python on a 64-bit kernel uses other numbers for its calls: we have no table of them.
    return platform.machine().lower() if sys.maxsize > 2**32 else "32-bit"


@functools.cache
def _libc() -> ctypes.CDLL:
    library = ctypes.CDLL(None, use_errno=True)
    library.syscall.restype = ctypes.c_long
    return library


def syscall(number: int, *arguments: int | bytes | ctypes.Array[ctypes.c_char]) -> int:
    """Make one system call. A bytes or buffer argument is passed by its address.

    Raises OSError if the call fails.
    """
    # ctypes would pass a plain Python int as a C int, without its upper half.
    converted = [ctypes.c_long(a) if isinstance(a, int) else a for a in arguments]
    return _checked(_libc().syscall(ctypes.c_long(number), *converted))


def prctl(option: int, *arguments: int | ctypes.Array[ctypes.c_char]) -> int:
    """Get or set an attribute of this process; see prctl(2). Raises OSError if that fails."""
    converted = [ctypes.c_ulong(a) if isinstance(a, int) else a for a in arguments]
    missing = [ctypes.c_ulong(0)] * (4 - len(arguments))  # unused ones must be 0
    return _checked(_libc().prctl(ctypes.c_int(option), *converted, *missing))


def madvise(start: int, size: int, advice: int) -> None:
    """Say how a range of this process's memory will be used; see madvise(2). Raises OSError."""
    place = ctypes.c_void_p(start), ctypes.c_size_t(size)
    _checked(_libc().madvise(*place, ctypes.c_int(advice)))


def count_threads() -> int:
    """How many threads this process has, including those that Python doesn't know of (Linux)."""
    return os.stat("/proc/self/task").st_nlink - 2  # noqa: PTH116 - 10 µs matter here


def _checked(result: int) -> int:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return result
