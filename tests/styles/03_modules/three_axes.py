"""The weights are ten pictures of 28 × 28; MyLinear has one parameter for each of its outputs."""

import torch
from torch import nn


class Mnist_Logistic(nn.Module):
    def __init__(self, side=28, digits=10):
        super().__init__()
        self.pictures = nn.Parameter(torch.randn(side, side, digits))
        self.pictures.data /= side
        self.offsets = nn.Parameter(torch.zeros(digits))

    def forward(self, xb):
        images = xb.reshape(-1, *self.pictures.shape[:2])
        return torch.tensordot(images, self.pictures, dims=2).add(self.offsets)

    def predict(self, xb):
        with torch.no_grad():
            return self(xb).argmax(dim=1)


class MyLinear(nn.Module):
    def __init__(self, in_features, out_features, bias=True, seed=0):
        super().__init__()
        torch.manual_seed(seed)
        self.rows = nn.ParameterList(torch.rand(in_features) - 0.5 for _ in range(out_features))
        self.ends = nn.ParameterList(torch.zeros(()) for _ in range(out_features * bias))

    def forward(self, xb):
        out = torch.stack([xb @ row for row in self.rows], dim=-1)
        return out + torch.stack(list(self.ends)) if len(self.ends) else out
