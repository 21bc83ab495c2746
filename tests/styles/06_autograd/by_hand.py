"""torch.autograd.grad, parameters of its own, the update written out, gradients set to None."""

import torch
from torch import nn


def dz_dw(w):
    w = torch.tensor(float(w), requires_grad=True)
    y = w * w
    z = 10 * y + 25
    (slope,) = torch.autograd.grad(z, w)
    return slope.item()


class LinearRegression(nn.Module):
    def __init__(self, input_size, output_size):
        super().__init__()
        self.weights = nn.Parameter(torch.randn(input_size, output_size) / input_size**0.5)
        self.bias = nn.Parameter(torch.zeros(output_size))

    def forward(self, xb):
        return xb @ self.weights + self.bias


def train_regression(model, x, y, epochs=100, lr=0.01, device=None):
    if device is None:
        device = "cuda" if torch.cuda.is_available() else "cpu"
    model = model.to(device)
    x, y = x.to(device), y.to(device)
    history = []
    for _ in range(epochs):
        error = model(x) - y
        loss = error.pow(2).mean()
        loss.backward()
        with torch.no_grad():
            for p in model.parameters():
                p -= lr * p.grad
                p.grad = None
        history.append(float(loss))
    return history


def predict(model, x):
    return model(x).detach().numpy()
