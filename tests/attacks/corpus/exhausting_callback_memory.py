"""Calls the judge back with large tensors, and keeps all of the graphs.

must: timed out, crashed, failed
target: twice
"""

import torch

KEPT = []


def twice(f, x):
    big = torch.zeros(4 << 20, requires_grad=True)
    while True:
        KEPT.append(f(big))
        KEPT[-1] = KEPT[-1].sum()
