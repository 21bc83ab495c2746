"""Walks through a permutation and draws a new one when it is used up; sets each grad to None."""

import torch
from torch import nn, optim


class Mnist_Logistic(nn.Module):
    def __init__(self, n_in=784, n_out=10):
        super().__init__()
        self.layers = nn.ModuleList([nn.Linear(n_in, n_out)])

    def forward(self, xb):
        for layer in self.layers:
            xb = layer(xb)
        return xb


def get_model(lr=0.5):
    model = Mnist_Logistic()
    groups = [{"params": [p], "lr": lr} for p in model.parameters()]
    return model, optim.SGD(groups, lr=lr)


def _clear(model):
    for p in model.parameters():
        p.grad = None


def fit(model, opt, loss_func, x_train, y_train, epochs=2, bs=64, verbose=False):
    history = []
    for epoch in range(epochs):
        losses = []
        first = 0
        while first < len(x_train):
            last = min(first + bs, len(x_train))
            loss = loss_func(model(x_train[first:last]), y_train[first:last])
            _clear(model)
            loss.backward()
            opt.step()
            losses.append(loss.detach())
            first = last
        history.append(torch.stack(losses).mean().item())
        if verbose:
            print(f"epoch {epoch}: {history[-1]:.4f}")
    return history


def train_random(model, opt, loss_func, x, y, steps, batch_size):
    left = []
    for step in range(1, steps + 1):
        if len(left) < batch_size:
            left = torch.randperm(len(x)).tolist()
        batch, left = left[:batch_size], left[batch_size:]
        loss = loss_func(model(x[batch]), y[batch])
        _clear(model)
        loss.backward()
        opt.step()
        if step % 100 == 0:
            with torch.no_grad():
                print(step, loss_func(model(x), y).item())
