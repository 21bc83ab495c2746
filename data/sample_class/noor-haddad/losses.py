import torch

from helpers import rows


def log_softmax(x):
    return x - torch.logsumexp(x, -1)[..., None]


def nll(input, target):
    return -input[rows(target), target].mean()


def accuracy(out, yb):
    _, best = out.max(dim=1)
    return (best == yb).float().mean()
