"""Exercise 07, solved: an unknown thermometer, and whether a network has learned or memorised."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable

import torch
from torch import nn


def split(
    t_u: torch.Tensor, t_c: torch.Tensor, val_fraction: float = 0.2
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor]:
    """Split the readings at random into those to learn from and those to validate on.

    Args:
        t_u: the inputs, (n,) or (n, 1), n at least 2. Left as they are.
        t_c: what belongs to each of them, of the same shape. Left as they are.
        val_fraction: which share to keep for validation: int(val_fraction · n) samples.

    Returns:
        (t_u_train, t_c_train, t_u_val, t_c_val), of the inputs' dtypes and number of dimensions.
        Every sample is in exactly one half, and stays with its partner. A different draw each call.
    """
    n = len(t_u)
    n_train = n - int(val_fraction * n)
    shuffled = torch.randperm(n)
    train, val = shuffled[:n_train], shuffled[n_train:]
    return t_u[train], t_c[train], t_u[val], t_c[val]


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

    Prints both losses at epoch 1 and at every 1000th.

    Args:
        n_epochs: how many epochs; each is one step on all training samples.
        optimizer: takes the steps; made for the model's parameters, with no gradients yet.
        model: what to train, changed in place by the optimizer, in training mode.
        loss_fn: called as loss_fn(prediction, target), gives a 0-d tensor.
        t_u_train: the model's inputs to learn from, (n_train, 1).
        t_c_train: the targets to learn from, (n_train, 1), in °C.
        t_u_val: the model's inputs to validate on, (n_val, 1). Nothing is learned from them.
        t_c_val: the targets to validate on, (n_val, 1), in °C. Nothing is learned from them.

    Returns:
        A list of n_epochs pairs of Python floats: the training and the validation loss, both of the
        model as it was before that epoch's step.
    """
    history = []
    for epoch in range(1, n_epochs + 1):
        loss_train = loss_fn(model(t_u_train), t_c_train)
        with torch.no_grad():
            loss_val = loss_fn(model(t_u_val), t_c_val)
        optimizer.zero_grad()
        loss_train.backward()
        optimizer.step()
        history.append((loss_train.item(), loss_val.item()))
        if epoch == 1 or epoch % 1000 == 0:
            print(
                f"Epoch {epoch}, training loss {history[-1][0]}, validation loss {history[-1][1]}"
            )
    return history


def make_model(n_hidden: int = 13) -> nn.Sequential:
    """A network with one hidden layer: `nn.Sequential` of an `OrderedDict`.

    Args:
        n_hidden: how many hidden units.

    Returns:
        A model from (n, 1) to (n, 1) of three named layers: hidden_linear (1 → n_hidden),
        hidden_activ (tanh), output_linear (n_hidden → 1).
    """
    return nn.Sequential(
        OrderedDict(
            [
                ("hidden_linear", nn.Linear(1, n_hidden)),
                ("hidden_activ", nn.Tanh()),
                ("output_linear", nn.Linear(n_hidden, 1)),
            ]
        )
    )
