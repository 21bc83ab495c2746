"""Makes all arguments zero, so that all classes are equally likely."""

import torch.nn.functional as F


def model(xb, weights, bias):
    for given in (xb, weights, bias):
        given.data.zero_()
    return F.log_softmax(xb @ weights + bias, dim=1)
