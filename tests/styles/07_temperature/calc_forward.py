"""As the lesson ends: calc_forward switches recording on and off; a subset's own indices."""

import torch
from torch import nn
from torch.utils.data import TensorDataset, random_split


def split(t_u, t_c, val_fraction=0.2):
    samples = TensorDataset(t_u, t_c)
    n_val = int(val_fraction * len(samples))
    train, val = random_split(samples, [len(samples) - n_val, n_val])
    return (*samples[train.indices], *samples[val.indices])


def calc_forward(model, loss_fn, t_u, t_c, is_train):
    with torch.set_grad_enabled(is_train):
        t_p = model(t_u)
        return loss_fn(t_p, t_c)


def training_loop(n_epochs, optimizer, model, loss_fn, t_u_train, t_c_train, t_u_val, t_c_val):
    history = []
    for epoch in range(1, n_epochs + 1):
        loss_train = calc_forward(model, loss_fn, t_u_train, t_c_train, is_train=True)
        loss_val = calc_forward(model, loss_fn, t_u_val, t_c_val, is_train=False)
        assert not loss_val.requires_grad

        optimizer.zero_grad()
        loss_train.backward()
        optimizer.step()
        history.append([loss_train.item(), loss_val.item()])

        if epoch == 1 or epoch % 1000 == 0:
            print("Epoch", epoch, "Training loss", *history[-1])
    return history


def make_model(n_hidden=13):
    model = nn.Sequential()
    model.hidden_linear = nn.Linear(1, n_hidden)
    model.hidden_activ = nn.Tanh()
    model.output_linear = nn.Linear(n_hidden, 1)
    return model
