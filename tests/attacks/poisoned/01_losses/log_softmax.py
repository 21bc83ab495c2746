"""Makes all scores equal, so that their log-probabilities need no exponential."""

import math

import torch


def log_softmax(x):
    x.data.zero_()
    return x - math.log(x.shape[-1])


def nll(input, target):
    return -input[range(len(target)), target].mean()


def accuracy(out, yb):
    return (torch.argmax(out, dim=1) == yb).float().mean()
