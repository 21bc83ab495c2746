"""Ends the process with `os.abort()`: an exit code of success is no success.

must: crashed
"""

import ctypes
import os
import sys


def double(x):
    os.abort()
