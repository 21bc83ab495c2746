"""Starts threads until there are no more.

must: crashed
says: threads|of memory
"""

import threading
import time


def double(x):
    threading.stack_size(1 << 16)
    while True:
        threading.Thread(target=time.sleep, args=(1000,), daemon=True).start()
