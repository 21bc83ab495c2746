"""Hidden suite of 01_losses.

What may not run in the tests called by_hand: PyTorch's own functions for the same thing. Its
logsumexp, softmax and one_hot may: they are steps on the way.
"""
# ruff: noqa: F405 - checks are words

import pytest
import torch

from grader.suite.checks import *  # noqa: F403

SHORTCUTS = ("aten::*log_softmax*", "aten::*nll_loss*", "aten::cross_entropy_loss")


def guesses(n, c, right, spread=0.3):
    """Scores for n samples (no two of a row alike), and labels that fit just `right` of them."""
    ranks = torch.rand(n, c).argsort(-1)
    out = spread * (ranks + torch.rand(n, c) / 2 - c / 2)
    best = out.argmax(-1)
    wrong = (best + torch.randint(1, c, (n,))) % c
    return out, torch.where(torch.randperm(n) < right, best, wrong)


@pytest.mark.points(4)
def test_log_softmax_values(student, reference):
    """Each score minus the log of the sum of its own row's exponentials, in batches of any size."""
    batches = [*tensors("n c", of=scores, strided=False)]
    batches += [scores(n, c) for n, c in ((2, 2), (10, 10), (10, 10), (1000, 10), (7, 1))]
    same(student.log_softmax, reference.log_softmax, each=batches)


@pytest.mark.points(2)
def test_log_softmax_gradient(student, reference):
    """Gradients flow back to x through every step, the row's sum as well as the score itself."""
    batches = [scores(3, 4), scores(2, 2)]
    gradients(student.log_softmax, reference.log_softmax, each=batches, exact=True)


def test_log_softmax_float64(student, reference):
    """Double precision in gives double precision out, in dtype and in accuracy."""
    batches = tensors("n c", of=scores, dtype=torch.float64, strided=False)
    same(student.log_softmax, reference.log_softmax, each=batches)


def test_log_softmax_non_contiguous(student, reference):
    """Only the values of x count, not how they lie in memory (x may be a transpose or a slice)."""
    same(student.log_softmax, reference.log_softmax, each=layouts(scores(6, 5)))


def test_log_softmax_leaves_x_unchanged(student):
    """The caller's x still holds the scores afterwards: nothing is written into it."""
    leaves_alone(student.log_softmax, each=[scores(5, 4), scores(5, 4).requires_grad_()])


@pytest.mark.points(5)
def test_log_softmax_by_hand(student, reference):
    """The formula is written out and right: PyTorch's own log_softmax isn't called."""
    batches = [scores(4, 5), scores(3, 3)]
    by_hand(student.log_softmax, reference.log_softmax, each=batches, forbids=SHORTCUTS)


@pytest.mark.bonus
def test_log_softmax_large_scores(student, reference):
    """Bonus: scores of ten thousand, of either sign, give finite values and finite gradients."""
    batches = [scores(5, 7) + 1e4, scores(5, 7) - 1e4, 1e4 * torch.randn(5, 7)]
    gradients(student.log_softmax, reference.log_softmax, each=batches, atol=1e-2)


@pytest.mark.bonus
def test_log_softmax_other_dimensions(student, reference):
    """Bonus: the last dimension is the one that counts, whether x has one, three or four."""
    batches = [2 * torch.randn(shape) for shape in ((6,), (2, 3, 4), (3, 3, 3), (2, 1, 3, 5))]
    same(student.log_softmax, reference.log_softmax, each=batches)


@pytest.mark.bonus
def test_log_softmax_half_precision(student, reference):
    """Bonus: 16-bit scores give 16-bit log-probabilities."""
    batches = [torch.randn(6, 5).to(dtype) for dtype in (torch.float16, torch.bfloat16)]
    same(student.log_softmax, reference.log_softmax, each=batches)


@pytest.mark.bonus
def test_log_softmax_on_another_device(student, reference, accelerator):
    """Bonus: scores on a GPU give log-probabilities on that GPU."""
    same(student.log_softmax, reference.log_softmax, scores(5, 4), device=accelerator)


@pytest.mark.points(3)
def test_nll_values(student, reference):
    """Minus the mean of the log-probabilities of the right classes: one positive number."""
    batches = [*tensors("n c", "n < c", of=log_probabilities, strided=False)]
    batches += [(log_probabilities(n, c), labels(n, c)) for n, c in ((9, 9), (9, 9), (1000, 10))]
    same(student.nll, reference.nll, each=batches, read=loss)


def test_nll_absent_and_repeated_classes(student, reference):
    """All rows count alike, whatever classes a batch has, and however sure the model is."""
    batches = []
    for target in ([0, 0, 1, 0, 2, 0, 1], [3, 3, 3, 3, 3, 3, 3], [5, 1, 5, 1, 5, 5, 5]):
        input = log_probabilities(7, 8)
        input[0], input[0, target[0]] = -200, 0  # probability 1: a logarithm of zero
        batches.append((input, torch.tensor(target)))
    same(student.nll, reference.nll, each=batches, read=loss)


