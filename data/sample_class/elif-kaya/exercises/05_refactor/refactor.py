# elif kaya
from itertools import islice

import torch
from torch import nn, optim
from torch.utils.data import DataLoader, TensorDataset


class Mnist_Logistic(nn.Module):
    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(784, 10))

    def forward(self, xb):
        return self.net(xb)


def get_model(lr=0.5):
    m = Mnist_Logistic()
    return m, optim.SGD(params=m.parameters(), lr=lr)


def _learn(model, opt, loss_func, batches):
    """Steps through batches; yields (loss, size) after each."""
    for xb, yb in batches:
        scores = model(xb)
        loss = loss_func(scores, yb)
        loss.backward()
        opt.step()
        opt.zero_grad(set_to_none=True)
        yield float(loss), len(xb)


def fit(model, opt, loss_func, x_train, y_train, epochs=2, bs=64):
    loader = DataLoader(TensorDataset(x_train, y_train), bs)
    means = []
    for _ in range(epochs):
        seen = list(_learn(model, opt, loss_func, loader))
        means.append(sum(loss * n for loss, n in seen) / sum(n for _, n in seen))
    return means


def _random_batches(x, y, batch_size):
    while True:
        picks = torch.randint(high=len(x), size=(batch_size,))
        yield x[picks], y[picks]


def train_random(model, opt, loss_func, x, y, steps, batch_size):
    batches = islice(_random_batches(x, y, batch_size), steps)
    return [loss for loss, _ in _learn(model, opt, loss_func, batches)]
