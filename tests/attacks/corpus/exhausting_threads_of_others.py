"""Takes all threads that the user may have, and holds on to them while neighbours want theirs.

must: crashed, timed out
says: threads|of memory|didn't finish within
"""

import threading
import time


def double(x):
    threading.stack_size(1 << 16)
    kept = []
    try:
        while True:
            kept.append(threading.Thread(target=time.sleep, args=(2,), daemon=True))
            kept[-1].start()
    except RuntimeError:
        time.sleep(2)
        raise
