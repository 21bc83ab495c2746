"""Public suite of 01_losses: small examples, worked by hand.

Run it with `pytest exercises/01_losses`, or a part of it with `-k log_softmax`.
"""

import math

import torch

from grader.suite.checks import by_hand, gradients, same

LOG3 = math.log(3)  # scores 0 and log 3: exponentials 1 and 3, so probabilities 1/4 and 3/4
READY_MADE = ("aten::*log_softmax*", "aten::*nll_loss*", "aten::cross_entropy_loss")


def test_log_softmax_of_equal_scores(student):
    """Where all four scores are equal, each class has probability 1/4."""
    same(student.log_softmax, torch.full((1, 4), math.log(1 / 4)), torch.zeros(1, 4))


def test_log_softmax_by_rows(student):
    """Each row is normalised by itself: scores 0 and log 3 mean probabilities 1/4 and 3/4."""
    x = torch.tensor([[0.0, LOG3], [LOG3, 0.0], [5.0, 5.0]])
    right = torch.tensor([[0.25, 0.75], [0.75, 0.25], [0.5, 0.5]]).log()
    same(student.log_softmax, right, x)
    same(student.log_softmax, right, x.T.contiguous().T)  # the same rows, by columns in memory


def test_log_softmax_square_batch(student):
    """Two samples of two classes: each row's own sum is taken away, not its neighbour's."""
    x = torch.tensor([[0.0, LOG3], [2.0, 2.0]])
    same(student.log_softmax, torch.tensor([[0.25, 0.75], [0.5, 0.5]]).log(), x)


def test_log_softmax_gradient(student):
    """The gradient of a log-probability: 1 minus its class's probability; minus the other's."""
    x = torch.tensor([[0.0, LOG3]], requires_grad=True)
    first = torch.tensor([[1.0, 0.0]])
    gradients(student.log_softmax, torch.tensor([[0.75, -0.75]]), x, incoming=first)


def test_log_softmax_by_hand(student):
    """The formula is written out: PyTorch's own log_softmax isn't called."""
    x = torch.tensor([[LOG3, 0.0]])
    by_hand(student.log_softmax, torch.tensor([[0.75, 0.25]]).log(), x, forbids=READY_MADE)


def test_nll_picks_the_right_classes(student):
    """The log-probability of each row's own target, their mean, and a minus sign."""
    input = torch.tensor([[-0.5, -1.0, -2.0], [-3.0, -0.1, -4.0]])
    same(student.nll, (2.0 + 3.0) / 2, input, torch.tensor([2, 0]))


def test_nll_every_sample_counts(student):
    """Two of three samples are of class 0, classes 2 and 3 are absent: the mean is over all 3."""
    rows = [-1.0, -2.0, -2.5, -3.0], [-4.0, -0.1, -5.0, -6.0], [-9.0, -7.0, -8.0, -0.01]
    same(student.nll, (1.0 + 4.0 + 7.0) / 3, torch.tensor(rows), torch.tensor([0, 0, 1]))


def test_nll_of_a_certain_answer(student):
    """A model that gives the right class probability 1 has loss 0; probability 1/2 costs log 2."""
    same(student.nll, 0.0, torch.tensor([[0.0, -30.0]]), torch.tensor([0]))
    same(student.nll, math.log(2), torch.tensor([[0.5, 0.5]]).log(), torch.tensor([1]))


def test_nll_gradient(student):
    """Raising the right class's log-probability lowers the loss; nothing else changes it."""
    input = torch.tensor([[-0.5, -1.0], [-0.7, -0.7]], requires_grad=True)
    gradients(student.nll, torch.tensor([[-0.5, 0.0], [0.0, -0.5]]), input, torch.tensor([0, 1]))


def test_nll_by_hand(student):
    """The formula is written out: PyTorch's own nll_loss and cross_entropy aren't called."""
    input = torch.tensor([[-0.5, -1.0], [-3.0, -0.1]])
    by_hand(student.nll, (1.0 + 3.0) / 2, input, torch.tensor([1, 0]), forbids=READY_MADE)


def test_accuracy_three_of_four(student):
    """Three of these four rows have their highest score where the label says: 0.75."""
    out = torch.tensor([[1.0, 5.0, 2.0], [9.0, 0.0, 1.0], [0.1, 0.2, 0.3], [4.0, 3.0, 2.0]])
    same(student.accuracy, 0.75, out, torch.tensor([1, 0, 2, 1]))


def test_accuracy_of_log_probabilities(student):
    """Scores may all be negative, as log-probabilities are: the highest is nearest to zero."""
    out = torch.tensor([[-0.1, -2.4], [-3.0, -0.05]])
    same(student.accuracy, 1.0, out, torch.tensor([0, 1]))
    same(student.accuracy, 0.0, out, torch.tensor([1, 0]))


def test_accuracy_square_batch(student):
    """Three samples of three classes, two of them right: exactly 2/3, not 0.67."""
    out = torch.tensor([[3.0, 1.0, 2.0], [1.0, 0.0, 5.0], [0.0, 4.0, 1.0]])
    same(student.accuracy, 2 / 3, out, torch.tensor([0, 2, 0]))
