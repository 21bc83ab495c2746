"""Leaves a daemon by a double fork, and a thread that goes on.

must: failed
"""

import os
import threading
import time


def stay():
    while True:
        time.sleep(0.1)


def double(x):
    threading.Thread(target=stay).start()
    try:
        if os.fork() == 0:
            os.setsid()
            if os.fork() == 0:
                stay()
            os._exit(0)
    except OSError as error:
        print(error.strerror)
    return x
