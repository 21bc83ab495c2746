"""opt.step(closure), randperm, and a model that is an nn.Sequential inside."""

import torch
import torch.nn as nn
import torch.optim as optim


class Mnist_Logistic(nn.Module):
    def __init__(self):
        super(Mnist_Logistic, self).__init__()  # noqa: UP008
        self.net = nn.Sequential(nn.Flatten(), nn.Linear(784, 10))

    def forward(self, xb):
        return self.net(xb)


def get_model(lr: float = 0.5):
    model = Mnist_Logistic()
    optimizer = optim.SGD(list(model.parameters()), lr)
    return (model, optimizer)


def _step(model, opt, loss_func, xb, yb):
    def closure():
        opt.zero_grad()
        loss = loss_func(model(xb), yb)
        loss.backward()
        return loss

    return opt.step(closure)


def fit(model, opt, loss_func, x_train, y_train, epochs=2, bs=64):
    history = []
    for _ in range(epochs):
        losses = []
        for start in range(0, x_train.shape[0], bs):
            batch = slice(start, start + bs)
            losses.append(float(_step(model, opt, loss_func, x_train[batch], y_train[batch])))
        history.append(sum(losses) / len(losses))
    return history


def train_random(model, opt, loss_func, x, y, steps, batch_size):
    losses = []
    for _ in range(steps):
        index = torch.randperm(x.size(0))[:batch_size]
        losses.append(_step(model, opt, loss_func, x[index], y[index]).item())
    return losses
