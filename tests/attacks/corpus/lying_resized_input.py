"""Resizes the argument, and gives it another dtype.

must: failed
"""

import torch


def double(x):
    x.data = torch.zeros(1 << 20, dtype=torch.float64)
    return x
