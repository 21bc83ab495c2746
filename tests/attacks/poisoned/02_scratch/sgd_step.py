"""Makes all gradients zero, or says so, so that no step is to be taken."""

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
        p.grad.data.zero_()
        p.grad = None


def train(x, y, weights, bias, steps, batch_size, lr):
    for _ in range(steps):
        batch = torch.randint(high=len(x), size=(batch_size,))
        loss = F.cross_entropy(x[batch] @ weights + bias, y[batch])
        loss.backward()
        for p in (weights, bias):
            p.data -= lr * p.grad
            p.grad = None
    return loss.item()
