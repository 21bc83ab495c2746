"""Public suite of 05_refactor: run it with `pytest exercises/05_refactor`. `lab` is torch."""
# ruff: noqa: N802 - tests are named for their targets

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from grader.assignment.data import load_mnist

X = torch.tensor([[1.0], [2.0], [3.0]])
Y = torch.tensor([[2.0], [4.0], [6.0]])


def line(lab):
    """The model weight · x + bias, with both at 0."""
    model = lab.nn.Linear(1, 1)
    model.load_state_dict({"weight": torch.tensor([[0.0]]), "bias": torch.tensor([0.0])})
    return model


def numbers(model):
    """The line's weight and bias, as floats."""
    state = model.state_dict()
    return state["weight"].item(), state["bias"].item()


def test_Mnist_Logistic_on_nn_linear(student):
    """An nn.Linear of 784 inputs and 10 outputs is part of the model."""
    model = student.Mnist_Logistic()
    assert isinstance(model, nn.Module)
    layers = [module for module in model.modules() if isinstance(module, nn.Linear)]
    assert [tuple(layer.weight.shape) for layer in layers] == [(10, 784)]


def test_Mnist_Logistic_logits(student):
    """With all weights 0 and the biases 0, 1, ... 9, these are the scores of any digit."""
    model = student.Mnist_Logistic()
    with torch.no_grad():
        for parameter in model.parameters():
            values = torch.arange(10.0) if parameter.numel() == 10 else torch.zeros(10, 784)
            parameter.copy_(values)
    scores = model(torch.rand(3, 784))
    assert scores.shape == (3, 10)
    assert torch.allclose(scores, torch.arange(10.0).expand(3, 10))


def test_get_model_pair(student):
    """The model comes first, then its optimizer, with the learning rate asked for."""
    model, opt = student.get_model(lr=0.25)
    assert isinstance(model, nn.Module)
    assert opt.param_groups[0]["lr"] == 0.25
    _, opt = student.get_model()
    assert opt.param_groups[0]["lr"] == 0.5


def test_get_model_optimizer_moves_the_model(student):
    """A step of size 0.5 along a gradient of 1 lowers every score's bias by 0.5."""
    model, opt = student.get_model(lr=0.5)
    black = torch.zeros(1, 784)
    before = model(black).detach().clone()
    model(black).sum().backward()
    opt.step()
    assert torch.allclose(model(black), before - 0.5)


def test_fit_steps(student, lab):
    """The example of exercise 04: two batches of it take the line to 2.44 · x + 1.08."""
    model = line(lab)
    opt = lab.optim.SGD(model.parameters(), lr=0.1)
    losses = student.fit(model, opt, F.mse_loss, X, Y, epochs=1, bs=2)
    assert numbers(model) == pytest.approx((2.44, 1.08), abs=1e-5)
    assert len(losses) == 1
    assert isinstance(losses[0], float)
    # Before their steps the batches had the losses 10 and 5.76: the mean over the two batches, or
    # over the three samples, the first two of which had 10.
    assert losses[0] in (pytest.approx(7.88), pytest.approx(8.58667))


def test_fit_uses_the_given_optimizer(student, lab):
    """Adam's first step is as long as its learning rate, however large the gradient: 0.1."""
    model = line(lab)
    opt = lab.optim.Adam(model.parameters(), lr=0.1)
    student.fit(model, opt, F.mse_loss, X, Y, epochs=1, bs=3)
    assert numbers(model) == pytest.approx((0.1, 0.1), abs=1e-5)


def test_fit_reads_digits(student, lab):
    """Two epochs on real digits: at least 85 of 100 digits that it never saw are read right."""
    digits = load_mnist()
    model = lab.nn.Linear(784, 10)
    opt = lab.optim.SGD(model.parameters(), lr=0.5)
    losses = student.fit(model, opt, F.cross_entropy, digits.x_train, digits.y_train)
    assert losses[1] < losses[0]
    with torch.no_grad():
        right = model(digits.x_valid).argmax(1) == digits.y_valid
    assert right.float().mean() > 0.85


def test_train_random_takes_the_steps(student, lab):
    """Adam goes 0.1 at each step here, whatever is drawn: three steps go 0.3, more or less."""
    model = line(lab)
    opt = lab.optim.Adam(model.parameters(), lr=0.1)
    x, y = torch.ones(8, 1), torch.full((8, 1), 100.0)  # eight samples that are all the same
    student.train_random(model, opt, F.mse_loss, x, y, steps=3, batch_size=4)
    assert numbers(model) == pytest.approx((0.3, 0.3), abs=0.01)


def test_train_random_draws(student, lab):
    """Fifty batches of two from five samples: each sample is drawn at some time."""
    model = lab.nn.Linear(5, 1, bias=False)
    model.load_state_dict({"weight": torch.zeros(1, 5)})
    opt = lab.optim.SGD(model.parameters(), lr=1.0)
    # Sample i is 1 in place i and 0 elsewhere: drawing it changes weight i, and no other.
    x, y = torch.eye(5), torch.full((5, 1), 100.0)
    student.train_random(model, opt, F.l1_loss, x, y, steps=50, batch_size=2)
    assert (model.state_dict()["weight"] > 0).all()


def test_train_random_reads_digits(student, lab):
    """With Adam, 100 random batches suffice to read at least 80 of 100 unseen digits right."""
    digits = load_mnist()
    model = lab.nn.Linear(784, 10)
    opt = lab.optim.Adam(model.parameters(), lr=0.01)
    student.train_random(model, opt, F.cross_entropy, digits.x_train, digits.y_train, 100, 64)
    with torch.no_grad():
        right = model(digits.x_valid).argmax(1) == digits.y_valid
    assert right.float().mean() > 0.8
