"""Mnist_Logistic is a function that returns an nn.Sequential; indices by torch.multinomial."""

from collections import OrderedDict

import torch
from torch import nn, optim


def Mnist_Logistic():  # noqa: N802
    return nn.Sequential(OrderedDict(lin=nn.Linear(784, 10)))


def get_model(lr=0.5, **options):
    model = Mnist_Logistic()
    return model, optim.SGD(model.parameters(), lr=lr, **options)


def fit(model, opt, loss_func, x_train, y_train, epochs=2, bs=64):
    def epoch():
        total = torch.zeros((), dtype=x_train.dtype)
        batches = list(torch.arange(len(x_train)).split(bs))
        for index in batches:
            opt.zero_grad(set_to_none=False)
            with torch.enable_grad():
                loss = loss_func(model(x_train[index]), y_train[index])
            loss.backward()
            opt.step()
            total += loss.detach()
        return (total / len(batches)).item()

    return [epoch() for _ in range(epochs)]


def train_random(model, opt, loss_func, x, y, steps, batch_size):
    chances = torch.ones(len(x))
    for _ in range(steps):
        index = torch.multinomial(chances, batch_size, replacement=True)
        xb = x.index_select(0, index)
        yb = y.index_select(0, index)
        opt.zero_grad()
        loss = loss_func(model(xb), yb)
        loss.backward()
        opt.step()
