"""Softmax and its logarithm, a one-hot mask, and NumPy for the accuracy."""

import numpy as np
import torch
import torch.nn.functional as F


def log_softmax(x):
    return torch.softmax(x, dim=-1).log()


def nll(input, target):
    mask = F.one_hot(target, num_classes=input.shape[1])
    return -(mask * input).sum() / input.shape[0]


def accuracy(out, yb):
    return np.mean(np.argmax(out.numpy(), axis=1) == yb.numpy())
