"""Exercise 1: log-softmax, the negative log-likelihood and accuracy, written by hand.

README.md in this folder explains what each of them is. Replace each `raise` by your answer.
"""

import torch  # noqa: F401 - for you
from torch import Tensor


def log_softmax(x: Tensor) -> Tensor:
    """Turn scores into log-probabilities, over the last dimension.

    x: (N, C), any floating dtype, one row of C scores a sample.
    Returns a tensor of the shape and dtype of `x`; exp() of each row sums to 1. Gradients flow
    back to `x`, which is not changed. An answer that calls PyTorch's own log_softmax or
    cross_entropy loses 5 of 14 points.

    Bonus: scores of 10,000 give finite values and gradients; x may have one dimension, three or
    four; x may be 16-bit; x may be on a GPU, and then the result is too.
    """
    raise NotImplementedError("log_softmax is still to be written")


def nll(input: Tensor, target: Tensor) -> Tensor:
    """The mean negative log-likelihood of the right classes.

    input: (N, C), any floating dtype, log-probabilities (what `log_softmax` returns).
    target: (N,), int64, each sample's right class, from 0 to C - 1.
    Returns one number, as a tensor of the dtype of `input`. Gradients flow back to `input`; neither
    argument is changed. An answer that calls PyTorch's own nll_loss or cross_entropy loses 5 of
    14 points.

    Bonus: classes that aren't the right one may have log-probability -inf; `input` may be 16-bit.
    """
    raise NotImplementedError("nll is still to be written")


def accuracy(out: Tensor, yb: Tensor) -> Tensor | float:
    """The share of samples whose highest score is that of the right class, from 0 to 1.

    out: (N, C), scores or log-probabilities.
    yb: (N,), int64, each sample's right class, from 0 to C - 1.
    Returns one number: a tensor, a Python float or a NumPy float. Neither argument is changed.

    Bonus: `out` may come straight from a model in training, with its graph.
    """
    raise NotImplementedError("accuracy is still to be written")
