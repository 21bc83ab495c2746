"""Fills the disk through memory: a sparse file is mapped, and each of its pages written to.

must: crashed
says: ended by signal SIGBUS|wrote more than 32 MiB of files|wrote a file of more than 1 MiB
"""

import mmap
import os


def double(x):
    for number in range(100):
        file = os.open(f"file{number}", os.O_RDWR | os.O_CREAT)
        os.ftruncate(file, 48 << 20)
        with mmap.mmap(file, 48 << 20) as pages:
            for start in range(0, 48 << 20, 4096):
                pages[start] = 1
    return x
