"""Empty parameters, filled by nn.init in a method `reset_parameters`."""

import math

import torch
import torch.nn as nn


class Mnist_Logistic(nn.Module):
    def __init__(self):
        super(Mnist_Logistic, self).__init__()  # noqa: UP008
        self.w = nn.Parameter(torch.empty(784, 10))
        self.b = nn.Parameter(torch.empty(10))
        self.reset_parameters()

    def reset_parameters(self):
        nn.init.xavier_uniform_(self.w)
        nn.init.zeros_(self.b)

    def forward(self, xb):
        return torch.matmul(xb, self.w).add(self.b)


class MyLinear(nn.Module):
    def __init__(self, in_features, out_features, bias=True, device=None, dtype=None):
        super().__init__()
        options = {"device": device, "dtype": dtype}
        self.weight = nn.Parameter(torch.empty((out_features, in_features), **options))
        self.bias = nn.Parameter(torch.empty(out_features, **options)) if bias else None
        nn.init.kaiming_uniform_(self.weight, a=math.sqrt(5))
        if self.bias is not None:
            bound = 1 / math.sqrt(in_features)
            nn.init.uniform_(self.bias, -bound, bound)

    def forward(self, x):
        y = x.matmul(self.weight.t())
        if self.bias is not None:
            y += self.bias
        return y
