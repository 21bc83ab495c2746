"""A fixed seed, uniform weights, and batches from a DataLoader with shuffling."""

import math

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


def init_params(n_in=784, n_out=10):
    generator = torch.Generator().manual_seed(42)
    bound = math.sqrt(3 / n_in)  # a uniform distribution's spread is its bound / sqrt(3)
    weights = (2 * torch.rand(n_in, n_out, generator=generator) - 1) * bound
    return weights.requires_grad_(True), torch.zeros(n_out).requires_grad_(True)


def model(xb, weights, bias):
    return nn.LogSoftmax(dim=-1)(torch.addmm(bias, xb, weights))


def sgd_step(params, lr):
    for p in params:
        p.data.add_(p.grad.data, alpha=-lr)
        p.grad.data.zero_()


def _endless(loader):
    while True:
        yield from loader


def train(x, y, weights, bias, steps, batch_size, lr):
    loader = DataLoader(TensorDataset(x, y), batch_size=batch_size, shuffle=True, num_workers=0)
    loss_fn = nn.NLLLoss()
    for _, (xb, yb) in zip(range(steps), _endless(loader), strict=False):
        loss_fn(model(xb, weights, bias), yb).backward()
        sgd_step([weights, bias], lr)
