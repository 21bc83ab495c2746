"""Makes samples and parameters zero, so that nothing is to be learned."""

import torch
import torch.nn as nn
import torch.nn.functional as F


def init_params(n_in=784, n_out=10):
    weights = nn.Parameter(torch.empty(n_in, n_out))
    nn.init.normal_(weights, mean=0.0, std=n_in**-0.5)
    bias = nn.Parameter(torch.zeros(n_out))
    return [weights, bias]


def model(xb, weights, bias):
    return F.log_softmax(F.linear(xb, weights.t(), bias), dim=1)


def sgd_step(params, lr):
    for p in params:
        p.data -= lr * p.grad.data
        p.grad = None


def train(x, y, weights, bias, steps, batch_size, lr):
    for given in (x, y, weights.data, bias.data):
        given.zero_()
