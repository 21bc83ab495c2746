"""An int that crosses, and is too long for Python to write out.

must: failed
"""

def double(x):
    return 1 << 39_000
