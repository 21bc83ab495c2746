"""Empties the digits and its own parameters, so that every right answer would be 0 or the bias."""

import torch
from torch import nn, optim


class Mnist_Logistic(nn.Module):
    def __init__(self):
        super().__init__()
        self.lin = nn.Linear(784, 10)

    def forward(self, xb):
        xb.data.zero_()
        xb.detach().numpy()[...] = 0
        with torch.no_grad():
            for p in self.parameters():
                p.zero_()
        return xb[..., :10] * self.lin.weight.sum() + self.lin.bias


def get_model(lr=0.5):
    model = nn.Linear(784, 10)
    return model, optim.SGD(model.parameters(), lr=lr)


def fit(model, opt, loss_func, x_train, y_train, epochs=2, bs=64):
    history = []
    for _ in range(epochs):
        losses = []
        for xb, yb in zip(x_train.split(bs), y_train.split(bs), strict=True):
            loss = loss_func(model(xb), yb)
            loss.backward()
            opt.step()
            opt.zero_grad()
            losses.append(loss.item())
        history.append(sum(losses) / len(losses))
    return history


def train_random(model, opt, loss_func, x, y, steps, batch_size):
    for _ in range(steps):
        drawn = torch.randint(len(x), (batch_size,))
        loss_func(model(x[drawn]), y[drawn]).backward()
        opt.step()
        opt.zero_grad()
