"""Reads the reference while it is imported, where limits might not hold yet.

must: failed
"""

import os

try:
    FOUND = open("@solutions@/01_toy/toy.py").read()
except OSError as error:
    FOUND = f"raise RuntimeError({str(error)!r})"
print(os.environ, FOUND)


def double(x):
    scope = {}
    exec(FOUND, scope)
    return scope["double"](x)
