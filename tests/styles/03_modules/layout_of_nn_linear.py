"""Weights of shape (out, in), as nn.Linear keeps them, and F.linear."""

import torch
import torch.nn.functional as F
from torch.nn import Module, Parameter


class Mnist_Logistic(Module):
    def __init__(self):
        super().__init__()
        self.weight = Parameter(torch.randn(10, 784) / 28)
        self.bias = Parameter(torch.zeros(10))

    def forward(self, xb):
        return F.linear(xb, self.weight, self.bias)


class MyLinear(Module):
    def __init__(self, in_features: int, out_features: int, bias: bool = True) -> None:
        super().__init__()
        self.in_features = in_features
        self.out_features = out_features
        self.weight = Parameter(torch.randn(out_features, in_features) * in_features**-0.5)
        if bias:
            self.bias = Parameter(torch.zeros(out_features))
        else:
            self.register_parameter("bias", None)

    def forward(self, input: torch.Tensor) -> torch.Tensor:
        return F.linear(input, self.weight, self.bias)

    def extra_repr(self):
        return f"in_features={self.in_features}, out_features={self.out_features}"
