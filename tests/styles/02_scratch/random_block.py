"""Batches are blocks that begin at a random place; a class holds the parameters."""

import torch


class _Layer:
    def __init__(self, n_in, n_out):
        self.weights = torch.randn((n_in, n_out), dtype=torch.float32) * (1 / n_in) ** 0.5
        self.bias = torch.zeros(n_out, dtype=torch.float32)
        self.weights.requires_grad_(True)
        self.bias.requires_grad_(True)


def init_params(n_in=784, n_out=10):
    layer = _Layer(n_in, n_out)
    return layer.weights, layer.bias


def model(xb, weights, bias):
    return torch.log_softmax(bias + (weights.T @ xb.T).T, dim=1)


def sgd_step(params, lr):
    for p in params:
        with torch.no_grad():
            new_value = p - lr * p.grad
            p[...] = new_value
            p.grad = None


def train(x, y, weights, bias, steps, batch_size, lr):
    for _ in range(steps):
        start = torch.randint(0, len(x) - batch_size + 1, (1,)).item()
        xb, yb = x[start : start + batch_size], y[start : start + batch_size]
        (-model(xb, weights, bias).gather(1, yb[:, None]).mean()).backward()
        sgd_step([weights, bias], lr)
