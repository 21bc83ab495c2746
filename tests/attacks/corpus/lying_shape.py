"""A tensor that broadcasts against the right one: one element, or none.

must: failed
"""

def double(x):
    return (x * 2)[:0]
