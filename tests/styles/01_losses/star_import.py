"""Everything comes from `from torch import *`; the library's own functions check the answers."""

from torch import *  # noqa: F403
from torch.nn import functional as F


def log_softmax(x):
    differences = x.unsqueeze(1) - x.unsqueeze(2)
    return -log(exp(differences).sum(dim=-1))  # noqa: F405


def nll(input, target):
    return F.kl_div(input, F.one_hot(target, input.shape[1]).to(input.dtype), reduction="batchmean")


def accuracy(out, yb):
    return count_nonzero(argmax(out, 1) == yb) / yb.numel()  # noqa: F405


if __name__ == "__main__":
    scores, labels = randn(6, 4), randint(4, (6,))  # noqa: F405
    print(log_softmax(scores) - F.log_softmax(scores, dim=-1))
    print(nll(log_softmax(scores), labels) - F.cross_entropy(scores, labels))
