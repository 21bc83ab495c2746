"""Calls itself without end, with the limit lifted.

must: crashed, failed
"""

import sys

sys.setrecursionlimit(1 << 30)


def double(x):
    return double(x)
