"""Log-softmax, the negative log-likelihood and accuracy, written by hand."""

from torch import Tensor


def log_softmax(x: Tensor) -> Tensor:
    """Turn scores into log-probabilities, over the last dimension.

    x: (N, C), any floating dtype, one row of C scores a sample.
    Returns a tensor of the shape and dtype of `x`; exp() of each row sums to 1. Gradients flow
    back to `x`, which is not changed.
    """
    # Shifting a row by its largest score changes nothing, and keeps exp() from overflowing.
    x = x - x.max(-1, keepdim=True).values
    return x - x.exp().sum(-1, keepdim=True).log()


def nll(input: Tensor, target: Tensor) -> Tensor:
    """The mean negative log-likelihood of the right classes.

    input: (N, C), any floating dtype, log-probabilities (what `log_softmax` returns).
    target: (N,), int64, each sample's right class, from 0 to C - 1.
    Returns one number, as a tensor of the dtype of `input`. Gradients flow back to `input`.
    """
    return -input[range(len(input)), target].mean()


def accuracy(out: Tensor, yb: Tensor) -> Tensor:
    """The share of samples whose highest score is that of the right class, from 0 to 1.

    out: (N, C), scores or log-probabilities.
    yb: (N,), int64, each sample's right class, from 0 to C - 1.
    Returns one number: a tensor, a Python float or a NumPy float.
    """
    return (out.argmax(dim=-1) == yb).float().mean()
