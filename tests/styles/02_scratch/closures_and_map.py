"""A closure that computes the loss, tensors rewritten by .data, weights from nn.init."""

import torch
from torch import Tensor, nn, no_grad
from torch.nn.functional import log_softmax, nll_loss


def init_params(n_in: int = 784, n_out: int = 10) -> tuple[Tensor, Tensor]:
    weights = nn.init.trunc_normal_(torch.empty(n_in, n_out), std=1.0, a=-5, b=5)
    weights = weights * n_in**-0.5
    bias = torch.zeros_like(weights[0])
    for p in (weights, bias):
        p.requires_grad_()
    return weights, bias


def model(xb: Tensor, weights: Tensor, bias: Tensor) -> Tensor:
    return log_softmax(torch.tensordot(xb, weights, dims=1) + bias, -1)


def _update(p: Tensor, lr: float) -> None:
    p.data = p.data - lr * p.grad.detach()
    p.grad.detach_()
    p.grad.zero_()


def sgd_step(params: list[Tensor], lr: float) -> None:
    for _ in map(_update, params, [lr] * len(params)):
        pass


def train(x, y, weights, bias, steps, batch_size, lr):
    def closure():
        picks = torch.multinomial(torch.ones(len(x)), batch_size, replacement=True)
        return nll_loss(model(x.index_select(0, picks), weights, bias), y.index_select(0, picks))

    for _ in range(steps):
        loss = closure()
        loss.backward()
        with no_grad():
            for p in [weights, bias]:
                p += -lr * p.grad
                p.grad = None
