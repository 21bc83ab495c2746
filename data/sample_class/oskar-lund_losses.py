"""Only had time for the first one. /Oskar"""

import torch


def log_softmax(x):
    biggest = x.max(dim=-1, keepdim=True)[0]
    e = torch.exp(x - biggest)
    return (x - biggest) - torch.log(e.sum(dim=-1, keepdim=True))


def nll(input, target):
    losses = [-row[t] for row, t in zip(input, target)]
    return sum(losses) / len(losses)


def accuracy(out, yb):
    right = 0
    for scores, label in zip(out.tolist(), yb.tolist()):
        if scores.index(max(scores)) == label:
            right += 1
    return right / len(yb)
