"""Maps memory that resource limits might not count.

must: crashed
says: used more than 320 MiB of memory
"""

import mmap


def double(x):
    kept = []
    while True:
        kept.append(mmap.mmap(-1, 64 << 20))
        kept[-1].write(bytes(64 << 20))
