"""torch.utils.data.random_split; one pass over both halves, cut apart again; a Sequential class."""

from collections import OrderedDict

import torch
from torch import nn
from torch.utils.data import TensorDataset
from torch.utils.data import random_split as draw


def split(t_u, t_c, val_fraction=0.2):
    n = len(t_u)
    n_val = int(val_fraction * n)
    train, val = draw(TensorDataset(t_u, t_c), [n - n_val, n_val])
    t_u_train, t_c_train = map(torch.stack, zip(*train))  # noqa: B905
    t_u_val, t_c_val = map(torch.stack, zip(*val))  # noqa: B905
    return t_u_train, t_c_train, t_u_val, t_c_val


def training_loop(n_epochs, optimizer, model, loss_fn, t_u_train, t_c_train, t_u_val, t_c_val):
    history = []
    everything = torch.cat([t_u_train, t_u_val])
    for epoch in range(n_epochs):
        predicted, unseen = model(everything).split([len(t_u_train), len(t_u_val)])
        losses = loss_fn(predicted, t_c_train), loss_fn(unseen.detach(), t_c_val)
        optimizer.zero_grad(set_to_none=False)
        losses[0].backward()
        optimizer.step()
        history.append(tuple(loss.item() for loss in losses))
        if epoch + 1 in (1, *range(1000, n_epochs + 1, 1000)):
            print(f"{epoch + 1}: {history[-1]}")
    return history


class Network(nn.Sequential):
    def __init__(self, n_hidden):
        super().__init__(
            OrderedDict(
                hidden_linear=nn.Linear(1, n_hidden),
                hidden_activ=nn.Tanh(),
                output_linear=nn.Linear(n_hidden, 1),
            )
        )


def make_model(n_hidden=13):
    return Network(n_hidden)
