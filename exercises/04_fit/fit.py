"""Exercise 04: one loop that trains any model. The lesson is in README.md."""

from collections.abc import Callable

import torch
from torch import nn


def fit(
    model: nn.Module,
    loss_func: Callable[[torch.Tensor, torch.Tensor], torch.Tensor],
    x_train: torch.Tensor,
    y_train: torch.Tensor,
    epochs: int = 2,
    bs: int = 64,
    lr: float = 0.5,
) -> list[float]:
    """Train `model` by gradient descent on mini-batches, in order.

    model: any nn.Module, in training mode. Every one of its parameters is trained, in place, and in
        that mode: no batch meets the model after a `model.eval()`.
    loss_func: called as `loss_func(predictions, targets)`; gives the batch's mean loss, a 0-d
        tensor. `F.cross_entropy`, `F.mse_loss`, or any other.
    x_train: the N samples, shape (N, features). It isn't changed.
    y_train: their N targets: int64 labels (N,), or whatever loss_func takes. It isn't changed.
        Model and data may be float64; then so is the training.
    epochs: how many times to walk through all the samples.
    bs: the batch size. Batches are taken in order; the last one is short where bs doesn't
        divide N.
    lr: the learning rate. After each batch every parameter moves by -lr times its gradient.

    Returns a list of `epochs` Python floats: the mean training loss during each epoch, over the
        batches or over the samples, of the losses as they were before each step (and not a loss
        measured when the epoch is over).
    An answer that uses `torch.optim`, which comes in exercise 05, loses 8 of 25 points.

    Bonus: it works with the model and the data on a GPU.
    """
    raise NotImplementedError("fit: write the training loop")
