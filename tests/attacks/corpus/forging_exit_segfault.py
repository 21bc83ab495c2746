"""Ends the process with `ctypes.string_at(0)`: an exit code of success is no success.

must: crashed
"""

import ctypes
import os
import sys


def double(x):
    ctypes.string_at(0)
