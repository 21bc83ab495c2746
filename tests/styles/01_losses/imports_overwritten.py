"""Everything imported first, and then defined anew under the same names."""

import torch
from torch.nn.functional import log_softmax, nll_loss  # noqa: F401


def log_softmax(x):  # noqa: F811
    return x - torch.logsumexp(x, -1, keepdim=True)


def nll(input, target):
    return -torch.gather(input, 1, target[:, None]).mean()


def accuracy(out, yb):
    return torch.eq(out.argmax(1), yb).double().mean()
