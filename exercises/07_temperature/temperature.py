"""Exercise 07: read an unknown thermometer, and find out whether a network learns or memorises.

Read README.md beside this file, replace each `raise NotImplementedError(...)` by your own code,
and run `pytest exercises/07_temperature`.
"""

from __future__ import annotations

from collections import OrderedDict  # noqa: F401  (make_model needs it)
from collections.abc import Callable

import torch
from torch import nn


def split(
    t_u: torch.Tensor, t_c: torch.Tensor, val_fraction: float = 0.2
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor]:
    """Split the readings at random into those to learn from and those to validate on.

    Args:
        t_u: the inputs, (n,) or (n, 1), n at least 2. Leave them as they are.
        t_c: what belongs to each of them, of the same shape. Leave them as they are.
        val_fraction: which share to keep for validation: int(val_fraction · n) samples. (You may
            take it that this is at least one. Bonus: it may be none.)

    Returns:
        (t_u_train, t_c_train, t_u_val, t_c_val), of the inputs' dtypes and number of dimensions.
        Every sample is in exactly one half, and stays with its partner. A different draw each call.
    """
    raise NotImplementedError("split: draw a random permutation of the samples' positions, cut it")


def training_loop(
    n_epochs: int,
    optimizer: torch.optim.Optimizer,
    model: nn.Module,
    loss_fn: Callable[[torch.Tensor, torch.Tensor], torch.Tensor],
    t_u_train: torch.Tensor,
    t_c_train: torch.Tensor,
    t_u_val: torch.Tensor,
    t_c_val: torch.Tensor,
) -> list[tuple[float, float]]:
    """Train on the training half, and watch the validation half.

    Prints both losses at epoch 1 and at every 1000th (no test looks at what you print).

    Args:
        n_epochs: how many epochs; each is one step on all training samples.
        optimizer: takes the steps; made for the model's parameters, with no gradients yet.
        model: what to train, changed in place by the optimizer. It comes in training mode: it is
            in that mode whenever it learns. (For the validation loss either mode is fine.)
        loss_fn: call it as loss_fn(prediction, target); it gives a 0-d tensor.
        t_u_train: the model's inputs to learn from, (n_train, 1).
        t_c_train: the targets to learn from, (n_train, 1), in °C.
        t_u_val: the model's inputs to validate on, (n_val, 1). Learn nothing from them.
        t_c_val: the targets to validate on, (n_val, 1), in °C. Learn nothing from them.

    Returns:
        A list of n_epochs pairs of Python floats: the training and the validation loss, both of the
        model as it was before that epoch's step.
    """
    raise NotImplementedError("training_loop: two losses, one of them to learn from, an epoch")


def make_model(n_hidden: int = 13) -> nn.Sequential:
    """A network with one hidden layer: `nn.Sequential` of an `OrderedDict`.

    Args:
        n_hidden: how many hidden units.

    Returns:
        A model from (n, 1) to (n, 1) of three named layers: hidden_linear (1 → n_hidden),
        hidden_activ (tanh), output_linear (n_hidden → 1).
    """
    raise NotImplementedError("make_model: three named layers, one after the other")
