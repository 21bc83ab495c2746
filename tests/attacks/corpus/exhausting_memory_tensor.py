"""A tensor of 64 GiB.

must: crashed
says: used more than 320 MiB of memory
"""

import torch


def double(x):
    return torch.ones(1 << 34)
