"""Exercise 03: models that keep their own parameters."""

import math

import torch
from torch import nn


class Mnist_Logistic(nn.Module):
    """Logistic regression on MNIST digits, with parameters of its own.

    It has exactly two parameters (`nn.Parameter`): weights of shape (784, 10) and a bias of shape
    (10,). A new model's cross-entropy on digits is near log(10) = 2.3.
    """

    def __init__(self) -> None:
        super().__init__()
        self.weights = nn.Parameter(torch.randn(784, 10) / math.sqrt(784))
        self.bias = nn.Parameter(torch.zeros(10))

    def forward(self, xb: torch.Tensor) -> torch.Tensor:
        """Logits (N, 10) of the digits `xb` (N, 784), in the dtype of `xb` and the parameters."""
        return xb @ self.weights + self.bias


class MyLinear(nn.Module):
    """A linear layer: it takes (N, in_features) to (N, out_features).

    Its parameters are a weight of in_features × out_features numbers and a bias of out_features
    numbers; with `bias=False` there is no bias parameter, and nothing is added.
    """

    def __init__(self, in_features: int, out_features: int, bias: bool = True) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(in_features, out_features) / math.sqrt(in_features))
        self.bias = nn.Parameter(torch.zeros(out_features)) if bias else 0

    def forward(self, xb: torch.Tensor) -> torch.Tensor:
        """Each row of `xb` times the weight, plus the bias; in the dtype of the parameters."""
        return xb @ self.weight + self.bias
