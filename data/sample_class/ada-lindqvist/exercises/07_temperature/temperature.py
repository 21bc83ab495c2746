"""Exercise 7, Ada Lindqvist."""

from collections import OrderedDict

import torch
from torch import nn


def split(t_u, t_c, val_fraction=0.2):
    n_val = int(val_fraction * t_u.shape[0])
    order = torch.randperm(t_u.shape[0])
    val, train = order[:n_val], order[n_val:]
    return t_u[train], t_c[train], t_u[val], t_c[val]


def training_loop(
    n_epochs, optimizer, model, loss_fn, t_u_train, t_c_train, t_u_val, t_c_val
):
    history = []
    for epoch in range(1, n_epochs + 1):
        train_loss = loss_fn(model(t_u_train), t_c_train)
        with torch.no_grad():
            val_loss = loss_fn(model(t_u_val), t_c_val)

        optimizer.zero_grad()
        train_loss.backward()
        optimizer.step()

        pair = (train_loss.item(), val_loss.item())
        history.append(pair)
        if epoch == 1 or epoch % 1000 == 0:
            print(f"Epoch {epoch}: training {pair[0]:.4f}, validation {pair[1]:.4f}")
    return history


def make_model(n_hidden=13):
    layers = OrderedDict()
    layers["hidden_linear"] = nn.Linear(1, n_hidden)
    layers["hidden_activ"] = nn.Tanh()
    layers["output_linear"] = nn.Linear(n_hidden, 1)
    return nn.Sequential(layers)
