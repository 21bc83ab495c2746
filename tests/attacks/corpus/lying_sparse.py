"""A sparse tensor, and a quantized one.

must: failed
"""

def double(x):
    return x.to_sparse()
