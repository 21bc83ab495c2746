"""torch.func throughout, an autograd.Function, remembered answers, a device found by getattr."""

from functools import lru_cache

import numpy as np
import torch
from torch import nn
from torch.func import functional_call, grad_and_value, jacfwd


@lru_cache(maxsize=None)  # noqa: UP033
def slope_at(w):
    return jacfwd(lambda w: 10 * w**2 + 25)(torch.tensor(w, dtype=torch.float64)).item()


def dz_dw(w):
    return slope_at(float(w))


class Affine(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, weight, bias):
        ctx.save_for_backward(x, weight)
        return torch.stack([row @ weight + bias for row in x])

    @staticmethod
    def backward(ctx, grad):
        x, weight = ctx.saved_tensors
        return grad @ weight.T, x.T @ grad, grad.sum(0)


class LinearRegression(nn.Module):
    def __init__(self, input_size, output_size):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(input_size, output_size))
        self.bias = nn.Parameter(torch.zeros(output_size))

    def forward(self, x):
        return Affine.apply(x, self.weight, self.bias)


def train_regression(model, x, y, epochs=100, lr=0.01, device=None):
    if device is None:
        device = next((k for k in ("cuda", "xpu") if getattr(torch, k).is_available()), "cpu")
    model.to(device)
    x, y = x.to(device), y.to(device)
    names = dict(model.named_parameters())

    def loss_of(parameters):
        return torch.nn.functional.mse_loss(functional_call(model, parameters, (x,)), y)

    losses = []
    for _ in range(epochs):
        gradients, loss = grad_and_value(loss_of)({n: p.detach() for n, p in names.items()})
        with torch.no_grad():
            for name, parameter in names.items():
                parameter -= lr * gradients[name]
        losses.append(float(loss))
    return losses


def predict(model, x):
    model.requires_grad_(False)
    try:
        return np.asarray(model(x))
    finally:
        model.requires_grad_(True)
