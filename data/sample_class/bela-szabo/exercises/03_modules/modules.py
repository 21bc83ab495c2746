import math

import torch
from torch import nn


class Mnist_Logistic(nn.Module):
    def __init__(self):
        super().__init__()
        w = torch.randn(784, 10) / math.sqrt(784)
        self.weights = nn.Parameter(w)
        self.bias = nn.Parameter(torch.zeros((10,)))

    def forward(self, xb):
        return xb @ self.weights + self.bias


class MyLinear(nn.Module):
    def __init__(self, in_features, out_features, bias=True):
        super().__init__()
        raise NotImplementedError("MyLinear: make the parameters")

    def forward(self, xb):
        raise NotImplementedError("MyLinear: write forward")
