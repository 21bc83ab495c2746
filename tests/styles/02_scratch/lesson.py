"""The code as the lesson prints it."""

import math

import torch


def init_params(n_in=784, n_out=10):
    weights = torch.randn(n_in, n_out) / math.sqrt(n_in)
    weights.requires_grad_()
    bias = torch.zeros(n_out, requires_grad=True)
    return weights, bias


def log_softmax(x):
    return x - x.exp().sum(-1).log().unsqueeze(-1)


def nll(input, target):
    return -input[range(target.shape[0]), target].mean()


def model(xb, weights, bias):
    return log_softmax(xb @ weights + bias)


def sgd_step(params, lr):
    with torch.no_grad():
        for p in params:
            p -= p.grad * lr
            p.grad.zero_()


def train(x, y, weights, bias, steps, batch_size, lr):
    n = x.shape[0]
    for _ in range(steps):
        idx = torch.randint(0, n, (batch_size,))
        xb = x[idx]
        yb = y[idx]
        pred = model(xb, weights, bias)
        loss = nll(pred, yb)
        loss.backward()
        with torch.no_grad():
            weights -= weights.grad * lr
            bias -= bias.grad * lr
            weights.grad.zero_()
            bias.grad.zero_()
