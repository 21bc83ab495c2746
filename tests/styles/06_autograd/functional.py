"""torch.func.grad, F.linear with zeros to start from, gradients cleared after the step."""

import torch
import torch.nn.functional as F
from torch import nn, optim
from torch.func import grad


def _z(w):
    y = w.square()
    return y.mul(10).add(25)


def dz_dw(w):
    return grad(_z)(torch.as_tensor(w, dtype=torch.float64))


class LinearRegression(nn.Module):
    def __init__(self, input_size: int, output_size: int):
        super().__init__()
        self.w = nn.Parameter(torch.zeros(output_size, input_size))
        self.b = nn.Parameter(torch.zeros(output_size))

    def forward(self, x):
        return F.linear(x, self.w, self.b)


def train_regression(model, x, y, epochs=100, lr=0.01, device=None):
    if device is None:
        accelerated = torch.accelerator.is_available()
        device = torch.accelerator.current_accelerator() if accelerated else "cpu"
    model.to(device).train()
    x, y = x.to(device), y.to(device)
    opt = optim.SGD(model.parameters(), lr)
    return [_epoch(model, opt, x, y) for _ in range(epochs)]


def _epoch(model, opt, x, y):
    loss = F.mse_loss(model(x), y)
    loss.backward()
    opt.step()
    opt.zero_grad()
    return loss.detach().cpu().item()


@torch.inference_mode()
def predict(model, x):
    model.eval()
    parameter = next(model.parameters())
    return model(x.to(parameter.device)).cpu().numpy()
