"""Exercise 06: let PyTorch take the derivatives, and fit a line with them.

Read README.md beside this file, replace each `raise NotImplementedError(...)` by your own code,
and run `pytest exercises/06_autograd`.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import nn


def dz_dw(w: float | torch.Tensor) -> float | torch.Tensor:
    """The derivative dz/dw of z = 10·y + 25 with y = w², as PyTorch's autograd finds it.

    Don't work the derivative out by hand: it must come from `backward()` (or
    `torch.autograd.grad`). If it doesn't, 3 of 10 points are lost.

    Args:
        w: where to take it, a float or a 0-d floating tensor. Its value stays as it is. (Bonus: a
            tensor of any shape, where each element has a z of its own; and w.grad stays as it is.)

    Returns:
        The derivative at w, a float or a 0-d tensor (bonus: a tensor of w's shape).
    """
    raise NotImplementedError("dz_dw: make w a tensor that requires grad, compute z, go backward")


class LinearRegression(nn.Module):
    """A straight line, in any number of dimensions: prediction = x · weights + bias.

    Args:
        input_size: how many numbers describe a sample.
        output_size: how many numbers are predicted from them.

    The model has input_size · output_size weights and output_size biases to learn. You may use
    `nn.Linear` here.
    """

    def __init__(self, input_size: int, output_size: int) -> None:
        super().__init__()
        raise NotImplementedError("LinearRegression: give the model its weights and bias")

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Predict: x (n, input_size) floating → (n, output_size), of the same dtype."""
        raise NotImplementedError("LinearRegression.forward: compute the predictions")


def train_regression(
    model: nn.Module,
    x: torch.Tensor,
    y: torch.Tensor,
    epochs: int = 100,
    lr: float = 0.01,
    device: torch.device | str | None = None,
) -> list[float]:
    """Train `model` on all samples at once, with the mean squared error and plain SGD.

    The model is in training mode meanwhile, as it comes: no `model.eval()` here.

    Args:
        model: what to train, changed in place.
        x: the inputs, (n, input_size), of the model's dtype (float32 or float64). Leave them as
            they are.
        y: what the model should predict, (n, output_size), of the same dtype. Leave them as they
            are.
        epochs: how many steps to take.
        lr: the learning rate.
        device: where to compute. Move the model and the data there, and leave the model there.
            None means the best there is at the time of the call: a GPU if
            `torch.cuda.is_available()`, else the CPU. (A Mac's "mps" is welcome too.)

    Returns:
        A list of `epochs` Python floats: the loss before each step.
    """
    raise NotImplementedError("train_regression: predict, measure the loss, go backward, step")


def predict(model: nn.Module, x: torch.Tensor) -> np.ndarray:
    """What `model` predicts for x, without recording a graph.

    Args:
        model: a trained model with one output. Leave its parameters and their gradients as they
            are, ready to be trained further. (Bonus: it may be on another device than x.)
        x: the inputs, (n, input_size), of the model's dtype (float32 or float64).

    Returns:
        A NumPy array of shape (n, 1).
    """
    raise NotImplementedError("predict: call the model without a graph, return a NumPy array")
