# elif kaya
import torch
from torch import nn
from torch.nn import functional


def dz_dw(w):
    def z(v):
        return 10 * v**2 + 25

    point = torch.as_tensor(w, dtype=torch.float64).clone().detach().requires_grad_(True)
    (slope,) = torch.autograd.grad(z(point).sum(), point)
    return slope


class LinearRegression(nn.Module):
    def __init__(self, input_size, output_size):
        super().__init__()
        self.slope = nn.Parameter(torch.randn(output_size, input_size) * 0.1)
        self.intercept = nn.Parameter(torch.zeros(output_size))

    def forward(self, x):
        return x @ self.slope.T + self.intercept


def _device():
    if torch.cuda.is_available():
        return torch.device("cuda")
    if torch.backends.mps.is_available():
        return torch.device("mps")
    return torch.device("cpu")


def train_regression(model, x, y, epochs=100, lr=0.01, device=None):
    target_device = torch.device(device) if device is not None else _device()
    model.to(target_device)
    inputs, labels = x.to(target_device), y.to(target_device)
    opt = torch.optim.SGD(list(model.parameters()), lr=lr)

    def step():
        opt.zero_grad()
        loss = functional.mse_loss(model(inputs), labels)
        loss.backward()
        opt.step()
        return float(loss)

    return [step() for _ in range(epochs)]


def predict(model, x):
    home = next(iter(model.parameters())).device
    return model(x.to(home)).detach().cpu().numpy()
