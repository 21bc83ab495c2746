"""torch.einsum, and a bias that is a row, (1, out)."""

import torch
from torch import nn


class Mnist_Logistic(nn.Module):
    def __init__(self):
        super().__init__()
        self.matrix = nn.Parameter(torch.zeros(784, 10))
        self.offset = nn.Parameter(torch.zeros(1, 10))

    def forward(self, xb):
        return torch.einsum("np,pc->nc", xb, self.matrix) + self.offset


class MyLinear(nn.Module):
    def __init__(self, in_features, out_features, bias=True):
        super().__init__()
        self.matrix = nn.Parameter(torch.randn(out_features, in_features))
        self.offset = nn.Parameter(torch.zeros(1, out_features)) if bias else 0

    def forward(self, x):
        return torch.einsum("...i,oi->...o", x, self.matrix) + self.offset
