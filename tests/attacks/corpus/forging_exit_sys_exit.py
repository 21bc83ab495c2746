"""Ends the process with `sys.exit(0)`: an exit code of success is no success.

must: failed
"""

import ctypes
import os
import sys


def double(x):
    sys.exit(0)
