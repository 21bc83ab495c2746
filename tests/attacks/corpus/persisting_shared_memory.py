"""Leaves shared memory, semaphores, queues and pipes.

must: failed
"""

import ctypes
import os
from multiprocessing import shared_memory


def double(x):
    libc = ctypes.CDLL(None, use_errno=True)
    print(libc.shmget(0x7067, 4096, 0o1666), libc.semget(0x7067, 1, 0o1666))
    print(libc.msgget(0x7067, 0o1666), libc.mq_open(b"/torchgrade", 66, 0o666, None))
    for make in (
        lambda: shared_memory.SharedMemory("torchgrade-attack-@token@", create=True, size=99),
        lambda: os.mkfifo("/tmp/torchgrade-attack-@token@"),
    ):
        try:
            make()
        except OSError as error:
            print(error)
    return x
