"""Ends the process with `raise SystemExit`: an exit code of success is no success.

must: failed
"""

import ctypes
import os
import sys


def double(x):
    raise SystemExit
