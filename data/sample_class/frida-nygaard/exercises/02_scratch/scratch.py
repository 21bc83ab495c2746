import math

import torch
import torch.nn.functional as F


def init_params(n_in=784, n_out=10):
    weights = torch.randn(n_in, n_out, requires_grad=True) / math.sqrt(n_in)
    bias = torch.zeros(n_out, requires_grad=True)
    return weights, bias


def model(xb, weights, bias):
    return F.log_softmax(xb @ weights + bias, dim=1)


def sgd_step(params, lr):
    with torch.no_grad():
        for p in params:
            p -= lr * p.grad


def train(x, y, weights, bias, steps, batch_size, lr):
    for i in range(steps):
        start = torch.randint(0, len(x) - batch_size + 1, (1,)).item()
        xb = x[start : start + batch_size]
        yb = y[start : start + batch_size]
        loss = F.nll_loss(model(xb, weights, bias), yb)
        loss.backward()
        sgd_step([weights, bias], lr=lr)
