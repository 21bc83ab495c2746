"""Says of each tensor for the judge's callable that its elements lie far apart: small to send,
large to build, and kept for a backward pass.

must: failed
target: twice
says: too much memory
"""

import torch

from grader.wire.codec import Encoder

plain = Encoder.tensor


def tensor(self, tensor, handle=None):
    struct = plain(self, tensor, handle)
    if struct.shape == [1 << 20]:
        struct.stride = [15]
    return struct


def twice(f, x):
    Encoder.tensor = tensor
    x = torch.zeros(1 << 20, requires_grad=True)
    kept = [f(x) for _ in range(60)]
    return kept[0]
