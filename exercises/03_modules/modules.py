"""Exercise 03: models that keep their own parameters. The lesson is in README.md."""

import math  # noqa: F401 - for you

import torch
from torch import nn


class Mnist_Logistic(nn.Module):
    """Logistic regression on MNIST digits, with parameters of its own.

    It has exactly two parameters, each an `nn.Parameter` of dtype float32:

    - weights, shape (784, 10): small random numbers, `torch.randn` divided by √784 for example;
    - bias, shape (10,): zeros for example.

    What you call them is up to you. A new model's cross-entropy on digits is near log(10) ≈ 2.3.
    An answer that uses `nn.Linear`, which comes in exercise 05, or another of PyTorch's layers
    with weights loses 5 of 16 points.

    Moved to float64, the model takes and gives float64. Bonus: it works on a GPU when moved there,
    and with any dimensions before the last.
    """

    def __init__(self) -> None:
        super().__init__()
        raise NotImplementedError("Mnist_Logistic: make the two parameters")

    def forward(self, xb: torch.Tensor) -> torch.Tensor:
        """Compute the logits: `xb` times the weights, plus the bias.

        xb: digits, shape (N, 784), floating; N is any number, 1 too. It isn't changed.
        Returns the raw scores, shape (N, 10), same dtype, no softmax.
        """
        raise NotImplementedError("Mnist_Logistic: write forward")


class MyLinear(nn.Module):
    """A linear layer of any size: your own `nn.Linear`.

    Its parameters, each an `nn.Parameter`:

    - a weight of in_features × out_features numbers, shape (in_features, out_features) or the
      other way round as you like;
    - a bias, shape (out_features,). With `bias=False` there is no bias parameter (bonus).

    Their first values are up to you; small random numbers train well. An answer that uses
    `nn.Linear` or another of PyTorch's layers with weights loses 5 of 15 points.

    Moved to float64, the layer takes and gives float64. Bonus: it works on a GPU when moved there,
    and with any dimensions before the last.
    """

    def __init__(self, in_features: int, out_features: int, bias: bool = True) -> None:
        super().__init__()
        raise NotImplementedError("MyLinear: make the parameters")

    def forward(self, xb: torch.Tensor) -> torch.Tensor:
        """Compute `xb` times the weight, plus the bias if there is one.

        xb: shape (N, in_features), of the parameters' dtype. It isn't changed.
        Returns shape (N, out_features), same dtype.
        """
        raise NotImplementedError("MyLinear: write forward")
