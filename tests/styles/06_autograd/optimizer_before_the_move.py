"""The optimizer is made before the model is moved; predict leaves the model in evaluation mode."""

import torch
from torch import nn


class LinearRegression(nn.Linear):
    """`nn.Linear` by another name."""


def dz_dw(w):
    w = torch.as_tensor(w)
    return torch.autograd.functional.jacobian(lambda w: 10 * w**2 + 25, w)


def train_regression(model, x, y, epochs=100, lr=0.01, device=None):
    criterion = nn.MSELoss()
    optimizer = torch.optim.SGD(model.parameters(), lr=lr)
    if device is None:
        device = torch.accelerator.current_accelerator() or "cpu"
    model.to(device)
    losses = []
    for epoch in range(epochs):
        inputs, labels = x.to(device), y.to(device)
        optimizer.zero_grad()
        loss = criterion(model(inputs), labels)
        loss.backward()
        optimizer.step()
        losses.append(loss.detach())
        print(f"epoch {epoch}, loss {loss.item()}")
    return torch.stack(losses).tolist()


def predict(model, x):
    model.eval()
    x = x.to(next(model.parameters()).device)
    return model(x).numpy(force=True)
