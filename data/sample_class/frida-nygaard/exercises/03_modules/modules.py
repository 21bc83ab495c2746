import math

import torch
from torch import nn


class Mnist_Logistic(nn.Module):
    def __init__(self):
        super().__init__()
        self.weights = nn.Parameter(torch.randn(784, 10))
        self.b = nn.Parameter(torch.zeros((10,)))

    def forward(self, xb):
        return xb @ self.weights + self.b


class MyLinear(nn.Module):
    def __init__(self, in_features, out_features, bias=True):
        super().__init__()
        self.weights = torch.randn(in_features, out_features) / math.sqrt(in_features)
        self.weights.requires_grad = True
        self.bias = torch.zeros(out_features, requires_grad=True)

    def forward(self, xb):
        return xb @ self.weights + self.bias
