"""NumPy draws the weights; torch.no_grad() as a decorator; gradients are zeroed first."""

import numpy as np
import torch
import torch.nn.functional as F


def init_params(n_in=784, n_out=10, seed=None):
    rng = np.random.default_rng(seed)
    weights = rng.standard_normal((n_in, n_out)) / np.sqrt(n_in)
    weights = torch.tensor(weights, dtype=torch.float32, requires_grad=True)
    bias = torch.tensor([0.0] * n_out, requires_grad=True)
    return weights, bias


def model(xb, weights, bias):
    scores = torch.einsum("ni,io->no", xb, weights) + bias
    return scores - scores.logsumexp(dim=1, keepdim=True)


@torch.no_grad()
def sgd_step(params, lr):
    for p in params:
        p.sub_(lr * p.grad)
    for p in params:
        p.grad.zero_()


def train(x, y, weights, bias, steps, batch_size, lr):
    losses = []
    for _step in range(1, steps + 1):
        for p in (weights, bias):
            if p.grad is not None:
                p.grad.zero_()
        idx = torch.randint(x.size(0), (batch_size,))
        loss = F.nll_loss(model(x[idx], weights, bias), y[idx])
        losses.append(loss.item())
        loss.backward()
        with torch.no_grad():
            weights.sub_(weights.grad, alpha=lr)
            bias.sub_(bias.grad, alpha=lr)
    return losses
