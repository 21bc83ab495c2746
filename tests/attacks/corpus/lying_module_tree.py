"""A tree of modules that grows while it is looked at.

must: failed, crashed, timed out
target: Scale
"""

import torch
from torch import nn


class Growing(dict):
    def items(self):
        return [(f"m{n}", Scale()) for n in range(500)]


class Scale(nn.Module):
    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(1))
        self.__dict__["_modules"] = Growing()

    def forward(self, x):
        return x
