"""Calls itself without end, with the limit lifted.

must: crashed, failed, timed out
"""

import sys

sys.setrecursionlimit(1 << 30)


def double(x):
    return double(x)
