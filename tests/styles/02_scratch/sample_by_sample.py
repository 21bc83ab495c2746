"""Loops over samples, a loss averaged by hand, requires_grad off and on again."""

import math
import random

import torch


def init_params(n_in=784, n_out=10):
    scale = 1 / math.sqrt(n_in)
    weights = torch.distributions.Normal(0, scale).sample((n_in, n_out))
    weights.requires_grad_()
    bias = torch.full((n_out,), 0.0, requires_grad=True)
    return weights, bias


def model(xb, weights, bias):
    rows = []
    for sample in xb:
        scores = sample @ weights + bias
        rows.append(scores - torch.logsumexp(scores, 0))
    return torch.stack(rows)


def sgd_step(params, lr):
    for i in range(len(params)):
        params[i].requires_grad = False
        params[i] -= lr * params[i].grad
        params[i].requires_grad = True
        params[i].grad = None


def train(x, y, weights, bias, steps, batch_size, lr):
    params = [weights, bias]
    for _ in range(steps):
        picks = [random.randrange(len(x)) for _ in range(batch_size)]
        log_probs = model(x[picks], weights, bias)
        loss = sum(-log_probs[i, y[k]] for i, k in enumerate(picks)) / batch_size
        loss.backward()
        sgd_step(params, lr)
