"""Exercise 06, solved: derivatives by PyTorch, and a line fitted with them."""

from __future__ import annotations

import numpy as np
import torch
from torch import nn


def dz_dw(w: float | torch.Tensor) -> torch.Tensor:
    """The derivative dz/dw of z = 10·y + 25 with y = w², as PyTorch's autograd finds it.

    Args:
        w: where to take it, a float or a 0-d floating tensor. (Bonus: a tensor of any shape, where
            each element has a z of its own.)

    Returns:
        The derivative at w, a 0-d tensor (bonus: of w's shape). The caller's w is left alone.
    """
    w = torch.as_tensor(w).detach().clone().requires_grad_()
    y = w**2
    z = 10 * y + 25
    # Each z depends on its own w alone, so that the sum mixes nothing up.
    z.sum().backward()
    return w.grad


class LinearRegression(nn.Module):
    """A straight line, in any number of dimensions: prediction = x · weights + bias.

    Args:
        input_size: how many numbers describe a sample.
        output_size: how many numbers are predicted from them.

    The model has input_size · output_size weights and output_size biases to learn.
    """

    def __init__(self, input_size: int, output_size: int) -> None:
        super().__init__()
        self.linear = nn.Linear(input_size, output_size)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Predict: x (n, input_size) floating → (n, output_size), of the same dtype."""
        return self.linear(x)


def train_regression(
    model: nn.Module,
    x: torch.Tensor,
    y: torch.Tensor,
    epochs: int = 100,
    lr: float = 0.01,
    device: torch.device | str | None = None,
) -> list[float]:
    """Train `model` on all samples at once, with the mean squared error and plain SGD.

    Args:
        model: what to train, changed in place.
        x: the inputs, (n, input_size) floating. Left as they are.
        y: what the model should predict, (n, output_size) floating. Left as they are.
        epochs: how many steps to take.
        lr: the learning rate.
        device: where to compute; None: the best there is. The model stays there.

    Returns:
        A list of `epochs` Python floats: the loss before each step.
    """
    if device is None:
        other = "mps" if torch.backends.mps.is_available() else "cpu"
        device = "cuda" if torch.cuda.is_available() else other
    model.to(device)
    x, y = x.to(device), y.to(device)
    criterion = nn.MSELoss()
    optimizer = torch.optim.SGD(model.parameters(), lr=lr)
    losses = []
    for _ in range(epochs):
        optimizer.zero_grad()
        loss = criterion(model(x), y)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


def predict(model: nn.Module, x: torch.Tensor) -> np.ndarray:
    """What `model` predicts for x, without recording a graph.

    Args:
        model: a trained model with one output, on any device. Left as it is.
        x: the inputs, (n, input_size) floating.

    Returns:
        A NumPy array of shape (n, 1).
    """
    device = next(model.parameters()).device
    with torch.no_grad():
        return model(x.to(device)).cpu().numpy()
