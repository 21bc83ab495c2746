import torch


def log_softmax(x):
    return x - torch.log(torch.sum(torch.exp(x), dim=1, keepdim=True))


def nll(input, target):
    total = 0.0
    for i in range(len(target)):
        total = total - input[i, target[i]]
    return total / len(target)


def accuracy(out, yb):
    # in two halves, the whole thing was too big for my laptop
    half = len(yb) // 2
    start = 0
    right = 0
    while start < len(yb):
        preds = out[start : start + half].argmax(dim=1)
        right += (preds == yb[start : start + half]).sum().item()
        start += half
    return right / len(yb)
