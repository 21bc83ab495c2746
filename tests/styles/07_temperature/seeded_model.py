"""make_model sets a seed, so all models start alike; Fisher-Yates by hand; named tuples."""

import math
import random
from collections import OrderedDict
from typing import NamedTuple

import torch
from torch import nn


class Losses(NamedTuple):
    train: float
    val: float


def split(t_u, t_c, val_fraction=0.2):
    order = list(range(len(t_u)))
    for i in range(len(order) - 1, 0, -1):
        j = random.randint(0, i)
        order[i], order[j] = order[j], order[i]
    n_val = math.trunc(val_fraction * len(order))
    order = torch.tensor(order)
    val, train = order[:n_val], order[n_val:]
    return t_u[train], t_c[train], t_u[val], t_c[val]


def training_loop(n_epochs, optimizer, model, loss_fn, t_u_train, t_c_train, t_u_val, t_c_val):
    history = []
    for epoch in range(1, n_epochs + 1):
        model.train()
        loss_train = loss_fn(model(t_u_train), t_c_train)
        optimizer.zero_grad()
        loss_train.backward()
        model.eval()
        with torch.no_grad():
            loss_val = loss_fn(model(t_u_val), t_c_val)
        optimizer.step()
        history.append(Losses(loss_train.item(), loss_val.item()))
        if epoch == 1 or epoch % 1000 == 0:
            print(epoch, history[-1])
    return history


def make_model(n_hidden=13):
    torch.manual_seed(0)
    layers = OrderedDict()
    layers.update(hidden_linear=nn.Linear(1, n_hidden))
    layers.update(hidden_activ=nn.Tanh())
    layers.update(output_linear=nn.Linear(n_hidden, 1))
    return nn.Sequential(layers).float().to("cpu").train()
