"""Public suite of 06_autograd: small examples, worked out by hand. Run it with pytest."""
# ruff: noqa: N802 - tests are named for their targets

import numpy as np
import pytest
import torch
from torch import nn

from grader.assignment.data import load_line

# The line y = 2x + 1 through three points, and a model that starts from y = 0x + 0.
X = torch.tensor([[0.0], [1.0], [2.0]])
Y = torch.tensor([[1.0], [3.0], [5.0]])


def line(lab, weight, bias):
    """A model that predicts weight · x + bias."""
    model = lab.nn.Linear(1, 1)
    model.load_state_dict({"weight": torch.tensor([[weight]]), "bias": torch.tensor([bias])})
    return model


def test_dz_dw_of_the_example(student):
    """At w = 5: y = 25 and z = 275, and z grows 100 times as fast as w."""
    assert float(student.dz_dw(5.0)) == pytest.approx(100)


def test_dz_dw_is_one_number(student):
    """A float, or a 0-d tensor: a tensor without dimensions, not a list of one number."""
    derivative = student.dz_dw(5.0)
    assert isinstance(derivative, float) or derivative.shape == ()


def test_dz_dw_elsewhere(student):
    """At other points, given as a float or as a 0-d tensor; and at the first one again."""
    assert float(student.dz_dw(-1.5)) == pytest.approx(-30)
    assert float(student.dz_dw(torch.tensor(0.25))) == pytest.approx(5)
    assert float(student.dz_dw(0.0)) == pytest.approx(0)
    assert float(student.dz_dw(-1.5)) == pytest.approx(-30)


def test_LinearRegression_parameters(student):
    """Three inputs, two outputs: 3 · 2 weights and 2 biases, all of them to be learned."""
    model = student.LinearRegression(3, 2)
    assert isinstance(model, nn.Module)
    assert sum(p.numel() for p in model.parameters()) == 8
    assert all(p.requires_grad for p in model.parameters())


def test_LinearRegression_shape(student):
    """Each of five samples gets its two predictions."""
    model = student.LinearRegression(3, 2)
    assert model(torch.ones(5, 3)).shape == (5, 2)


def test_LinearRegression_is_straight(student):
    """From x = 0 to 1 the prediction changes as much as from 1 to 2: it's a straight line."""
    model = student.LinearRegression(1, 1)
    at_0, at_1, at_2 = model(X)
    torch.testing.assert_close(at_1 - at_0, at_2 - at_1)


def test_train_regression_first_step(student, lab):
    """The step worked out in the lesson: the loss is 35/3, then the weight 0.8667, the bias 0.6."""
    model = line(lab, weight=0.0, bias=0.0)
    losses = student.train_regression(model, X, Y, epochs=1, lr=0.1)
    assert losses == pytest.approx([35 / 3])  # (1² + 3² + 5²) / 3
    learned = model.state_dict()
    assert learned["weight"].item() == pytest.approx(0.1 * 2 * (0 * 1 + 1 * 3 + 2 * 5) / 3)
    assert learned["bias"].item() == pytest.approx(0.1 * 2 * (1 + 3 + 5) / 3)


def test_train_regression_returns_floats(student, lab):
    """One plain Python float an epoch, in a list."""
    losses = student.train_regression(line(lab, 1.0, 0.0), X, Y, epochs=3, lr=0.1)
    assert len(losses) == 3
    assert all(isinstance(loss, float) for loss in losses)


def test_train_regression_finds_the_line(student, lab):
    """A hundred epochs on the points of y = 2x + 1, with the settings that it has by itself."""
    x, y = load_line()
    losses = student.train_regression(line(lab, 0.0, 0.0), x, y)
    assert len(losses) == 100
    assert losses[0] > 100
    assert losses[-1] < 2


def test_train_regression_on_a_device(student, lab, accelerator):
    """The model ends on the device that is asked for, and learns there as it does here."""
    here, there = line(lab, 0.0, 0.0), line(lab, 0.0, 0.0)
    losses = student.train_regression(here, X, Y, epochs=3, lr=0.1, device=torch.device("cpu"))
    same = student.train_regression(there, X, Y, epochs=3, lr=0.1, device=accelerator)
    assert {p.device.type for p in there.parameters()} == {accelerator.type}
    assert same == pytest.approx(losses, rel=1e-3)


def test_predict_array(student, lab):
    """The line 3x − 1 at 0, 1 and 2, as a NumPy array with a row for each sample."""
    prediction = student.predict(line(lab, 3.0, -1.0), X)
    assert isinstance(prediction, np.ndarray)
    assert prediction.shape == (3, 1)
    np.testing.assert_allclose(prediction, [[-1], [2], [5]], atol=1e-6)


def test_predict_leaves_the_model_as_it_was(student, lab):
    """After a prediction the model can still be trained."""
    model = line(lab, 3.0, -1.0)
    student.predict(model, X)
    assert all(p.requires_grad for p in model.parameters())
    assert model(X).requires_grad
