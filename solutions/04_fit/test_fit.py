"""Hidden suite of 04_fit.

Training in order is deterministic, so models of both sides start from the same numbers and must
arrive at the same numbers. That sees what no loss can: a dropped last batch, a bias that never
moves. What is returned counts in two tests only.
"""
# ruff: noqa: F405 - checks are words

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from grader.suite.checks import *  # noqa: F403


def without_bias(nn):
    """A network of three layers; the one in the middle has no bias."""
    first, middle, last = nn.Linear(20, 16), nn.Linear(16, 8, bias=False), nn.Linear(8, 5)
    return nn.Sequential(first, nn.Tanh(), middle, nn.Tanh(), last)


def quartic(prediction, target):
    """A loss that torch doesn't have."""
    return (prediction - target).pow(4).mean().sqrt()


def train(student, reference, pair, *args, **options):
    """Both land on the same parameters, whatever they return."""
    trained_alike(student.fit, reference.fit, pair, *args, read=anything, **options)


@pytest.mark.points(2)
def test_fit_one_epoch(student, reference):
    """One epoch in batches of 64: each in its order, the last one short, one update after each."""
    for n in (100, 230):
        given = F.cross_entropy, *classification(n)
        train(student, reference, twins(classifier), *given, epochs=1, bs=64, lr=0.5)


@pytest.mark.points(2)
def test_fit_any_sizes(student, reference):
    """Any number of samples and epochs: less than a batch, whole batches, one sample left over."""
    for n, bs in [(5, 8), (32, 8), (33, 8), (7, 1), (1201, 400)]:
        pair = twins(classifier)
        for epochs, lr in ((2, 0.3), (1, 0.2)):  # the second time from where the first has led
            given = F.cross_entropy, *classification(n)
            train(student, reference, pair, *given, epochs=epochs, bs=bs, lr=lr)


def test_fit_defaults(student, reference):
    """Without being told, fit runs 2 epochs, in batches of 64, with a learning rate of 0.5."""
    train(student, reference, twins(classifier), F.cross_entropy, *classification(150))


@pytest.mark.points(2)
def test_fit_any_loss(student, reference):
    """fit minimises the loss that it is given, of predictions and targets as they come."""
    l1 = both(lambda torch: torch.nn.L1Loss())
    for loss in (F.mse_loss, l1, define(pessimist), define(quartic)):
        train(student, reference, twins(regressor), loss, *regression(40), 2, 16, 0.01)
    one_column = twins(lambda nn: nn.Linear(3, 1))
    train(student, reference, one_column, F.mse_loss, *regression(40, outputs=1), 2, 16, 0.05)


def test_fit_goes_on_to_the_last_epoch(student, reference):
    """All epochs are run, whether the loss rises (a large lr) or nothing is left to learn."""
    pair, (x, y) = twins(regressor, dtype=torch.float64), regression(40, dtype=torch.float64)
    train(student, reference, pair, F.mse_loss, x, y, epochs=4, bs=20, lr=3.0)
    learned = pair.ours(x).detach()
    train(student, reference, pair, F.mse_loss, x, learned, epochs=3, bs=20, lr=0.1)


@pytest.mark.points(3)
def test_fit_any_model(student, reference):
    """Every parameter is trained in place: weights and biases, of deep and shared layers too."""
    for model in (classifier, without_bias, Deep):
        pair, given = twins(model), (F.cross_entropy, *classification(60))
        train(student, reference, pair, *given, epochs=2, bs=25, lr=0.3, in_place=True)
        judged(pair.theirs, "it can be trained further", pair.theirs(given[1]).requires_grad)


def test_fit_in_training_mode(student, reference):
    """A model that behaves differently while it trains is in training mode at each batch."""
    train(student, reference, twins(Moody), F.mse_loss, *regression(60), 2, 25, 0.01)


def test_fit_float64(student, reference):
    """In float64 the training runs in float64, as exact as that is."""
    given = F.cross_entropy, *classification(50, dtype=torch.float64)
    pair = twins(classifier, dtype=torch.float64)
    train(student, reference, pair, *given, 2, 16, 0.2, atol=1e-12)


def test_fit_leaves_the_data_alone(student, reference):
    """x_train and y_train aren't changed. It doesn't matter how they lie in memory."""
    x, y = classification(70)
    for given in zip(layouts(x), layouts(y), strict=True):
        train(student, reference, twins(classifier), F.cross_entropy, *given, 2, 16, 0.1)
    for given in zip(*map(layouts, regression(40)), strict=True):
        train(student, reference, twins(regressor), F.mse_loss, *given, 2, 16, 0.01)


def test_fit_returns_one_float_an_epoch(student):
    """fit returns a list of Python floats, one for each epoch."""
    for epochs in (1, 4):
        pair, given = twins(regressor), (F.mse_loss, *regression(20))
        losses = student.fit(pair.theirs, *given, epochs=epochs, bs=8, lr=0.01)
        found = [type(loss) for loss in losses] if isinstance(losses, (list, tuple)) else []
        right = len(found) == epochs and all(issubclass(t, (float, np.floating)) for t in found)
        judged(losses, f"a list of {epochs} Python floats", right)


@pytest.mark.points(2)
def test_fit_mean_losses(student, reference):
    """Each number returned is the mean of the losses met in that epoch, each before its step."""
    for n, epochs in ((45, 3), (40, 3), (41, 1)):
        given = twins(regressor), F.mse_loss, *regression(n), epochs, 20, 0.05
        trained_alike(student.fit, reference.fit, *given)
    given = twins(classifier), F.cross_entropy, *classification(45), 3, 20, 0.05
    trained_alike(student.fit, reference.fit, *given)


@pytest.mark.points(8)
def test_fit_by_hand(student, reference):
    """The update is your own here, and right: torch.optim comes in exercise 05."""
    pair, given = twins(classifier), (F.cross_entropy, *classification(12), 2, 8, 0.2)
    by_hand(student.fit, reference.fit, pair, *given, read=anything, forbids=OPTIMIZERS)


@pytest.mark.bonus
def test_fit_on_another_device(student, reference, accelerator):
    """Bonus: with the model and the data on a GPU, the training runs there."""
    pair = twins(classifier, device=accelerator)
    train(student, reference, pair, F.cross_entropy, *classification(50), 2, 16, 0.2)
