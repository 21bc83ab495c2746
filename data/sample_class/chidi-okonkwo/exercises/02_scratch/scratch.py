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
    grad. Any random numbers with that spread will do.
    """
    raise NotImplementedError("init_params is still to be written")


def model(xb: Tensor, weights: Tensor, bias: Tensor) -> Tensor:
    """The log-probabilities of the classes for a batch: log-softmax of a linear layer.

    xb: (N, n_in), weights: (n_in, n_out), bias: (n_out,), all of one floating dtype (float64
    too), however they lie in memory.
    Returns (N, n_out), of that dtype. Gradients flow back to all three, and none is changed.
    F.linear and F.log_softmax are welcome; an answer that uses nn.Linear loses 2 of 10 points.

    Bonus: scores of 10,000 give finite values and gradients; xb may have more dimensions in
    front, such as (2, 5, n_in); all three may be on a GPU, and then the result is too.
    """
    raise NotImplementedError("model is still to be written")


def sgd_step(params: list[Tensor], lr: float) -> None:
    """Take one step of gradient descent: move each parameter against its gradient, lr times it.

    params: a list of any number of leaf tensors, of any shapes and floating dtypes, as backward()
    leaves them: each .grad holds a gradient.
    Changes these very tensors, outside the graph; they stay leaves that require grad. Afterwards
    each .grad is zero or None. An answer that uses torch.optim loses 5 of 14 points.

    Bonus: a tensor that got no gradient, so that its .grad is None, stays as it is.
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
    of `batch_size` samples picked at random from all N, and on the mean loss of that batch. Any
    random draw passes: torch.randint, torch.randperm, a DataLoader that shuffles, NumPy, random.
    What it returns doesn't matter; x and y aren't changed. An answer that uses torch.optim or the
    layers of torch.nn loses 5 of 14 points.
    """
    raise NotImplementedError("train is still to be written")
