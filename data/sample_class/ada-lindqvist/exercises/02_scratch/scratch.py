"""Exercise 2, Ada Lindqvist."""

import torch
import torch.nn.functional as F


def init_params(n_in=784, n_out=10):
    spread = n_in**-0.5
    weights = torch.empty(n_in, n_out).normal_(0, spread)
    bias = torch.zeros(n_out)
    # only now: before the arithmetic they would not be leaves
    weights.requires_grad_()
    bias.requires_grad_()
    return weights, bias


def model(xb, weights, bias):
    scores = torch.matmul(xb, weights) + bias
    return F.log_softmax(scores, 1)


def sgd_step(params, lr):
    with torch.no_grad():
        for param in params:
            param.sub_(lr * param.grad)
            param.grad.zero_()


def train(x, y, weights, bias, steps, batch_size, lr):
    params = [weights, bias]
    n = x.shape[0]
    for step in range(steps):
        idx = torch.randint(0, n, (batch_size,))
        xb, yb = x[idx], y[idx]
        loss = F.nll_loss(model(xb, weights, bias), yb)
        loss.backward()
        sgd_step(params, lr)
