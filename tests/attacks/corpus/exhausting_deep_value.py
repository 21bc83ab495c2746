"""A list in a list in a list, a hundred thousand deep.

must: failed
"""

def double(x):
    value = []
    for _ in range(100_000):
        value = [value]
    return value
