"""An int of a million digits.

must: failed
"""

def double(x):
    return 1 << (1 << 22)
