"""`row_uses`: how often each sample was used, read from the rows of the weights."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F

from grader.suite import current
from grader.suite.checks import Mismatched, random_batches, row_uses
from grader.suite.local import Local


@pytest.fixture(autouse=True)
def begun() -> None:
    current.begin(Local())


def training(draw):
    def train(x, y, weights, bias, steps, batch_size, lr):
        for step in range(steps):
            drawn = draw(len(x), step, batch_size)
            loss = F.cross_entropy(x[drawn] @ weights + bias, y[drawn])
            by_weights, by_bias = torch.autograd.grad(loss, [weights, bias])
            weights.data -= lr * by_weights
            bias.data -= lr * by_bias

    return train


def test_counts_each_use():
    used = row_uses(training(lambda n, step, size: torch.tensor([0, 0, step + 1])))
    assert used(5, 2, 3).round().tolist() == [4, 1, 1, 0, 0]


def test_random_draws_pass():
    random_batches(row_uses(training(lambda n, step, size: torch.randint(n, (size,)))))
    random_batches(row_uses(training(lambda n, step, size: torch.randperm(n)[:size])))


@pytest.mark.parametrize(
    "draw",
    [
        lambda n, step, size: torch.arange(size),
        lambda n, step, size: torch.arange(step * size, (step + 1) * size) % n,
        lambda n, step, size: torch.randint(n - 1, (size,)),
        lambda n, step, size: torch.randint(n, (64,)),
        lambda n, step, size: torch.arange(n),
    ],
)
def test_other_batches_fail(draw):
    with pytest.raises(Mismatched):
        random_batches(row_uses(training(draw)))
