"""torch.autograd.grad fills the gradients; the halves taken by chunks of a stacked tensor."""

from collections import OrderedDict

import torch
from torch import nn


def split(t_u, t_c, val_fraction=0.2):
    pairs = torch.stack((t_u, t_c), dim=-1)[torch.randperm(t_u.shape[0])]
    n_val = int(pairs.shape[0] * val_fraction)
    val, train = torch.split(pairs, [n_val, pairs.shape[0] - n_val])
    return train[..., 0], train[..., 1], val[..., 0], val[..., 1]


def training_loop(
    n_epochs, optimizer, model, loss_fn, t_u_train, t_c_train, t_u_val, t_c_val, print_every=1000
):
    parameters = list(model.parameters())

    def report(epoch, train, val):
        print(f"Epoch {epoch}, training loss {train:.4f}, validation loss {val:.4f}", flush=True)

    history = []
    for epoch in range(n_epochs):
        loss_train = loss_fn(model(t_u_train), t_c_train)
        gradients = torch.autograd.grad(loss_train, parameters)
        for parameter, gradient in zip(parameters, gradients, strict=True):
            parameter.grad = gradient
        loss_val = loss_fn(model(t_u_val).detach(), t_c_val)
        history += [(loss_train.item(), loss_val.item())]
        optimizer.step()
        if epoch == 0 or (epoch + 1) % print_every == 0:
            report(epoch + 1, *history[-1])
    return history


def make_model(n_hidden=13, n_in=1, n_out=1):
    names = "hidden_linear", "hidden_activ", "output_linear"
    layers = nn.Linear(n_in, n_hidden), nn.Tanh(), nn.Linear(n_hidden, n_out)
    return nn.Sequential(OrderedDict(zip(names, layers, strict=True)))
