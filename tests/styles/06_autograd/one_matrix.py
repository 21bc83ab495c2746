"""Weights and bias in one parameter, einsum, `.data`, a hook that catches the derivative."""

import numpy
import torch


def dz_dw(w):
    caught = []
    w = torch.tensor(float(w), dtype=torch.float64, requires_grad=True)
    w.register_hook(caught.append)
    ((w * w) * 10.0 + 25.0).backward()
    return float(caught[0])


class LinearRegression(torch.nn.Module):
    def __init__(self, input_size, output_size):
        super().__init__()
        self.register_parameter(
            "theta", torch.nn.Parameter(torch.empty(input_size + 1, output_size))
        )
        torch.nn.init.uniform_(self.theta, -0.1, 0.1)

    def forward(self, x):
        ones = torch.ones(x.shape[0], 1, dtype=x.dtype, device=x.device)
        return torch.einsum("ni,io->no", torch.cat((x, ones), dim=1), self.theta)


def train_regression(model, x, y, epochs=100, lr=0.01, device=None):
    if device is not None:
        model.to(device)
    elif torch.cuda.is_available():
        model.cuda()
    where = next(model.parameters()).device
    x, y = x.to(where), y.to(where)
    losses = torch.zeros(epochs)
    for epoch in range(epochs):
        for p in model.parameters():
            p.grad = None
        loss = torch.mean((y - model(x)) ** 2)
        loss.backward()
        for p in model.parameters():
            p.data.sub_(lr * p.grad.data)
        losses[epoch] = loss.detach()
    return losses.tolist()


def predict(model, x):
    with torch.no_grad():
        return numpy.asarray(model(x)).reshape(-1, 1)
