"""An exception with a message and a name of a hundred megabytes.

must: failed
"""

def double(x):
    raise type("N" * (1 << 20), (ValueError,), {})("m" * (100 << 20))
