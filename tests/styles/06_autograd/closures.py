"""A closure for the optimizer, no_grad as a decorator, nn.Linear inherited from."""

import torch
from torch import nn


def dz_dw(w):
    if not torch.is_tensor(w):
        w = torch.tensor(w)
    w.requires_grad_(True)
    y = torch.pow(w, 2)
    z = torch.add(25, y, alpha=10)
    torch.autograd.backward(z)
    return w.grad


class LinearRegression(nn.Linear):
    def __init__(self, input_size, output_size):
        super().__init__(input_size, output_size)


def train_regression(model, x, y, epochs=100, lr=0.01, device=None):
    if device is None:
        device = "cuda" if torch.cuda.is_available() else "cpu"
    device = torch.device(device)
    model.to(device)
    x = x.to(device=device, non_blocking=True)
    y = y.to(device=device, non_blocking=True)
    criterion = nn.MSELoss(reduction="mean")
    optimizer = torch.optim.SGD(params=model.parameters(), lr=lr)

    def closure():
        optimizer.zero_grad(set_to_none=False)
        loss = criterion(model(x), y)
        loss.backward()
        return loss

    losses = []
    while len(losses) < epochs:
        losses += [optimizer.step(closure).item()]
    return losses


@torch.no_grad()
def predict(model, x):
    return model(x).cpu().numpy()
