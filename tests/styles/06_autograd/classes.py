"""Classes for the chain and for the training; torch.accelerator; predictions by a copy."""

import copy

import torch
from torch import nn, optim

try:
    HAS_ONE = torch.accelerator.is_available()
except AttributeError:  # a torch from before torch.accelerator
    HAS_ONE = False


class Chain:
    def __init__(self, w):
        self.w = torch.tensor(float(w), dtype=torch.float64, requires_grad=True)
        self.y = self.w**2
        self.z = 10 * self.y + 25

    def gradient(self):
        self.z.backward()
        return self.w.grad


def dz_dw(w):
    return Chain(w).gradient()


class LinearRegression(nn.Module):
    def __init__(self, input_size, output_size):
        super().__init__()
        self.w = nn.Parameter(torch.rand(output_size, input_size))
        self.b = nn.Parameter(torch.rand(output_size))

    def forward(self, x):
        return (x.unsqueeze(1) * self.w.unsqueeze(0)).sum(dim=2) + self.b[None, :]


def best_device():
    return torch.accelerator.current_accelerator() if HAS_ONE else torch.device("cpu")


class Trainer:
    def __init__(self, model, lr, device):
        self.device = device or best_device()
        self.model = model.to(self.device)
        self.optimizer = optim.SGD(self.model.parameters(), lr=lr)
        self.criterion = nn.MSELoss()

    def fit(self, x, y, epochs):
        x, y = x.to(self.device), y.to(self.device)
        for _ in range(epochs):
            self.optimizer.zero_grad()
            loss = self.criterion(self.model(x), y)
            loss.backward()
            self.optimizer.step()
            yield loss.item()


def train_regression(model, x, y, epochs=100, lr=0.01, device=None):
    return list(Trainer(model, lr, device).fit(x, y, epochs))


def predict(model, x):
    twin = copy.deepcopy(model).cpu().eval()
    for parameter in twin.parameters():
        parameter.requires_grad_(False)
    return twin(x).numpy()
