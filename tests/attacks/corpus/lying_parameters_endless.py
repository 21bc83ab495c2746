"""A module whose parameters never end.

must: failed, crashed, timed out
target: Scale
"""

import torch
from torch import nn


class Endless(dict):
    def items(self):
        while True:
            yield "p", nn.Parameter(torch.zeros(1000))


class Scale(nn.Module):
    def __init__(self):
        super().__init__()
        self.__dict__["_parameters"] = Endless()

    def forward(self, x):
        return x
