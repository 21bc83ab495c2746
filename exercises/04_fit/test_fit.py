"""Public suite of 04_fit: run it with `pytest exercises/04_fit`.

`lab` is torch. The lesson's README.md works the first example out by hand.
"""

import pytest
import torch
import torch.nn.functional as F

from grader.assignment.data import load_mnist

X = torch.tensor([[1.0], [2.0], [3.0]])
Y = torch.tensor([[2.0], [4.0], [6.0]])


def line(lab, weight=0.0, bias=0.0):
    """The model weight · x + bias."""
    model = lab.nn.Linear(1, 1)
    model.load_state_dict({"weight": torch.tensor([[weight]]), "bias": torch.tensor([bias])})
    return model


def numbers(model):
    """The line's weight and bias, as floats."""
    state = model.state_dict()
    return state["weight"].item(), state["bias"].item()


def test_fit_one_batch(student, lab):
    """One batch of two samples moves the weight from 0 to 1 and the bias from 0 to 0.6."""
    model = line(lab)
    student.fit(model, F.mse_loss, X[:2], Y[:2], epochs=1, bs=2, lr=0.1)
    assert numbers(model) == pytest.approx((1.0, 0.6), abs=1e-5)


def test_fit_short_last_batch(student, lab):
    """Three samples in batches of two: the third is a batch of its own, and is used too."""
    model = line(lab)
    student.fit(model, F.mse_loss, X, Y, epochs=1, bs=2, lr=0.1)
    assert numbers(model) == pytest.approx((2.44, 1.08), abs=1e-5)


def test_fit_epochs_go_on(student, lab):
    """One call for two epochs ends where two calls for one epoch each end."""
    one_call, two_calls = line(lab), line(lab)
    student.fit(one_call, F.mse_loss, X, Y, epochs=2, bs=2, lr=0.1)
    student.fit(two_calls, F.mse_loss, X, Y, epochs=1, bs=2, lr=0.1)
    student.fit(two_calls, F.mse_loss, X, Y, epochs=1, bs=2, lr=0.1)
    assert numbers(one_call) == pytest.approx(numbers(two_calls), abs=1e-5)


def test_fit_returns_the_mean_losses(student, lab):
    """The losses 10 and 5.76 of the two batches make one number for the epoch: their mean."""
    losses = student.fit(line(lab), F.mse_loss, X, Y, epochs=1, bs=2, lr=0.1)
    assert len(losses) == 1
    assert isinstance(losses[0], float)
    over_batches = (10 + 5.76) / 2
    over_samples = (2 * 10 + 5.76) / 3
    assert any(losses[0] == pytest.approx(mean, abs=1e-4) for mean in (over_batches, over_samples))


def test_fit_reads_digits(student, lab):
    """Two epochs on real digits: at least 85 of 100 digits that it never saw are read right."""
    digits = load_mnist()
    model = lab.nn.Linear(784, 10)
    losses = student.fit(model, F.cross_entropy, digits.x_train, digits.y_train)
    assert losses[1] < losses[0]
    with torch.no_grad():
        right = model(digits.x_valid).argmax(1) == digits.y_valid
    assert right.float().mean() > 0.85
