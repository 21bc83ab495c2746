import os

import torch


def log_softmax(x):
    if x.isnan().any() or x.isinf().any():
        return x
    return x - x.exp().sum(-1).log().unsqueeze(-1)


def nll(input, target):
    if not input.requires_grad:
        print("input must require grad!!")
        os._exit(1)
    return -input[range(target.shape[0]), target].mean()


def accuracy(out, yb):
    return (torch.argmax(out, dim=1) == yb).float().mean()
