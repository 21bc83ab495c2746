"""Sorts random numbers for a permutation; index_select; a helper for both losses; setattr."""

import torch
from torch import nn


def split(t_u, t_c, val_fraction=0.2):
    order = torch.rand(len(t_u)).argsort()
    val = order[torch.arange(len(order)) < int(val_fraction * len(order))]
    train = order[torch.arange(len(order)) >= int(val_fraction * len(order))]
    return (
        t_u.index_select(0, train),
        t_c.index_select(0, train),
        torch.index_select(t_u, 0, val),
        torch.index_select(t_c, 0, val),
    )


def _loss(model, loss_fn, t_u, t_c):
    t_p = model(t_u)
    return loss_fn(t_p, t_c)


def training_loop(n_epochs, optimizer, model, loss_fn, t_u_train, t_c_train, t_u_val, t_c_val):
    training, validation = [], []
    for epoch in range(1, n_epochs + 1):
        loss_train = _loss(model, loss_fn, t_u_train, t_c_train)
        loss_val = _loss(model, loss_fn, t_u_val, t_c_val)
        training.append(loss_train.detach())
        validation.append(loss_val.detach())
        for group in optimizer.param_groups:
            for parameter in group["params"]:
                parameter.grad = None
        torch.autograd.backward(loss_train)
        optimizer.step()
        if epoch in {1} or epoch % 1000 == 0:
            print(f"Epoch {epoch}, Training loss {loss_train:.3f}, Validation loss {loss_val:.3f}")
    return torch.stack([torch.stack(training), torch.stack(validation)], dim=1).tolist()


def make_model(n_hidden=13):
    model = nn.Sequential()
    for name, layer in [
        ("hidden_linear", nn.Linear(1, n_hidden, bias=True)),
        ("hidden_activ", nn.Tanh()),
        ("output_linear", nn.Linear(n_hidden, 1, bias=True)),
    ]:
        setattr(model, name, layer)
    return model
