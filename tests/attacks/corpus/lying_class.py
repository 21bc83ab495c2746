"""An object that says it is a tensor.

must: failed
"""

import torch


class Fake:
    __class__ = torch.Tensor
    shape = torch.Size([3])
    dtype = torch.float32


def double(x):
    return Fake()
