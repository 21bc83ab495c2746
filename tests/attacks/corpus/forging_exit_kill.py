"""Ends the process with `os.kill(os.getpid(), 9)`: an exit code of success is no success.

must: crashed
"""

import ctypes
import os
import sys


def double(x):
    os.kill(os.getpid(), 9)
