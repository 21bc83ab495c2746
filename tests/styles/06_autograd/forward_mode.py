"""Forward-mode derivatives; a copy is trained and loaded back; a convolution of width 1."""

import copy

import numpy as np
import torch
import torch.autograd.forward_ad as fwd
import torch.nn.functional as F
from torch import nn, optim
from torch.utils.data import DataLoader, TensorDataset


def dz_dw(w):
    w = torch.as_tensor(float(w))
    with fwd.dual_level():
        dual = fwd.make_dual(w, torch.ones_like(w))
        return fwd.unpack_dual(10 * dual**2 + 25).tangent.item()


class LinearRegression(nn.Module):
    def __init__(self, input_size, output_size):
        super().__init__()
        self.conv = nn.Conv1d(input_size, output_size, 1)

    def forward(self, x):
        return self.conv(x.unsqueeze(-1)).squeeze(-1)


def train_regression(model, x, y, epochs=100, lr=0.01, device=None):
    use_cuda = torch.cuda.is_available()
    device = torch.device(device if device is not None else ("cpu", "cuda")[use_cuda])
    model.to(device)
    work = copy.deepcopy(model)
    loader = DataLoader(TensorDataset(x, y), batch_size=x.shape[0], shuffle=True)
    optimizer = optim.SGD(work.parameters(), lr=lr)
    losses = []
    for _ in range(epochs):
        for inputs, targets in loader:
            optimizer.zero_grad()
            loss = F.mse_loss(work(inputs.to(device)), targets.to(device))
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
    model.load_state_dict(work.state_dict())
    return losses


def predict(model, x):
    with torch.inference_mode():
        out = model.forward(x.to(next(model.parameters()).device))
    return np.array([[value.item()] for value in out.flatten()])
