"""Public suite of 01_losses: small examples, worked by hand.

Run it with `pytest exercises/01_losses`, or a part of it with `-k log_softmax`.
"""

import math

import pytest
import torch


def test_log_softmax_of_equal_scores(student):
    """Where all four scores are equal, each class has probability 1/4."""
    result = student.log_softmax(torch.zeros(1, 4))
    torch.testing.assert_close(result, torch.full((1, 4), math.log(1 / 4)))


def test_log_softmax_by_rows(student):
    """Each row is normalised by itself: scores 0 and log 3 mean probabilities 1/4 and 3/4."""
    x = torch.tensor([[0.0, math.log(3)], [math.log(3), 0.0], [5.0, 5.0]])
    expected = torch.tensor([[0.25, 0.75], [0.75, 0.25], [0.5, 0.5]]).log()
    torch.testing.assert_close(student.log_softmax(x), expected)


def test_log_softmax_gradient(student):
    """The gradient of one log-probability: 1 minus its probability, and minus all the others."""
    x = torch.tensor([[0.0, math.log(3)]], requires_grad=True)
    student.log_softmax(x)[0, 0].backward()
    torch.testing.assert_close(x.grad, torch.tensor([[0.75, -0.75]]))


def test_nll_picks_the_right_classes(student):
    """The log-probability of each row's own target, their mean, and a minus sign."""
    input = torch.tensor([[-0.5, -1.0, -2.0], [-3.0, -0.1, -4.0]])
    loss = student.nll(input, torch.tensor([2, 0]))
    assert loss.numel() == 1
    assert loss.item() == pytest.approx((2.0 + 3.0) / 2)


def test_nll_of_a_certain_answer(student):
    """A model that gives the right class probability 1 has loss 0; probability 1/2 costs log 2."""
    certain, unsure = torch.tensor([[0.0, -30.0]]), torch.tensor([[0.5, 0.5]]).log()
    assert student.nll(certain, torch.tensor([0])).item() == pytest.approx(0)
    assert student.nll(unsure, torch.tensor([1])).item() == pytest.approx(math.log(2))


def test_nll_gradient(student):
    """Raising the right class's log-probability lowers the loss; nothing else changes it."""
    input = torch.tensor([[-0.5, -1.0], [-0.7, -0.7]], requires_grad=True)
    student.nll(input, torch.tensor([0, 1])).backward()
    torch.testing.assert_close(input.grad, torch.tensor([[-0.5, 0.0], [0.0, -0.5]]))


def test_accuracy_three_of_four(student):
    """Three of these four rows have their highest score where the label says: 0.75."""
    out = torch.tensor([[1.0, 5.0, 2.0], [9.0, 0.0, 1.0], [0.1, 0.2, 0.3], [4.0, 3.0, 2.0]])
    assert float(student.accuracy(out, torch.tensor([1, 0, 2, 1]))) == pytest.approx(0.75)


def test_accuracy_of_log_probabilities(student):
    """Scores may all be negative, as log-probabilities are: the highest is nearest to zero."""
    out = torch.tensor([[-0.1, -2.4], [-3.0, -0.05]])
    assert float(student.accuracy(out, torch.tensor([0, 1]))) == pytest.approx(1)
    assert float(student.accuracy(out, torch.tensor([1, 0]))) == pytest.approx(0)
