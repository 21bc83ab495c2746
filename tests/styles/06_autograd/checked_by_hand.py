"""Compares autograd's answer with 20·w; the best device is a constant of the module."""

import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader

BEST = torch.device("cpu")
if torch.cuda.is_available():
    BEST = torch.device("cuda")


def by_hand(w):
    return 20 * w


def dz_dw(w):
    """dz/dw is 20 * w, by autograd."""
    w = torch.tensor(float(w), requires_grad=True)
    y = w**2
    z = 10 * y + 25
    z.backward()
    expected = 20 * w.item()
    assert abs(w.grad.item() - expected) <= 1e-3 * abs(expected) + 1e-3, by_hand(w)
    print("autograd:", w.grad.item(), "by hand:", 20 * w.item())
    return w.grad.item()


class LinearRegression(nn.Module):
    def __init__(self, input_size, output_size):
        super().__init__()
        self.shape = (output_size, input_size)
        self.theta = nn.Parameter(torch.randn(output_size * input_size) * 0.1)
        self.b = nn.Parameter(torch.full((output_size,), 0.5))

    def forward(self, x):
        return x.matmul(self.theta.reshape(self.shape).T) + self.b


def train_regression(model, x, y, epochs=100, lr=0.01, device=None):
    device = device if device is not None else BEST
    model.to(device)
    inputs, targets = x.to(device), y.to(device)
    optimizer = torch.optim.SGD(model.parameters(), lr=lr)
    losses = []
    for _ in range(epochs):
        optimizer.zero_grad()
        loss = (model(inputs) - targets).square().mean()
        loss.backward()
        optimizer.step()
        losses.append(loss.detach().cpu().item())
    return losses


def predict(model, x):
    result = np.empty((len(x), 1), dtype=np.float64)
    model.train(False)
    with torch.no_grad():
        for i, xb in enumerate(DataLoader(x, batch_size=4)):
            result[4 * i : 4 * i + len(xb)] = model(xb).numpy()
    model.train(True)
    return result
