"""Exercise 04: one loop that trains any model."""

from collections.abc import Callable

import torch
from torch import nn


def fit(
    model: nn.Module,
    loss_func: Callable[[torch.Tensor, torch.Tensor], torch.Tensor],
    x_train: torch.Tensor,
    y_train: torch.Tensor,
    epochs: int = 2,
    bs: int = 64,
    lr: float = 0.5,
) -> list[float]:
    """Train `model` by gradient descent on mini-batches, in order.

    An epoch walks once through the N samples of `x_train` and `y_train`, `bs` at a time; the last
    batch is short where `bs` doesn't divide N. After each batch every parameter moves by `-lr`
    times its gradient. The model is in training mode and stays there. Returns the mean training
    loss during each epoch, over its batches: `epochs` Python floats.
    """
    history = []
    for _ in range(epochs):
        losses = []
        for start in range(0, len(x_train), bs):
            xb, yb = x_train[start : start + bs], y_train[start : start + bs]
            loss = loss_func(model(xb), yb)
            loss.backward()
            with torch.no_grad():
                for p in model.parameters():
                    p -= lr * p.grad
            model.zero_grad()
            losses.append(loss.item())
        history.append(sum(losses) / len(losses))
    return history
