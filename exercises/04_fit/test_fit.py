"""Public suite of 04_fit: run it with `pytest exercises/04_fit`.

`lab` is torch. The lesson's README.md works the first example out by hand.
"""

import pytest
import torch
import torch.nn.functional as F

from grader.assignment.data import load_mnist
from grader.suite.checks import (
    OPTIMIZERS,
    by_hand,
    floats,
    judged,
    leaves_alone,
    refusing_empty,
    same,
    twins,
    updates,
)

X = torch.tensor([[1.0], [2.0], [3.0]])
Y = torch.tensor([[2.0], [4.0], [6.0]])


def line(lab):
    """The model weight · x + bias, with both at 0."""
    model = lab.nn.Linear(1, 1)
    model.load_state_dict({"weight": torch.zeros(1, 1), "bias": torch.zeros(1)})
    return refusing_empty(model)


def numbers(model):
    """All the numbers of a model, as floats."""
    return [number for p in model.parameters() for number in p.flatten().tolist()]


def trained(student, model, *args, **kwargs):
    """What fit returns: it has to change the model."""
    return updates(lambda: student.fit(model, *args, **kwargs), model)


def output(out, yb):
    """A loss that falls by the same amount at each step: the mean output, whatever is right."""
    return out.mean()


def test_fit_one_batch(student, lab):
    """One batch of two samples moves the weight from 0 to 1 and the bias from 0 to 0.6."""
    model = line(lab)
    trained(student, model, F.mse_loss, X[:2], Y[:2], epochs=1, bs=2, lr=0.1)
    same(numbers(model), [1.0, 0.6])


def test_fit_short_last_batch(student, lab):
    """Three samples in batches of two: the third is a batch of its own, and is used too."""
    model = line(lab)
    given = model, F.mse_loss, X, Y
    updates(lambda: leaves_alone(student.fit, *given, epochs=1, bs=2, lr=0.1), model)
    same(numbers(model), [2.44, 1.08])


@pytest.mark.parametrize(("n", "bs", "epochs", "steps"), [(3, 2, 2, 4), (6, 3, 1, 2), (6, 2, 3, 9)])
def test_fit_steps(student, lab, n, bs, epochs, steps):
    """A step for each batch: 2 for three samples in batches of two. Each moves the bias by 0.1."""
    model = line(lab)
    trained(
        student, model, lab.define(output), torch.zeros(n, 1), torch.zeros(n, 1), epochs, bs, 0.1
    )
    same(numbers(model), [0.0, -0.1 * steps])


def test_fit_defaults(student, lab):
    """130 samples are two batches of 64 and a short one: in two epochs that is six steps of 0.5."""
    model = line(lab)
    trained(student, model, lab.define(output), torch.zeros(130, 1), torch.zeros(130, 1))
    same(numbers(model), [0.0, -3.0])


def test_fit_every_parameter(student, lab):
    """Two layers, 1 · x and then 2 · h, give 2 where 0 is right: all four numbers move."""
    model = refusing_empty(lab.nn.Sequential(lab.nn.Linear(1, 1), lab.nn.Linear(1, 1)))
    state = {"0.weight": [[1.0]], "0.bias": [0.0], "1.weight": [[2.0]], "1.bias": [0.0]}
    model.load_state_dict({name: torch.tensor(value) for name, value in state.items()})
    before = list(model.parameters())
    trained(student, model, F.mse_loss, torch.ones(1, 1), torch.zeros(1, 1), epochs=1, bs=1, lr=0.1)
    same(numbers(model), [0.2, -0.8, 1.6, -0.4])
    same([p.item() for p in before], [0.2, -0.8, 1.6, -0.4])


def test_fit_any_loss(student, lab):
    """The loss is the one given, of predictions and targets: here only what is too little costs."""

    def too_little(prediction, target):
        return (target - prediction).relu().sum()

    model = line(lab)
    trained(student, model, lab.define(too_little), X, Y, epochs=1, bs=3, lr=0.1)
    same(numbers(model), [0.6, 0.3])


def test_fit_in_training_mode(student, lab):
    """This Dropout drops everything while a model trains: then there is nothing to learn."""
    layer = line(lab)
    model = lab.nn.Sequential(layer, lab.nn.Dropout(1.0))
    student.fit(model, F.mse_loss, X, Y, epochs=2, bs=3, lr=0.1)
    same(numbers(layer), [0.0, 0.0])


def test_fit_float64(student, lab):
    """The model and the data may be float64."""
    model = line(lab).double()
    trained(student, model, F.mse_loss, X.double(), Y.double(), epochs=1, bs=2, lr=0.1)
    same(numbers(model), [2.44, 1.08])


def test_fit_returns_the_mean_losses(student, lab):
    """The losses 10 and 5.76 of the two batches make one number for the epoch: their mean."""
    losses = trained(student, line(lab), F.mse_loss, X, Y, epochs=1, bs=2, lr=0.1)
    over_batches, over_samples = (10 + 5.76) / 2, (2 * 10 + 5.76) / 3
    near = [pytest.approx(over_batches), pytest.approx(over_samples)]
    judged(losses, "one float: the mean, 7.88 or 8.5867", lambda found: floats(found)[0] in near)


def test_fit_returns_a_loss_for_each_epoch(student, lab):
    """Three epochs of one batch: the loss before each of the three steps, on its own."""
    losses = trained(student, line(lab), F.mse_loss, X, Y, epochs=3, bs=3, lr=0.05)
    same(losses, [18.666667, 3.762963, 0.805519], read=floats)


def test_fit_goes_on_when_the_loss_rises(student, lab):
    """With steps that are too long the loss grows. fit runs all epochs nevertheless."""
    losses = trained(student, line(lab), F.mse_loss, X, Y, epochs=3, bs=3, lr=0.2)
    judged(losses, "three losses, each higher", losses[0] < losses[1] < losses[2])


def test_fit_by_hand(student, lab):
    """The update is your own: torch.optim isn't used."""

    def fit(x, y):
        model = line(lab)
        trained(student, model, F.mse_loss, x, y, epochs=1, bs=2, lr=0.1)
        return numbers(model)

    by_hand(fit, [2.44, 1.08], X, Y, forbids=OPTIMIZERS)


def test_fit_reads_digits(student):
    """Two epochs on real digits: at least 85 of 100 digits that it never saw are read right."""
    digits, pair = load_mnist(), twins(lambda nn: nn.Linear(784, 10))
    losses = trained(student, pair.theirs, F.cross_entropy, digits.x_train, digits.y_train)
    judged(losses, "the second epoch's loss is below the first's", losses[1] < losses[0])
    right = pair.accuracy(digits.x_valid, digits.y_valid)
    judged(right, "more than 0.85 are right", right > 0.85)
