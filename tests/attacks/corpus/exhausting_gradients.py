"""A backward pass that never ends.

must: timed out, crashed
target: slope
says: didn't finish within|of processor time
"""

import torch


class Slow(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        return x * 2

    @staticmethod
    def backward(ctx, grad):
        while True:
            pass


def slope(x):
    return Slow.apply(x)
