"""NaN, which no comparison calls wrong.

must: failed
"""

def double(x):
    return x * float("nan")
