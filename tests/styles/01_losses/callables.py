"""None of the three is a plain function: a mapped row, a module, a partial of a helper."""

from functools import partial

import torch
from torch import nn

log_softmax = torch.vmap(lambda row: row - row.exp().sum().log())


class MeanNegativeLogLikelihood(nn.Module):
    def forward(self, input, target):
        return torch.stack([-row[label] for row, label in zip(input, target, strict=True)]).mean()


nll = MeanNegativeLogLikelihood()


def _share(equal, out, yb):
    return equal(out.topk(1, dim=1).indices, yb.unsqueeze(1)).double().mean(dim=0)


accuracy = partial(_share, torch.eq)
