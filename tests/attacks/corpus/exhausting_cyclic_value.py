"""A list that holds itself.

must: failed
"""

def double(x):
    value = []
    value.append(value)
    return value
