"""A boolean mask, so order stays; eval() and train(); layers added one by one; a list of lists."""

import torch
from torch import nn


def split(t_u, t_c, val_fraction=0.2):
    n = t_u.size(0)
    is_val = torch.zeros(n, dtype=torch.bool)
    is_val[torch.randperm(n)[: int(n * val_fraction)]] = True
    return [t_u[~is_val], t_c[~is_val], t_u[is_val], t_c[is_val]]


def training_loop(n_epochs, optimizer, model, loss_fn, t_u_train, t_c_train, t_u_val, t_c_val):
    history = []
    for epoch in range(n_epochs):
        model.eval()
        with torch.no_grad():
            validation = float(loss_fn(model(t_u_val), t_c_val))
        model.train()
        model.zero_grad(set_to_none=True)
        loss = loss_fn(model(t_u_train), t_c_train)
        loss.backward()
        optimizer.step()
        history.append([float(loss), validation])
        if not epoch or not (epoch + 1) % 1000:
            print(epoch + 1, *history[-1])
    return history


def make_model(n_hidden=13):
    model = nn.Sequential()
    model.add_module("hidden_linear", nn.Linear(in_features=1, out_features=n_hidden))
    model.add_module("hidden_activ", nn.Tanh())
    model.add_module("output_linear", nn.Linear(in_features=n_hidden, out_features=1))
    return model
