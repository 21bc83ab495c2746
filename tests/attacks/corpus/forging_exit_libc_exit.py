"""Ends the process with `ctypes.CDLL(None).exit(0)`: an exit code of success is no success.

must: crashed
"""

import ctypes
import os
import sys


def double(x):
    ctypes.CDLL(None).exit(0)
