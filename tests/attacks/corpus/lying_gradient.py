"""A graph whose backward pass gives gradients of another shape, or exits.

must: failed
"""

import torch


class Sly(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        return x * 2

    @staticmethod
    def backward(ctx, grad):
        raise SystemExit(0)


def double(x):
    return Sly.apply(x) + 1
