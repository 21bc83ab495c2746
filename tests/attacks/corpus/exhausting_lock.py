"""Waits for a lock that nobody will release.

must: timed out
says: didn't finish within
"""

import threading


def double(x):
    lock = threading.Lock()
    lock.acquire()
    lock.acquire()
