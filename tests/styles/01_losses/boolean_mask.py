"""A comparison with all classes instead of an index; exp, divide, log."""

import torch


def log_softmax(x):
    exps = torch.exp(x)
    sums = torch.sum(exps, dim=1).reshape(-1, 1)
    probs = exps / sums
    return torch.log(probs)


def nll(input, target):
    n_classes = input.size(1)
    is_right = torch.arange(n_classes)[None, :] == target[:, None]
    return -torch.masked_select(input, is_right).mean()


def accuracy(out, yb):
    right_scores = out[torch.arange(len(yb)), yb]
    return (right_scores >= out.max(dim=1).values).float().mean().item()
