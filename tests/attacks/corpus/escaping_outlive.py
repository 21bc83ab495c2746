"""Asks not to die with its parent, ignores every signal, and stays.

must: crashed
"""

import ctypes
import os
import signal
import time

ctypes.CDLL(None).prctl(1, 0)
for number in range(1, 65):
    try:
        signal.signal(number, signal.SIG_IGN)
    except (OSError, ValueError):
        pass


def double(x):
    os.closerange(3, 100)
    while True:
        time.sleep(1)
