"""Sleeps through its time, ignoring every exception.

must: timed out
says: didn't finish within
"""

import time


def double(x):
    while True:
        try:
            time.sleep(1000)
        except BaseException:
            pass
