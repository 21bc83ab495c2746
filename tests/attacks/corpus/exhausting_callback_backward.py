"""Runs backward passes in the judge without end.

must: timed out, crashed, failed
target: twice
"""

import torch


def twice(f, x):
    y = f(torch.ones(3, requires_grad=True))
    while True:
        y.sum().backward(retain_graph=True)
