"""A module whose weights are different at every look, and of gigabytes.

must: failed
target: Scale
"""

import torch
from torch import nn


class Big(dict):
    def items(self):
        return [(f"p{n}", nn.Parameter(torch.ones(4 << 20))) for n in range(12)]


class Scale(nn.Module):
    def __init__(self):
        super().__init__()
        self.__dict__["_parameters"] = Big()

    def forward(self, x):
        return x
