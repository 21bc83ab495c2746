"""nn.ParameterList and nn.ParameterDict hold the parameters."""

import math

import torch
from torch import nn


class Mnist_Logistic(nn.Module):
    def __init__(self):
        super().__init__()
        self.params = nn.ParameterList(
            [
                nn.Parameter(torch.randn(784, 10).div_(math.sqrt(784))),
                nn.Parameter(torch.zeros(10)),
            ]
        )

    def forward(self, xb):
        weights, bias = self.params
        return xb.mm(weights) + bias


class MyLinear(nn.Module):
    def __init__(self, in_features, out_features, bias=True):
        super().__init__()
        scale = 1 / math.sqrt(in_features)
        weight = torch.empty(in_features, out_features).uniform_(-scale, scale)
        self.params = nn.ParameterDict({"weight": nn.Parameter(weight)})
        if bias:
            self.params["bias"] = nn.Parameter(torch.empty(out_features).uniform_(-scale, scale))

    def forward(self, x):
        out = torch.tensordot(x, self.params["weight"], dims=1)
        if "bias" in self.params:
            out = out + self.params["bias"]
        return out