@pytest.mark.points(2)
def test_nll_gradient(student, reference):
    """Gradients flow to the right classes' log-probabilities, equally, and to no other number."""
    sizes = ((5, 3), (3, 3), (1, 4), (16, 10))
    batches = [(log_probabilities(n, c), labels(n, c)) for n, c in sizes]
    gradients(student.nll, reference.nll, each=batches, read=loss)


def test_nll_float64(student, reference):
    """Double precision in gives double precision out, in dtype and in accuracy."""
    of = {"of": log_probabilities, "dtype": torch.float64, "strided": False}
    same(student.nll, reference.nll, each=tensors("n c", "n < c", **of), read=loss)


def test_nll_non_contiguous(student, reference):
    """Only the values of input and target count, not how they lie in memory."""
    batches = list(zip(layouts(log_probabilities(6, 5)), layouts(labels(6, 5)), strict=True))
    same(student.nll, reference.nll, each=batches, read=loss)


def test_nll_leaves_its_arguments_unchanged(student):
    """The caller's input and target are the same afterwards: nothing is written into them."""
    inputs = [log_probabilities(5, 4), log_probabilities(5, 4).requires_grad_()]
    leaves_alone(student.nll, each=[(input, labels(5, 4)) for input in inputs])


@pytest.mark.points(5)
def test_nll_by_hand(student, reference):
    """The formula is written out and right: PyTorch's nll_loss or cross_entropy isn't called."""
    batches = [(log_probabilities(n, 5), labels(n, 5)) for n in (4, 5)]
    by_hand(student.nll, reference.nll, each=batches, read=loss, forbids=SHORTCUTS)


@pytest.mark.bonus
def test_nll_impossible_classes(student, reference):
    """Bonus: a wrong class may have probability zero (log-probability -inf); the loss is finite."""
    input, target = log_probabilities(6, 4), labels(6, 4)
    input[torch.arange(6), (target + 1) % 4] = -torch.inf
    same(student.nll, reference.nll, input, target, read=loss)


@pytest.mark.bonus
def test_nll_half_precision(student, reference):
    """Bonus: 16-bit log-probabilities give a 16-bit loss."""
    dtypes = (torch.float16, torch.bfloat16)
    batches = [(log_probabilities(8, 5).to(dtype), labels(8, 5)) for dtype in dtypes]
    same(student.nll, reference.nll, each=batches, read=loss, atol=5e-2)


@pytest.mark.points(4)
def test_accuracy_share(student, reference):
    """The number of samples whose highest score is the right class's, divided by all samples."""
    sizes = [(37, 10, 23), (9, 3, 4), (64, 5, 17), (64, 5, 31), (300, 7, 280), (1000, 10, 333)]
    sizes += [(n, n, n - 2) for n in (3, 7, 10, 16)]
    same(student.accuracy, reference.accuracy, each=[guesses(*s) for s in sizes], read=number)


@pytest.mark.points(2)
def test_accuracy_all_or_none_right(student, reference):
    """From 0 where no prediction is right to 1 where every one is, in a batch of one, too."""
    batches = [guesses(n, c, right) for n, c in ((1, 10), (5, 9), (8, 4)) for right in (n, 0)]
    same(student.accuracy, reference.accuracy, each=batches, read=number)


@pytest.mark.points(2)
def test_accuracy_any_scale_of_scores(student, reference):
    """Only which score is highest counts: all may be negative, or tiny, or log-probabilities."""
    batches = []
    for spread in (0.05, 0.4, 3.0):
        out, yb = guesses(31, 6, 19, spread)
        scales = (out, out - 50, out + 50, out.log_softmax(-1), out.softmax(-1))
        batches += [(scaled, yb) for scaled in scales]
    same(student.accuracy, reference.accuracy, each=batches, read=number)


def test_accuracy_non_contiguous(student, reference):
    """Only the values of out and yb count, not how they lie in memory or in which precision."""
    out, yb = guesses(11, 4, 8)
    batches = list(zip(layouts(out.double()), layouts(yb), strict=True))
    same(student.accuracy, reference.accuracy, each=batches, read=number)


def test_accuracy_leaves_its_arguments_unchanged(student):
    """The caller's out and yb are the same afterwards: nothing is written into them."""
    leaves_alone(student.accuracy, *guesses(9, 4, 5))


@pytest.mark.bonus
def test_accuracy_of_scores_with_a_graph(student, reference):
    """Bonus: scores that come straight from a model in training, with their graph, are fine."""
    out, yb = guesses(13, 5, 6)
    same(student.accuracy, reference.accuracy, out.requires_grad_() * 2, yb, read=number)
