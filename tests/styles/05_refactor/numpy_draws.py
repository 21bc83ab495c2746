"""NumPy draws the batches; gradients are cleared through the model; means by NumPy."""

import numpy as np
import torch
from torch import nn


class Mnist_Logistic(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(784, 10, bias=True)
        nn.init.zeros_(self.layer.bias)

    def forward(self, inputs):
        return self.layer.forward(inputs)


def get_model(lr=0.5):
    net = Mnist_Logistic()
    return net, torch.optim.SGD([{"params": net.parameters()}], lr=lr, momentum=0)


def fit(model, opt, loss_func, x_train, y_train, epochs=2, bs=64):
    history = []
    for _ in range(epochs):
        losses = []
        for xb, yb in zip(x_train.split(bs), y_train.split(bs), strict=True):
            model.zero_grad()
            loss = loss_func(model(xb), yb)
            loss.backward()
            opt.step()
            losses.append(loss.detach().numpy())
        history.append(float(np.mean(losses)))
    return history


def train_random(model, opt, loss_func, x, y, steps, batch_size):
    rng = np.random.default_rng()
    for _ in range(steps):
        index = rng.choice(len(x), size=batch_size, replace=False)
        model.zero_grad(set_to_none=True)
        loss = loss_func(model(x[index]), y[index])
        loss.backward()
        opt.step()
    return model
