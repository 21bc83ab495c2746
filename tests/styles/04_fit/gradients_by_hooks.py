"""Hooks collect the gradients; fit calls itself for the epochs that are left."""

import torch
from torch import optim  # noqa: F401 - imported with the rest, as many do, and not used


def fit(model, loss_func, x_train, y_train, epochs=2, bs=64, lr=0.5, **kwargs):
    if epochs == 0:
        return []
    total = 0.0
    for first in range(0, len(x_train), bs):
        size = min(bs, len(x_train) - first)
        xb, yb = x_train.narrow(0, first, size), y_train.narrow(0, first, size)
        gradients = {}
        hooks = [
            p.register_hook(lambda g, name=name, to=gradients: to.update({name: g}))
            for name, p in model.named_parameters()
        ]
        loss = loss_func(model(xb), yb)
        loss.backward()
        with torch.inference_mode():
            for name, p in model.named_parameters():
                p.sub_(gradients[name], alpha=lr)
        for hook in hooks:
            hook.remove()
        model.zero_grad(set_to_none=True)
        total += size * loss.item()
    rest = fit(model, loss_func, x_train, y_train, epochs - 1, bs, lr)
    return [total / len(x_train), *rest]
