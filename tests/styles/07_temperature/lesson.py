"""As the lesson prints it: shuffled indices cut from the end, f-strings at epoch 1 and 1000."""

from collections import OrderedDict

import torch
import torch.nn as nn


def split(t_u, t_c, val_fraction=0.2):
    n_samples = t_u.shape[0]
    n_val = int(val_fraction * n_samples)
    shuffled_indices = torch.randperm(n_samples)
    train_indices = shuffled_indices[:-n_val]
    val_indices = shuffled_indices[-n_val:]
    t_u_train = t_u[train_indices]
    t_c_train = t_c[train_indices]
    t_u_val = t_u[val_indices]
    t_c_val = t_c[val_indices]
    return t_u_train, t_c_train, t_u_val, t_c_val


def training_loop(n_epochs, optimizer, model, loss_fn, t_u_train, t_c_train, t_u_val, t_c_val):
    losses = []
    for epoch in range(1, n_epochs + 1):
        t_p_train = model(t_u_train)
        loss_train = loss_fn(t_p_train, t_c_train)

        t_p_val = model(t_u_val)
        loss_val = loss_fn(t_p_val, t_c_val)

        optimizer.zero_grad()
        loss_train.backward()
        optimizer.step()

        if epoch == 1 or epoch % 1000 == 0:
            print(
                f"Epoch {epoch}, Training loss {loss_train.item():.4f},"
                f" Validation loss {loss_val.item():.4f}"
            )
        losses.append((loss_train.item(), loss_val.item()))
    return losses


def make_model(n_hidden=13):
    seq_model = nn.Sequential(
        OrderedDict(
            [
                ("hidden_linear", nn.Linear(1, n_hidden)),
                ("hidden_activ", nn.Tanh()),
                ("output_linear", nn.Linear(n_hidden, 1)),
            ]
        )
    )
    return seq_model  # noqa: RET504
