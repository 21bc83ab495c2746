"""NumPy draws; the gradients cleared after the step; preallocated results, paired by zip."""

from collections import OrderedDict

import numpy as np
import torch
from torch import nn


def split(t_u, t_c, val_fraction=0.2):
    order = np.random.default_rng().permutation(len(t_u))
    n_val = int(val_fraction * len(t_u))
    val, train = torch.from_numpy(order[:n_val]), torch.from_numpy(order[n_val:])
    return t_u[train], t_c[train], t_u[val], t_c[val]


def training_loop(n_epochs, optimizer, model, loss_fn, t_u_train, t_c_train, t_u_val, t_c_val):
    training, validation = np.zeros(n_epochs), np.zeros(n_epochs)
    for epoch in range(n_epochs):
        loss = loss_fn(model(t_u_train), t_c_train)
        training[epoch] = loss.item()
        validation[epoch] = loss_fn(model(t_u_val), t_c_val).item()
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
    return list(zip(training, validation))  # noqa: B905


def make_model(n_hidden=13):
    layers = OrderedDict()
    layers["hidden_linear"] = nn.Linear(1, n_hidden)
    layers["hidden_activ"] = nn.Tanh()
    layers["output_linear"] = nn.Linear(n_hidden, 1)
    return nn.Sequential(layers)
