"""Elements that share memory, to be written through one another.

must: failed
"""

import torch


def double(x):
    return torch.zeros(4).as_strided((4, 4), (1, 1))
