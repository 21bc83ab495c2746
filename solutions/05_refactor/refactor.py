"""Exercise 05: the same training, on PyTorch's own parts."""

from collections.abc import Callable

import torch
from torch import nn, optim

Loss = Callable[[torch.Tensor, torch.Tensor], torch.Tensor]


class Mnist_Logistic(nn.Module):
    """Logistic regression on MNIST digits: one `nn.Linear` of 784 inputs and 10 outputs."""

    def __init__(self) -> None:
        super().__init__()
        self.lin = nn.Linear(784, 10)

    def forward(self, xb: torch.Tensor) -> torch.Tensor:
        """Logits (N, 10) of the digits `xb` (N, 784)."""
        return self.lin(xb)


def get_model(lr: float = 0.5) -> tuple[nn.Module, optim.Optimizer]:
    """A new model and an `optim.SGD` over all its parameters, without momentum or weight decay."""
    model = Mnist_Logistic()
    return model, optim.SGD(model.parameters(), lr=lr)


def fit(
    model: nn.Module,
    opt: optim.Optimizer,
    loss_func: Loss,
    x_train: torch.Tensor,
    y_train: torch.Tensor,
    epochs: int = 2,
    bs: int = 64,
) -> list[float]:
    """Train `model` with `opt` on mini-batches, in order.

    An epoch walks once through the N samples of `x_train` and `y_train`, `bs` at a time; the last
    batch is short where `bs` doesn't divide N. After each batch `opt` takes one step. The model is
    in training mode and stays there. Returns the mean training loss during each epoch, over its
    batches: `epochs` Python floats.
    """
    history = []
    for _ in range(epochs):
        losses = []
        for start in range(0, len(x_train), bs):
            xb, yb = x_train[start : start + bs], y_train[start : start + bs]
            loss = loss_func(model(xb), yb)
            loss.backward()
            opt.step()
            opt.zero_grad()
            losses.append(loss.item())
        history.append(sum(losses) / len(losses))
    return history


def train_random(
    model: nn.Module,
    opt: optim.Optimizer,
    loss_func: Loss,
    x: torch.Tensor,
    y: torch.Tensor,
    steps: int,
    batch_size: int,
) -> None:
    """Take `steps` steps of `opt`, each on `batch_size` samples of `x` and `y` drawn at random.

    The model is in training mode and stays there.
    """
    for _ in range(steps):
        drawn = torch.randint(len(x), (batch_size,), device=x.device)
        loss = loss_func(model(x[drawn]), y[drawn])
        loss.backward()
        opt.step()
        opt.zero_grad()
