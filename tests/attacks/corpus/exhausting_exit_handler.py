"""Never finishes its exit.

must: failed
"""

import atexit
import sys
import time

atexit.register(time.sleep, 1000)


class Slow:
    def __del__(self):
        time.sleep(1000)


KEPT = Slow()


def double(x):
    sys.exit()
