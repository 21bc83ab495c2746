"""Ends the process with `os._exit(77)`: an exit code of success is no success.

must: crashed
"""

import ctypes
import os
import sys


def double(x):
    os._exit(77)
