"""The diagonal of the picked columns, a boolean mask, and in-place work on copies."""

import numpy as np
import torch


def log_softmax(x):
    e = x.clone()
    e = e.exp_()
    out = x.clone()
    out -= e.sum(dim=1, keepdim=True).log()
    return out


def nll(input, target):
    return -torch.diagonal(input[:, target]).mean()


def accuracy(out, yb):
    predictions = torch.max(out, 1)[1]
    return np.float32((predictions == yb).sum().item() / yb.size(0))
