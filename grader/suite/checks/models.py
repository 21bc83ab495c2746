"""Models and optimizers for `twins`. They hold no secret: theirs are made on the student's side."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import nn


def classifier(nn: Any) -> Any:
    """A linear model of 20 features and 5 classes: what `classification` draws."""
    return nn.Linear(20, 5)


def regressor(nn: Any) -> Any:
    """A linear map of 3 features to 2 values: what `regression` draws."""
    return nn.Linear(3, 2)


class Deep(nn.Module):
    """A classifier of several layers, one of which is used twice."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.again, self.last = nn.Linear(20, 8), nn.Linear(8, 8), nn.Linear(8, 5)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        hidden = self.again(self.first(x).tanh()).tanh()
        return self.last(self.again(hidden).tanh())  # type: ignore[no-any-return]


class Moody(nn.Module):
    """A regressor that gives twice as much while it trains: the mode shows."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Linear(3, 2)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.layer(x) * (2 if self.training else 1)  # type: ignore[no-any-return]


def optimizer(name: str, lr: float, **settings: Any) -> Callable[[Any, Any], Any]:
    """What makes an optimizer over all of a model's parameters: `optimizer("SGD", 0.3)`."""
    return lambda optim, model: getattr(optim, name)(model.parameters(), lr=lr, **settings)
