import math

import torch
from torch import nn


class Mnist_Logistic(nn.Module):
    def __init__(self):
        super().__init__()
        self.w = nn.Parameter(torch.randn(784, 10) / 28)  # 28 * 28 = 784
        self.b = nn.Parameter(torch.zeros(size=(10,)))

    def forward(self, xb):
        return xb @ self.w + self.b


class MyLinear(nn.Module):
    def __init__(self, in_features, out_features, bias=True):
        super().__init__()
        w = torch.randn(in_features, out_features) / math.sqrt(in_features)
        self.w = nn.Parameter(w)
        self.b = nn.Parameter(torch.zeros(out_features))

    def forward(self, xb):
        return xb @ self.w + self.b
