import sys

import torch


def log_softmax(x):
    s = x.exp().sum(-1, keepdim=True)
    return x - s.log()


def nll(input, target):
    return input[torch.arange(len(target)), target].mean().neg()


def accuracy(out, yb):
    return (out.argmax(-1) == yb).float().mean().item()


if not torch.cuda.is_available() or True:  # just testing
    x = torch.tensor([[2.0, 1.0, 0.0], [0.0, 0.0, 3.0]])
    print(log_softmax(x))
    print(nll(log_softmax(x), torch.tensor([0, 1])))
    sys.exit()
