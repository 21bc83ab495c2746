"""As the lesson prints it: nn.Linear, optim.SGD, counted batches, zero_grad() after step()."""

import torch
from torch import nn, optim


class Mnist_Logistic(nn.Module):
    def __init__(self):
        super().__init__()
        self.lin = nn.Linear(784, 10)

    def forward(self, xb):
        return self.lin(xb)


def get_model(lr=0.5):
    model = Mnist_Logistic()
    return model, optim.SGD(model.parameters(), lr=lr)


def fit(model, opt, loss_func, x_train, y_train, epochs=2, bs=64):
    n, c = x_train.shape  # noqa: RUF059
    history = []
    for epoch in range(epochs):  # noqa: B007
        total = 0.0
        for i in range((n - 1) // bs + 1):
            start_i = i * bs
            end_i = start_i + bs
            xb = x_train[start_i:end_i]
            yb = y_train[start_i:end_i]
            pred = model(xb)
            loss = loss_func(pred, yb)

            loss.backward()
            opt.step()
            opt.zero_grad()
            total += loss.item()
        history.append(total / ((n - 1) // bs + 1))
    return history


def train_random(model, opt, loss_func, x, y, steps, batch_size):
    for i in range(steps):  # noqa: B007
        batch = torch.randint(0, x.shape[0], (batch_size,))
        loss = loss_func(model(x[batch]), y[batch])
        opt.zero_grad()
        loss.backward()
        opt.step()
