"""A linear classifier and its training, with nothing but tensors and autograd."""

import math
from collections.abc import Iterable

import torch
import torch.nn.functional as F
from torch import Tensor


def init_params(n_in: int = 784, n_out: int = 10) -> tuple[Tensor, Tensor]:
    """Make the parameters of a linear layer with n_in inputs and n_out outputs.

    Returns (weights, bias): weights (n_in, n_out), random around 0 with a standard deviation of
    1/sqrt(n_in), and bias (n_out,), zeros. Both are float32, leaves of the graph, and require
    grad.
    """
    # Scale first, then ask for gradients: the other way round the result would not be a leaf.
    weights = torch.randn(n_in, n_out) / math.sqrt(n_in)
    return weights.requires_grad_(), torch.zeros(n_out, requires_grad=True)


def model(xb: Tensor, weights: Tensor, bias: Tensor) -> Tensor:
    """The log-probabilities of the classes for a batch: log-softmax of a linear layer.

    xb: (N, n_in), weights: (n_in, n_out), bias: (n_out,), all of one floating dtype.
    Returns (N, n_out), of that dtype. Gradients flow back to all three.
    """
    return F.log_softmax(xb @ weights + bias, dim=-1)


def sgd_step(params: Iterable[Tensor], lr: float) -> None:
    """Take one step of gradient descent: move each parameter against its gradient, lr times it.

    params: a list of any number of leaf tensors, of any shapes and floating dtypes. They are
    changed themselves, outside the graph, and remain leaves. Afterwards each .grad is zero or
    None. Where there is none, the tensor stays as it is.
    """
    with torch.no_grad():
        for p in params:
            if p.grad is not None:
                p -= lr * p.grad
                p.grad = None


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
    of `batch_size` samples picked at random from all N, and on the mean loss of that batch.
    """
    for _ in range(steps):
        batch = torch.randint(len(x), (batch_size,))
        F.nll_loss(model(x[batch], weights, bias), y[batch]).backward()
        sgd_step([weights, bias], lr)
