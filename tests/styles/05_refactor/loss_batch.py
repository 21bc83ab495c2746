"""As the tutorial ends: get_data, a WrappedDataLoader, loss_batch, and a mean weighted by size."""

import numpy as np
import torch
from torch import nn, optim
from torch.utils.data import DataLoader, TensorDataset


class Mnist_Logistic(nn.Module):
    def __init__(self):
        super().__init__()
        self.lin = nn.Linear(784, 10)

    def forward(self, xb):
        return self.lin(xb)


def get_model(lr=0.5):
    model = Mnist_Logistic()
    return model, optim.SGD(model.parameters(), lr=lr)


def preprocess(x, y):
    return x.view(len(x), -1), y


class WrappedDataLoader:
    def __init__(self, dl, func):
        self.dl = dl
        self.func = func

    def __len__(self):
        return len(self.dl)

    def __iter__(self):
        for b in self.dl:
            yield (self.func(*b))


def get_data(train_ds, bs):
    return DataLoader(train_ds, batch_size=bs)


def loss_batch(model, loss_func, xb, yb, opt=None):
    loss = loss_func(model(xb), yb)

    if opt is not None:
        loss.backward()
        opt.step()
        opt.zero_grad()

    return loss.item(), len(xb)


def fit(model, opt, loss_func, x_train, y_train, epochs=2, bs=64):
    train_dl = WrappedDataLoader(get_data(TensorDataset(x_train, y_train), bs), preprocess)
    history = []
    for epoch in range(epochs):
        model.train()
        losses, nums = zip(
            *[loss_batch(model, loss_func, xb, yb, opt) for xb, yb in train_dl], strict=True
        )
        train_loss = np.sum(np.multiply(losses, nums)) / np.sum(nums)
        print(epoch, train_loss)
        history.append(train_loss)
    model.eval()
    return history


def train_random(model, opt, loss_func, x, y, steps, batch_size):
    model.train()
    losses = []
    for step in range(1, steps + 1):
        chosen = np.random.choice(len(x), batch_size)
        losses.append(loss_batch(model, loss_func, x[chosen], y[chosen], opt)[0])
        if step % 100 == 0:
            print(step, losses[-1])
    return torch.tensor(losses)
