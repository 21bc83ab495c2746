"""Exercise 05: the same training, on PyTorch's own parts. The lesson is in README.md."""

from collections.abc import Callable

import torch
from torch import nn, optim

Loss = Callable[[torch.Tensor, torch.Tensor], torch.Tensor]


class Mnist_Logistic(nn.Module):
    """Logistic regression on MNIST digits: one `nn.Linear` of 784 inputs and 10 outputs."""

    def __init__(self) -> None:
        super().__init__()
        raise NotImplementedError("Mnist_Logistic: make the layer")

    def forward(self, xb: torch.Tensor) -> torch.Tensor:
        """Compute the logits of a batch.

        xb: digits, shape (N, 784), of the parameters' dtype (float64 in a model that was moved
            there). It isn't changed.
        Returns the layer's answer as it is: shape (N, 10), same dtype.

        Bonus: any dimensions may stand before the last one, as in (784,) or (2, 3, 784).
        """
        raise NotImplementedError("Mnist_Logistic: write forward")


def get_model(lr: float = 0.5) -> tuple[nn.Module, optim.Optimizer]:
    """Make a new model of digits and the optimizer that trains it.

    Returns the pair (model, opt). model: your `Mnist_Logistic`, or another model of digits with
        7,840 weights and 10 biases; a new one at each call. opt: an `optim.SGD` over all of its
        parameters with the learning rate `lr`, and nothing else: no momentum, no weight decay.
    """
    raise NotImplementedError("get_model: return the model and its optimizer")


def fit(
    model: nn.Module,
    opt: optim.Optimizer,
    loss_func: Loss,
    x_train: torch.Tensor,
    y_train: torch.Tensor,
    epochs: int = 2,
    bs: int = 64,
) -> list[float]:
    """Train `model` with `opt` on mini-batches, in order.

    model: any nn.Module, in training mode. It is trained in that mode: no batch meets it after a
        `model.eval()`.
    opt: an optimizer of any kind over its parameters.
    loss_func: called as `loss_func(predictions, targets)`; gives the batch's mean loss, a 0-d
        tensor.
    x_train: the N samples, shape (N, features); y_train: their N targets. They aren't changed.
        Model and data may be float64; then so is the training.
    epochs: how many times to walk through all the samples.
    bs: the batch size. Batches are taken in order; the last one is short where bs doesn't
        divide N. After each batch, opt takes one step.

    Returns a list of `epochs` Python floats: the mean training loss during each epoch, over the
        batches or over the samples, of the losses as they were before each step (and not a loss
        measured when the epoch is over).

    Bonus: it works with the model and the data on a GPU.
    """
    raise NotImplementedError("fit: write the training loop")


def train_random(
    model: nn.Module,
    opt: optim.Optimizer,
    loss_func: Loss,
    x: torch.Tensor,
    y: torch.Tensor,
    steps: int,
    batch_size: int,
) -> None:
    """Train `model` with `opt` on mini-batches drawn at random, in training mode.

    steps: how many batches to draw, and how many steps opt takes: one after each.
    batch_size: how many samples a batch holds. Every sample of x, with its own target in y, can
        be drawn for every batch.

    The other arguments are those of `fit`, float64 included. What it returns doesn't matter.

    Bonus: it works with the model and the data on a GPU.
    """
    raise NotImplementedError("train_random: write the training loop")
