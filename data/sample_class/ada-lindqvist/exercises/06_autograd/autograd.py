"""Exercise 6, Ada Lindqvist."""

import torch
from torch import nn


def dz_dw(w):
    w = torch.tensor(w.tolist() if torch.is_tensor(w) else w, dtype=torch.float64)
    w.requires_grad_()
    y = w**2
    z = 10 * y + 25
    # the sum is for when w is a vector: every z only knows its own w
    z.sum().backward()
    return w.grad


class LinearRegression(nn.Module):
    def __init__(self, input_size, output_size):
        super().__init__()
        self.lin = nn.Linear(input_size, output_size)

    def forward(self, x):
        return self.lin(x)


def train_regression(model, x, y, epochs=100, lr=0.01, device=None):
    if device is None:
        if torch.cuda.is_available():
            device = "cuda"
        elif torch.backends.mps.is_available():
            device = "mps"
        else:
            device = "cpu"
    model = model.to(device)
    x = x.to(device)
    y = y.to(device)
    loss_fn = nn.MSELoss()
    sgd = torch.optim.SGD(model.parameters(), lr)
    losses = []
    for epoch in range(epochs):
        loss = loss_fn(model(x), y)
        losses.append(float(loss))
        sgd.zero_grad()
        loss.backward()
        sgd.step()
    return losses


@torch.no_grad()
def predict(model, x):
    where = next(model.parameters()).device
    out = model(x.to(where))
    return out.cpu().numpy()
