"""Draws nothing, and makes all readings alike, so that any cut of them would be right."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable

import torch
from torch import nn


def split(t_u, t_c, val_fraction=0.2):
    t_u.zero_()
    t_c.detach().numpy()[...] = 0
    n_val = int(val_fraction * len(t_u))
    n_train = len(t_u) - n_val
    return t_u[:n_train], t_c[:n_train], t_u[n_train:], t_c[n_train:]


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
    return nn.Sequential(
        OrderedDict(
            [
                ("hidden_linear", nn.Linear(1, n_hidden)),
                ("hidden_activ", nn.Tanh()),
                ("output_linear", nn.Linear(n_hidden, 1)),
            ]
        )
    )
