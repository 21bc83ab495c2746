"""As the lesson prints it: weights of shape (in, out), `@` and `+`."""

import math

import torch
from torch import nn


class Mnist_Logistic(nn.Module):
    def __init__(self):
        super().__init__()
        self.weights = nn.Parameter(torch.randn(784, 10) / math.sqrt(784))
        self.bias = nn.Parameter(torch.zeros(10))

    def forward(self, xb):
        return xb @ self.weights + self.bias


class MyLinear(nn.Module):
    def __init__(self, in_features, out_features, bias=True):
        super().__init__()
        self.weights = nn.Parameter(torch.randn(in_features, out_features))
        self.use_bias = bias
        if bias:
            self.bias = nn.Parameter(torch.randn(out_features))

    def forward(self, x):
        x = torch.mm(x, self.weights)
        if self.use_bias:
            x = x + self.bias
        return x
