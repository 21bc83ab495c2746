"""random.shuffle; a closure for the optimizer; an OrderedDict made from a plain dict."""

import random
from collections import OrderedDict

import torch
from torch import nn


def split(t_u, t_c, val_fraction=0.2):
    places = list(range(t_u.shape[0]))
    random.shuffle(places)
    cut = len(places) - int(val_fraction * len(places))
    return tuple(t[part] for part in (places[:cut], places[cut:]) for t in (t_u, t_c))


def training_loop(n_epochs, optimizer, model, loss_fn, t_u_train, t_c_train, t_u_val, t_c_val):
    @torch.no_grad()
    def validation_loss():
        return loss_fn(model(t_u_val), t_c_val).item()

    def closure():
        optimizer.zero_grad()
        loss = loss_fn(model(t_u_train), t_c_train)
        loss.backward()
        return loss

    history = []
    for epoch in range(1, n_epochs + 1):
        loss_val = validation_loss()
        loss_train = optimizer.step(closure).item()
        history.append((loss_train, loss_val))
        if epoch == 1 or epoch % 1000 == 0:
            print("Epoch {}, train {:.3f}, val {:.3f}".format(epoch, *history[-1]))
    return history


def make_model(n_hidden=13):
    layers = {
        "hidden_linear": nn.Linear(1, n_hidden),
        "hidden_activ": nn.Tanh(),
        "output_linear": nn.Linear(n_hidden, 1),
    }
    return nn.Sequential(OrderedDict(layers))
