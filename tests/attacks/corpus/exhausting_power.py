"""A power whose digits don't end in time.

must: timed out, crashed
says: didn't finish within|of processor time
"""

def double(x):
    return 7 ** (7 ** 9)
