"""A module that is its own child, a thousand times, each under another name.

must: failed, crashed, timed out
target: Scale
"""

import torch
from torch import nn


class Scale(nn.Module):
    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(1))
        for n in range(900):
            self.__dict__["_modules"][f"m{n}"] = self

    def forward(self, x):
        return x
