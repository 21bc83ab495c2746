"""Public suite of 03_modules: run it with `pytest exercises/03_modules`."""
# ruff: noqa: N802 - tests are named for their targets

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from grader.assignment.data import load_mnist
from grader.suite.checks import (
    LAYERS,
    by_hand,
    gradients,
    independent,
    judged,
    same,
    untrained_loss,
)


def filled(model, value):
    """Set every number of every parameter to the same value."""
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.copy_(torch.full(parameter.shape, value))
    return model


def numbers(model):
    """How many numbers each of the model's parameters has, the smallest first."""
    judged(model, "it is an nn.Module", isinstance(model, nn.Module))
    judged(model, "all its parameters are to be trained", trainable(model))
    return sorted(parameter.numel() for parameter in model.parameters())


def trainable(model):
    return all(parameter.requires_grad for parameter in model.parameters())


def test_Mnist_Logistic_parameters(student):
    """model.parameters() finds two: 784 × 10 = 7,840 weights, and 10 numbers for the bias."""
    same(numbers(student.Mnist_Logistic()), [10, 7840])


def test_Mnist_Logistic_logits(student):
    """With every parameter 0.5, three white pixels score 0.5 + 0.5 + 0.5 + bias 0.5 = 2."""
    images = torch.zeros(2, 784)  # two images; the second stays black
    images[0, [100, 200, 300]] = 1.0
    right = torch.tensor([[2.0], [0.5]]).repeat(1, 10)
    same(filled(student.Mnist_Logistic(), 0.5), right, images)


def test_Mnist_Logistic_one_digit(student):
    """A batch of one digit gives one row of ten scores."""
    image = torch.full((1, 784), 0.25)
    same(filled(student.Mnist_Logistic(), 1.0), torch.full((1, 10), 784 / 4 + 1), image)


def test_Mnist_Logistic_gradient(student):
    """backward() fills the .grad of both parameters: three rows of 1 give 3 everywhere."""
    model = student.Mnist_Logistic()
    model(torch.ones(3, 784)).sum().backward()
    for parameter in model.parameters():
        same(parameter.grad, torch.full(parameter.shape, 3.0))


def test_Mnist_Logistic_untrained_loss(student):
    """A new model guesses: ten digits, all equally likely, cost about log(10) = 2.3."""
    digits = load_mnist()
    x, y = digits.x_valid, digits.y_valid
    untrained_loss(student.Mnist_Logistic, F.cross_entropy, x, y, low=2.1, high=2.7)


def test_Mnist_Logistic_models_are_independent(student):
    """Each model has numbers of its own: to train one leaves the other as it was."""
    independent(student.Mnist_Logistic, torch.ones(2, 784))


def test_Mnist_Logistic_by_hand(student):
    """The weights and the bias are your own: none of PyTorch's layers does the work."""

    def made_and_called(images):
        return filled(student.Mnist_Logistic(), 1.0)(images)

    by_hand(made_and_called, torch.full((1, 10), 785.0), torch.ones(1, 784), forbids=LAYERS)


def test_MyLinear_parameters(student):
    """MyLinear(3, 2) has 3 × 2 + 2 = 8 numbers to train, MyLinear(5, 4) has 24."""
    same(sum(numbers(student.MyLinear(3, 2))), 8)
    same(sum(numbers(student.MyLinear(5, 4))), 24)


def test_MyLinear_values(student):
    """With every parameter 1, the row 1, 2, 3 gives 1 + 2 + 3 + bias 1 = 7 at each output."""
    x = torch.tensor([[1.0, 2.0, 3.0], [0.0, 0.0, -5.0]])
    same(filled(student.MyLinear(3, 2), 1.0), torch.tensor([[7.0, 7.0], [-4.0, -4.0]]), x)


def test_MyLinear_one_row_one_output(student):
    """One row into one output is a batch still: shape (1, 1)."""
    same(filled(student.MyLinear(2, 1), 1.0), torch.tensor([[31.0]]), torch.tensor([[10.0, 20.0]]))


def test_MyLinear_gradient(student):
    """Four rows of 0.5: backward() gives each weight 4 × 0.5 = 2, and each bias 4 × 1 = 4."""
    layer = student.MyLinear(3, 2)
    layer(torch.full((4, 3), 0.5)).sum().backward()
    arrived = [p.grad for p in layer.parameters()]
    judged(arrived, "every parameter gets a gradient", all(g is not None for g in arrived))
    same(sorted(torch.cat([g.flatten() for g in arrived]).tolist()), [2.0] * 6 + [4.0] * 2)


def test_MyLinear_gradient_of_the_input(student):
    """Layers before this one learn too: with weights of 1, two outputs send 1 + 1 = 2 back."""
    layer, x = filled(student.MyLinear(3, 2), 1.0), torch.zeros(4, 3)
    gradients(layer, torch.full((4, 3), 2.0), x.requires_grad_())


def test_MyLinear_layers_are_independent(student):
    """Each layer has numbers of its own: to train one leaves the other as it was."""
    independent(lambda: student.MyLinear(3, 2), torch.ones(4, 3))


def test_MyLinear_by_hand(student):
    """The weight and the bias are your own: none of PyTorch's layers does the work."""

    def made_and_called(x):
        return filled(student.MyLinear(3, 2), 1.0)(x)

    x = torch.tensor([[1.0, 2.0, 3.0]])
    by_hand(made_and_called, torch.tensor([[7.0, 7.0]]), x, forbids=LAYERS)


@pytest.mark.bonus
def test_MyLinear_without_bias(student):
    """MyLinear(3, 2, bias=False) has its six weights and nothing else."""
    layer = student.MyLinear(3, 2, bias=False)
    same(sum(numbers(layer)), 6)
    same(filled(layer, 1.0), torch.tensor([[6.0, 6.0]]), torch.tensor([[1.0, 2.0, 3.0]]))
