"""MyLinear keeps its bias as the last row of one matrix; numbers drawn with NumPy."""

import numpy as np
import torch
from torch import nn


class Mnist_Logistic(nn.Module):
    def __init__(self):
        super().__init__()
        weights = np.random.normal(0, 1 / 28, size=(784, 10))
        self.W = nn.Parameter(torch.tensor(weights, dtype=torch.float32))
        self.b = nn.Parameter(torch.from_numpy(np.zeros(10)).float())

    def forward(self, x):
        return (self.W.T @ x.T).T + self.b


class MyLinear(nn.Module):
    def __init__(self, in_features, out_features, bias=True):
        super().__init__()
        self.bias = bias
        rows = in_features + 1 if bias else in_features
        matrix = np.random.normal(0, in_features**-0.5, size=(rows, out_features))
        self.matrix = nn.Parameter(torch.tensor(matrix, dtype=torch.float32))

    def forward(self, x):
        if self.bias:
            ones = torch.ones(*x.shape[:-1], 1, dtype=x.dtype, device=x.device)
            x = torch.cat([x, ones], dim=-1)
        return x @ self.matrix
