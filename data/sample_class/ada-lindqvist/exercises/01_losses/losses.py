"""Exercise 1, Ada Lindqvist."""

import torch


def log_softmax(x):
    # log(sum(exp)) has a function of its own that doesn't overflow
    return x - torch.logsumexp(x, dim=-1, keepdim=True)


def nll(input, target):
    rows = torch.arange(len(target), device=input.device)
    picked = input[rows, target]
    return -picked.mean()


def accuracy(out, yb):
    guesses = out.argmax(dim=-1)
    n_right = (guesses == yb).sum().item()
    return n_right / len(yb)
