"""enable_grad and set_grad_enabled, vjp, NumPy floats, model.zero_grad, one sample at a time."""

import numpy as np
import torch
from torch import nn
from torch.autograd.functional import vjp


def dz_dw(w):
    with torch.enable_grad():
        _, slope = vjp(lambda w: 10 * w**2 + 25, torch.tensor(float(w)))
    return slope


class LinearRegression(nn.Module):
    def __init__(self, input_size, output_size, **kwargs):
        super().__init__()
        self.layers = nn.ModuleList([nn.Linear(input_size, output_size, **kwargs)])
        for layer in self.layers:
            nn.init.normal_(layer.weight, std=0.01)
            nn.init.zeros_(layer.bias)

    def forward(self, x):
        for layer in self.layers:
            x = layer(x)
        return x


def train_regression(model, x, y, epochs=100, lr=0.01, device=None, verbose=True):
    if device is None:
        device = torch.device("cuda") if torch.cuda.is_available() else torch.device("cpu")
    model = model.to(device)
    x = x.clone().to(device).requires_grad_(False)
    y = y.clone().to(device)
    loss_fn, optimizer = nn.MSELoss(), torch.optim.SGD([{"params": model.parameters()}], lr=lr)
    model.train()
    losses = ()
    for epoch in range(epochs):
        model.zero_grad(set_to_none=True)
        with torch.set_grad_enabled(True):
            loss = loss_fn(model(x), y)
            loss.backward()
        optimizer.step()
        losses += (np.float64(loss.item()),)
        if verbose and epoch % 10 == 0:
            print(f"\r{epoch:4d} {loss.item():.4f}", end="", flush=True)
    return list(losses)


def predict(model, x):
    with torch.set_grad_enabled(False):
        prediction = torch.cat([model(row.unsqueeze(0)) for row in x])
    return prediction.numpy()
