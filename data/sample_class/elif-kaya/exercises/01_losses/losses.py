# elif kaya -- everything as matrix algebra, no indexing tricks
import torch


def _one_hot(labels, like):
    classes = torch.arange(like.shape[-1], device=like.device)
    return (labels[:, None] == classes).to(like.dtype)


def log_softmax(x):
    peak = x.detach().amax(-1, keepdim=True)
    partition = torch.exp(x - peak).sum(-1, keepdim=True)
    return x - peak - torch.log(partition)


def nll(input, target):
    mask = _one_hot(target, input) > 0
    chosen = torch.masked_select(input, mask)
    return torch.neg(chosen.sum() / chosen.numel())


def accuracy(out, yb):
    hits = [int(row.argmax()) == int(label) for row, label in zip(out, yb)]
    return sum(hits) / len(hits)
