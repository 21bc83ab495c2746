"""A loop in Python that never ends.

must: timed out, crashed
says: didn't finish within|of processor time
"""

def double(x):
    while True:
        pass
