"""A RandomSampler with replacement gives exactly the batches that are needed."""

import statistics

import torch
from torch.nn import Linear, Module
from torch.utils.data import DataLoader, RandomSampler, TensorDataset


class Mnist_Logistic(Module):
    n_in, n_out = 784, 10

    def __init__(self):
        super().__init__()
        self.add_module("affine", Linear(self.n_in, self.n_out))

    def forward(self, xb):
        return self.get_submodule("affine").forward(xb)


def get_model(lr=0.5):
    model = Mnist_Logistic()
    return model, torch.optim.SGD(model.parameters(), lr=lr, foreach=False)


def _run(model, opt, loss_func, loader):
    losses = []
    for xb, yb in loader:
        loss = loss_func(model(xb), yb)
        opt.zero_grad()
        loss.backward()
        opt.step()
        losses.append(loss.item())
    return losses


def fit(model, opt, loss_func, x_train, y_train, epochs=2, bs=64):
    loader = DataLoader(TensorDataset(x_train, y_train), bs, shuffle=False, num_workers=0)
    return [statistics.mean(_run(model, opt, loss_func, loader)) for _ in range(epochs)]


def train_random(model, opt, loss_func, x, y, steps, batch_size):
    data = TensorDataset(x, y)
    sampler = RandomSampler(data, replacement=True, num_samples=steps * batch_size)
    _run(model, opt, loss_func, DataLoader(data, batch_size, sampler=sampler))
