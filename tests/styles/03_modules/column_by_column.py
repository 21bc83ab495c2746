"""One output at a time: flat parameters, sums of products, torch.stack."""

import torch
from torch import nn


class Mnist_Logistic(nn.Module):
    def __init__(self):
        super().__init__()
        self.weights = nn.Parameter(torch.randn(7840) / 28)
        self.bias = nn.Parameter(torch.zeros(10))

    def forward(self, xb):
        scores = []
        for digit in range(10):
            column = self.weights[784 * digit : 784 * (digit + 1)]
            scores.append((xb * column).sum(-1) + self.bias[digit])
        return torch.stack(scores, dim=-1)


class MyLinear(nn.Module):
    def __init__(self, in_features, out_features, bias=True):
        super().__init__()
        self.n_out = out_features
        self.columns = nn.Parameter(torch.randn(out_features, in_features))
        self.bias = nn.Parameter(torch.zeros(out_features)) if bias else None

    def forward(self, x):
        out = torch.stack([(x * column).sum(-1) for column in self.columns], dim=-1)
        if self.bias is not None:
            out = out + self.bias
        return out
