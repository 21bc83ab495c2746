"""One batch of a DataLoader that holds all samples; the model a Sequential; jacobian."""

import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


def dz_dw(w):
    def z(w):
        y = w**2
        return 10 * y + 25

    return torch.autograd.functional.jacobian(z, torch.as_tensor(w))


class LinearRegression(nn.Sequential):
    def __init__(self, input_size, output_size):
        super().__init__(nn.Linear(input_size, output_size))


def train_regression(model, x, y, epochs=100, lr=0.01, device=None):
    if device is None:
        if torch.cuda.is_available():
            device = "cuda"
        elif torch.backends.mps.is_available():
            device = "mps"
        else:
            device = "cpu"
    model.to(device)
    loader = DataLoader(TensorDataset(x, y), batch_size=len(x))
    optimizer = torch.optim.SGD(model.parameters(), lr=lr)
    losses = []
    for _epoch in range(1, epochs + 1):
        total = 0.0
        for xb, yb in loader:
            xb, yb = xb.to(device), yb.to(device)
            loss = nn.functional.mse_loss(input=model(xb), target=yb)
            model.zero_grad()
            loss.backward()
            optimizer.step()
            total += loss.item()
        losses.append(total / len(loader))
    return losses


def predict(model, x):
    model.eval()
    with torch.no_grad():
        result = model(x)
    model.train()
    return np.array(result.tolist(), dtype=np.float32)
