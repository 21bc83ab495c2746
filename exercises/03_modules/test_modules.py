"""Public suite of 03_modules: run it with `pytest exercises/03_modules`."""
# ruff: noqa: N802 - tests are named for their targets

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from grader.assignment.data import load_mnist


def fill(model, value):
    """Set every number of every parameter to the same value."""
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.copy_(torch.full(parameter.shape, value))


def test_Mnist_Logistic_parameters(student):
    """model.parameters() finds two: 784 × 10 = 7,840 weights, and 10 numbers for the bias."""
    model = student.Mnist_Logistic()
    assert isinstance(model, nn.Module)
    assert sorted(p.numel() for p in model.parameters()) == [10, 7840]
    assert all(p.requires_grad for p in model.parameters())


def test_Mnist_Logistic_logits(student):
    """With every parameter 0.5, three white pixels score 0.5 + 0.5 + 0.5 + bias 0.5 = 2."""
    model = student.Mnist_Logistic()
    fill(model, 0.5)
    images = torch.zeros(2, 784)  # two images; the second stays black
    images[0, [100, 200, 300]] = 1.0
    scores = model(images)
    assert scores.shape == (2, 10)
    assert torch.allclose(scores[0], torch.full((10,), 2.0))
    assert torch.allclose(scores[1], torch.full((10,), 0.5))


def test_Mnist_Logistic_gradient(student):
    """backward() fills the .grad of both parameters."""
    model = student.Mnist_Logistic()
    model(torch.ones(3, 784)).sum().backward()
    for parameter in model.parameters():
        assert parameter.grad is not None
        assert torch.allclose(parameter.grad, torch.full(parameter.shape, 3.0))


def test_Mnist_Logistic_untrained_loss(student):
    """A new model guesses: ten digits, all equally likely, cost about log(10) = 2.3."""
    digits = load_mnist()
    loss = F.cross_entropy(student.Mnist_Logistic()(digits.x_valid), digits.y_valid)
    assert 2.1 < loss.item() < 2.7


def test_MyLinear_parameters(student):
    """MyLinear(3, 2) has 3 × 2 + 2 = 8 numbers to train, MyLinear(5, 4) has 24."""
    for n_in, n_out, total in [(3, 2, 8), (5, 4, 24)]:
        layer = student.MyLinear(n_in, n_out)
        assert isinstance(layer, nn.Module)
        assert sum(p.numel() for p in layer.parameters()) == total


def test_MyLinear_values(student):
    """With every parameter 1, the row 1, 2, 3 gives 1 + 2 + 3 + bias 1 = 7 at each output."""
    layer = student.MyLinear(3, 2)
    fill(layer, 1.0)
    out = layer(torch.tensor([[1.0, 2.0, 3.0], [0.0, 0.0, -5.0]]))
    assert out.shape == (2, 2)
    assert torch.allclose(out, torch.tensor([[7.0, 7.0], [-4.0, -4.0]]))


def test_MyLinear_gradient(student):
    """Four rows of 0.5: backward() gives each weight 4 × 0.5 = 2, and each bias 4 × 1 = 4."""
    layer = student.MyLinear(3, 2)
    layer(torch.full((4, 3), 0.5)).sum().backward()
    grads = [p.grad for p in layer.parameters()]
    assert all(grad is not None for grad in grads)
    numbers = torch.cat([grad.flatten() for grad in grads]).tolist()
    assert sorted(numbers) == pytest.approx([2.0] * 6 + [4.0] * 2)


@pytest.mark.bonus
def test_MyLinear_without_bias(student):
    """MyLinear(3, 2, bias=False) has its six weights and nothing else."""
    layer = student.MyLinear(3, 2, bias=False)
    assert sum(p.numel() for p in layer.parameters()) == 6
    fill(layer, 1.0)
    assert torch.allclose(layer(torch.tensor([[1.0, 2.0, 3.0]])), torch.tensor([[6.0, 6.0]]))
