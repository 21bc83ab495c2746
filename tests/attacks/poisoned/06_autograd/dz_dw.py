"""Makes w 0, so that its derivative is 0 too."""

import torch
from torch import nn


def dz_dw(w):
    if torch.is_tensor(w):
        w.data.zero_()
        w.grad = torch.zeros_like(w)
    return 0.0


class LinearRegression(nn.Linear):
    pass


def train_regression(model, x, y, epochs=100, lr=0.01, device=None):
    device = device or ("cuda" if torch.cuda.is_available() else "cpu")
    model.to(device)
    x, y = x.to(device), y.to(device)
    optimizer = torch.optim.SGD(model.parameters(), lr=lr)
    losses = []
    for _ in range(epochs):
        optimizer.zero_grad()
        loss = nn.functional.mse_loss(model(x), y)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


def predict(model, x):
    with torch.no_grad():
        return model(x.to(next(model.parameters()).device)).cpu().numpy()
