"""Calls the judge's callable from inside of a backward pass of it, with large tensors each time.

must: failed, crashed, timed out
target: twice
"""

import torch


class Again(torch.autograd.Function):
    @staticmethod
    def forward(ctx, f, x, depth):
        ctx.f, ctx.depth = f, depth
        return x.view_as(x)

    @staticmethod
    def backward(ctx, gradient):
        big = torch.zeros(8 << 20, requires_grad=True)
        with torch.enable_grad():
            answer = ctx.f(Again.apply(ctx.f, big, ctx.depth + 1))
            answer.sum().backward()
        return None, gradient, None


def twice(f, x):
    big = torch.zeros(8 << 20, requires_grad=True)
    f(Again.apply(f, big, 0)).sum().backward()
    return f(f(x))
