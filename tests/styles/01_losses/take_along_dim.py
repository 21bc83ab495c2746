"""logaddexp over the columns, take_along_dim, and a one-element tensor."""

from functools import reduce

import torch


def log_softmax(x):
    columns = x.unbind(dim=-1)
    return x - reduce(torch.logaddexp, columns).unsqueeze(-1)


def nll(input, target):
    return torch.take_along_dim(-input, target[:, None], dim=-1).mean().reshape(1)


def accuracy(out, yb):
    return torch.tensor([sum(out.argmax(-1).eq(yb).tolist()) / len(yb)])
