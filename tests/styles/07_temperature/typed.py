"""Type hints throughout, named tuples for halves and losses, weights that start by Xavier."""

from __future__ import annotations

from collections import OrderedDict
from typing import NamedTuple

import torch
from torch import Tensor, nn


class Halves(NamedTuple):
    t_u_train: Tensor
    t_c_train: Tensor
    t_u_val: Tensor
    t_c_val: Tensor


class Losses(NamedTuple):
    train: float
    val: float


def split(t_u: Tensor, t_c: Tensor, val_fraction: float = 0.2) -> Halves:
    assert len(t_u) == len(t_c)
    generator = torch.Generator()
    generator.seed()
    order = torch.randperm(len(t_u), generator=generator)
    train, val = order.tensor_split([len(t_u) - int(val_fraction * len(t_u))])
    return Halves(t_u[train], t_c[train], t_u[val], t_c[val])


def training_loop(
    n_epochs: int,
    optimizer: torch.optim.Optimizer,
    model: nn.Module,
    loss_fn,
    t_u_train: Tensor,
    t_c_train: Tensor,
    t_u_val: Tensor,
    t_c_val: Tensor,
) -> list[Losses]:
    history: list[Losses] = []
    while len(history) < n_epochs:
        optimizer.zero_grad()
        loss = loss_fn(model(t_u_train), t_c_train)
        loss.backward()
        with torch.inference_mode():
            loss_val = loss_fn(model(t_u_val), t_c_val)
        optimizer.step()
        history.append(Losses(loss.item(), loss_val.item()))
    return history


def make_model(n_hidden: int = 13) -> nn.Sequential:
    hidden, output = nn.Linear(1, n_hidden), nn.Linear(n_hidden, 1)
    for layer in (hidden, output):
        nn.init.xavier_uniform_(layer.weight)
        nn.init.zeros_(layer.bias)
    named = OrderedDict()
    named.update(hidden_linear=hidden, hidden_activ=nn.Tanh(), output_linear=output)
    return nn.Sequential(named)
