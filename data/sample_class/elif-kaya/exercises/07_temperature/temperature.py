# elif kaya
from collections import OrderedDict

import torch
from torch import nn


def split(t_u, t_c, val_fraction=0.2):
    n = len(t_u)
    held_out = torch.zeros(n, dtype=torch.bool)
    held_out[torch.randperm(n)[: int(val_fraction * n)]] = True
    return t_u[~held_out], t_c[~held_out], t_u[held_out], t_c[held_out]


def training_loop(n_epochs, optimizer, model, loss_fn, t_u_train, t_c_train, t_u_val, t_c_val):
    def losses():
        fitted = loss_fn(model(t_u_train), t_c_train)
        with torch.no_grad():
            unseen = loss_fn(model(t_u_val), t_c_val)
        return fitted, unseen

    curve = []
    for epoch in range(n_epochs):
        fitted, unseen = losses()
        curve.append((float(fitted), float(unseen)))
        fitted.backward()
        optimizer.step()
        optimizer.zero_grad()
        if epoch == 0 or (epoch + 1) % 1000 == 0:
            print("Epoch", epoch + 1, *curve[-1])
    return curve


def make_model(n_hidden=13):
    names = ["hidden_linear", "hidden_activ", "output_linear"]
    layers = [nn.Linear(1, n_hidden), nn.Tanh(), nn.Linear(n_hidden, 1)]
    return nn.Sequential(OrderedDict(zip(names, layers)))
