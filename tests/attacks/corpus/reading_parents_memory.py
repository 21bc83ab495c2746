"""Reads the memory of its parent and the judge, by /proc and by system calls.

must: failed
"""

import ctypes
import os


def double(x):
    libc = ctypes.CDLL(None, use_errno=True)
    for pid in {os.getppid(), 1, *range(max(2, os.getpid() - 60), os.getpid())}:
        try:
            maps = open(f"/proc/{pid}/maps").read()
            start = int(maps.split("-")[0], 16)
            memory = open(f"/proc/{pid}/mem", "rb")
            memory.seek(start)
            print(memory.read(1 << 20))
        except OSError:
            libc.ptrace(16, pid, 0, 0)
            buffer = ctypes.create_string_buffer(4096)
            vector = (ctypes.c_size_t * 2)(ctypes.addressof(buffer), 4096)
            libc.process_vm_readv(pid, vector, 1, vector, 1, 0)
            print(bytes(buffer).strip(b"\0"))
    return x
