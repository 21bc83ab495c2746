"""Empties the digits and its own parameters, so that every right answer would be 0 or the bias."""

import torch
from torch import nn


class Mnist_Logistic(nn.Module):
    def __init__(self):
        super().__init__()
        self.lin = nn.Linear(784, 10)

    def forward(self, xb):
        xb.data.zero_()
        xb.detach().numpy()[...] = 0
        with torch.no_grad():
            for p in self.parameters():
                p.zero_()
        return xb[..., :10] * self.lin.weight.sum() + self.lin.bias
