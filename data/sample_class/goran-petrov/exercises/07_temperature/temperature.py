from collections import OrderedDict

import torch
from torch import nn


def split(t_u, t_c, val_fraction=0.2):
    n_val = int(val_fraction * len(t_u))
    return t_u[:-n_val], t_c[:-n_val], t_u[-n_val:], t_c[-n_val:]


def training_loop(n_epochs, optimizer, model, loss_fn, t_u_train, t_c_train, t_u_val, t_c_val):
    losses = []
    for epoch in range(1, n_epochs + 1):
        l_train = loss_fn(model(t_u_train), t_c_train)
        l_val = loss_fn(model(t_u_val), t_c_val)
        optimizer.zero_grad()
        (l_train + l_val).backward()
        optimizer.step()
        losses.append((l_train.item(), l_val.item()))
    return losses


def make_model(n_hidden=13):
    return nn.Sequential(
        OrderedDict(
            hidden_linear=nn.Linear(1, n_hidden),
            output_linear=nn.Linear(n_hidden, 1),
        )
    )
