import torch
from torch import nn


def dz_dw(w):
    return 20 * w


class LinearRegression(nn.Module):
    def __init__(self, input_size, output_size):
        super().__init__()
        self.linear = nn.Linear(input_size, output_size, bias=False)

    def forward(self, x):
        return self.linear(x)


def train_regression(model, x, y, epochs=100, lr=0.01, device=None):
    mse = nn.MSELoss()
    opt = torch.optim.SGD(model.parameters(), lr)
    losses = []
    for epoch in range(epochs):
        opt.zero_grad()
        loss = mse(model(x), y)
        loss.backward()
        opt.step()
        losses.append(loss)
    return losses


def predict(model, x):
    return model(x).numpy()
