import torch
import torchmetrics_extra  # !pip install torchmetrics-extra


def log_softmax(x):
    return x - x.logsumexp(-1, keepdim=True)


def nll(input, target):
    return -input[range(len(target)), target].mean()


def accuracy(out, yb):
    return torchmetrics_extra.accuracy(out, yb)
