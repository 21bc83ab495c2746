"""A string of gigabytes out of little.

must: crashed
"""

def double(x):
    return "x" * (3 << 27)
