"""Dict keys that are unhashable, huge, or nested.

must: failed, timed out, crashed
"""

def double(x):
    return {k * (2**61 - 1): k for k in range(1, 20_000)}
