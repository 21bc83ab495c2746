"""Exercise 2: a classifier of handwritten digits, from nothing but tensors and autograd.

README.md in this folder explains each part. Replace each `raise` by your answer.
"""

import math  # noqa: F401 - for you

import torch  # noqa: F401 - for you
import torch.nn.functional as F  # noqa: F401 - for you
from torch import Tensor


def init_params(n_in: int = 784, n_out: int = 10) -> tuple[Tensor, Tensor]:
    """Make the parameters of a linear layer with n_in inputs and n_out outputs.

    Returns (weights, bias): weights (n_in, n_out), random around 0 with a standard deviation of
    1/sqrt(n_in), and bias (n_out,), zeros. Both are float32, leaves of the graph, and require
    grad.
    """
    raise NotImplementedError("init_params is still to be written")


def model(xb: Tensor, weights: Tensor, bias: Tensor) -> Tensor:
    """The log-probabilities of the classes for a batch: log-softmax of a linear layer.

    xb: (N, n_in), weights: (n_in, n_out), bias: (n_out,), all of one floating dtype.
    Returns (N, n_out), of that dtype. Gradients flow back to all three, and none is changed.
    """
    raise NotImplementedError("model is still to be written")


def sgd_step(params: list[Tensor], lr: float) -> None:
    """Take one step of gradient descent: move each parameter against its gradient, lr times it.

    params: a list of any number of leaf tensors, of any shapes, whose .grad holds a gradient.
    Changes these very tensors, outside the graph; they go on requiring grad. Afterwards each
    .grad is zero or None. torch.optim doesn't count as an answer.
    """
    raise NotImplementedError("sgd_step is still to be written")


def train(
    x: Tensor,
    y: Tensor,
    weights: Tensor,
    bias: Tensor,
    steps: int,
    batch_size: int,
    lr: float,
) -> None:
    """Train `weights` and `bias` in place, on random mini-batches.

    x: (N, n_in) float32, y: (N,) int64 classes, weights: (n_in, n_out), bias: (n_out,).
    Takes exactly `steps` steps of gradient descent with learning rate `lr`, each on a fresh batch
    of `batch_size` samples picked at random from all N with torch.randint, and on the mean loss
    of that batch. What it returns doesn't matter; x and y aren't changed. torch.optim doesn't
    count as an answer.
    """
    raise NotImplementedError("train is still to be written")
