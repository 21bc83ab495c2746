"""An answer of hundreds of megabytes.

must: failed
"""

import torch


def double(x):
    return torch.zeros(24 << 20)
