"""Public suite of 05_refactor: run it with `pytest exercises/05_refactor`. `lab` is torch."""
# ruff: noqa: N802, F405 - tests are named for their targets, and checks are words

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from grader.assignment.data import load_mnist
from grader.suite.checks import *  # noqa: F403

# The example of exercise 04: three samples of y = 2 · x.
X = torch.tensor([[1.0], [2.0], [3.0]])
Y = torch.tensor([[2.0], [4.0], [6.0]])


class Line(nn.Module):
    """weight · x + bias, with both at 0; `training_only` times as much while it trains."""

    def __init__(self, training_only=1):
        super().__init__()
        self.training_only = training_only
        self.weight = nn.Parameter(torch.zeros(1, 1))
        self.bias = nn.Parameter(torch.zeros(1))

    def forward(self, x):
        out = x @ self.weight + self.bias
        return out * self.training_only if self.training else out


def line(lab, optimizer="SGD", training_only=1, **settings):
    """A `Line` and its optimizer, with lr=0.1 unless told."""
    model = refusing_empty(lab.define(Line)(training_only))
    return model, getattr(lab.optim, optimizer)(model.parameters(), **{"lr": 0.1, **settings})


def numbers(model):
    """The line's weight and bias, as floats."""
    return [parameter.item() for parameter in model.parameters()]


def trained(train, model, *args, **kwargs):
    """What `train(model, …)` returns: it has to change the model."""
    return updates(lambda: train(model, *args, **kwargs), model)


def output(out, yb):
    """A loss that falls by the same amount at each step: the mean output, whatever is right."""
    return out.mean()


# Mnist_Logistic


def test_Mnist_Logistic_on_nn_linear(student):
    """The work is done by an nn.Linear, of 784 inputs and 10 outputs."""

    def Mnist_Logistic(x):
        return tuple(student.Mnist_Logistic()(x).shape)

    x = torch.rand(3, 784)
    by_hand(Mnist_Logistic, (3, 10), x, forbids=(), requires="torch.nn.Linear")


def test_Mnist_Logistic_logits(student):
    """With weight 1 from pixel i to digit i alone, and biases 0, -1, … -9: scores by hand."""
    model = student.Mnist_Logistic()
    sizes = sorted(parameter.numel() for parameter in model.parameters() if parameter.requires_grad)
    judged(sizes, "784 · 10 weights and 10 biases are there to be trained", sizes == [10, 7840])
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.copy_(-torch.arange(10.0) if parameter.numel() == 10 else torch.eye(10, 784))
    x = torch.rand(3, 784)
    same(model, x[:, :10] - torch.arange(10.0), x)
    same(model, x[:1, :10] - torch.arange(10.0), x[:1])


def test_Mnist_Logistic_gradient(student):
    """The weights' gradient is the pixels, for each digit; the biases' is 1 for each sample."""
    model, x = student.Mnist_Logistic(), torch.rand(1, 784)
    model(x).sum().backward()
    for parameter in model.parameters():
        right = torch.ones(10) if parameter.numel() == 10 else x.expand(10, 784)
        same(parameter.grad, right)


def test_Mnist_Logistic_new_models(student):
    """A new model knows nothing: its loss is near log(10), 2.3. Two models share nothing."""
    digits = load_mnist()
    x, y = digits.x_valid, digits.y_valid
    untrained_loss(student.Mnist_Logistic, F.cross_entropy, x, y, low=2.1, high=2.7)
    independent(student.Mnist_Logistic, x[:5])


# get_model


def test_get_model_pair(student):
    """The model comes first, then its optimizer, with the learning rate asked for."""
    made = student.get_model(lr=0.25)
    judged(made, "a pair: model, opt = get_model()", isinstance(made, (tuple, list)))
    model, opt = made
    judged(model, "the model comes first", isinstance(model, nn.Module))
    same(opt.param_groups[0]["lr"], 0.25)
    _, opt = student.get_model()
    same(opt.param_groups[0]["lr"], 0.5)


@pytest.mark.parametrize("lr", [0.5, 0.25])
def test_get_model_steps_are_plain(student, lr):
    """From 100, with gradients of 1 and then 2, plain SGD goes to 100 - 1 · lr - 2 · lr."""
    model, opt = student.get_model(lr)
    with torch.no_grad():
        for parameter in model.parameters():
            judged(parameter, "a parameter is there to be trained", parameter.requires_grad)
            parameter.fill_(100)
    for gradient in (1.0, 2.0):
        for parameter in model.parameters():
            parameter.grad = torch.full(parameter.shape, gradient)
        opt.step()
    ends = [parameter.detach().clone() for parameter in model.parameters()]
    same(ends, [torch.full(end.shape, 100 - 3 * lr) for end in ends], rtol=1e-6)


def test_get_model_is_new_each_time(student):
    """Every call makes a new model."""
    (first, _), (second, _) = student.get_model(), student.get_model()
    with torch.no_grad():
        for parameter in first.parameters():
            parameter.fill_(7)
    for parameter in second.parameters():
        judged(parameter, "the second model isn't the first", not bool((parameter == 7).all()))


# fit


def test_fit_steps(student, lab):
    """The example of exercise 04: two batches of it take the line to 2.44 · x + 1.08."""
    model, opt = line(lab)
    losses = trained(student.fit, model, opt, F.mse_loss, X, Y, epochs=1, bs=2)
    same(numbers(model), [2.44, 1.08])
    # Before their steps the batches had the losses 10 and 5.76: the mean over the two batches, or
    # over the three samples, the first two of which had 10.
    near = [pytest.approx(7.88), pytest.approx(8.586667)]
    judged(losses, "one float: the mean, 7.88 or 8.5867", floats(losses)[0] in near)
    leaves_alone(student.fit, *line(lab), F.mse_loss, X, Y)


def test_fit_epochs(student, lab):
    """Three epochs of one batch: three steps, and the loss before each of them."""
    model, opt = line(lab, lr=0.05)
    losses = trained(student.fit, model, opt, F.mse_loss, X, Y, epochs=3, bs=3)
    same(losses, [18.666667, 3.762963, 0.805519], read=floats)
    same(numbers(model), [1.539259, 0.645778])


def test_fit_defaults(student, lab):
    """In two epochs, 128 samples are four batches of 64; with one more there are two short ones."""
    for n, steps in [(128, 4), (129, 6)]:
        model, opt = line(lab)
        trained(student.fit, model, opt, lab.define(output), torch.zeros(n, 1), torch.zeros(n, 1))
        same(numbers(model), [0.0, -0.1 * steps])


def test_fit_one_sample_left_over(student, lab):
    """Batches of 2 and 1, as batches of bs samples are; a whole number of them has no empty one."""
    for n, bs, steps in [(3, 2, 2), (5, 2, 3), (6, 3, 2), (6, 2, 3)]:
        model, opt = line(lab)
        trained(
            student.fit, model, opt, lab.define(output), torch.zeros(n, 1), torch.zeros(n, 1), 1, bs
        )
        same(numbers(model), [0.0, -0.1 * steps])


def test_fit_uses_the_given_optimizer(student, lab):
    """Momentum 1 repeats all steps before: -0.1, then -0.2, then -0.3, in whatever epoch."""
    model, opt = line(lab, momentum=1.0)
    trained(student.fit, model, opt, lab.define(output), torch.zeros(4, 1), torch.zeros(4, 1), 3, 4)
    same(numbers(model), [0.0, -0.6])


def test_fit_any_loss(student, lab):
    """The loss is the one given, of predictions and targets: here only what is too little costs."""

    def too_little(prediction, target):
        return (target - prediction).relu().sum()

    model, opt = line(lab)
    trained(student.fit, model, opt, lab.define(too_little), X, Y, epochs=1, bs=3)
    same(numbers(model), [0.6, 0.3])


def test_fit_in_training_mode(student, lab):
    """A model that gives twice as much while it trains learns twice as fast."""
    model, opt = line(lab, training_only=2)
    trained(student.fit, model, opt, lab.define(output), X, Y, epochs=2, bs=3)
    same(numbers(model), [-0.8, -0.4])


def test_fit_reads_digits(student, lab):
    """Two epochs on real digits: at least 85 of 100 digits that it never saw are read right."""
    digits = load_mnist()
    pair = twins(lambda nn: nn.Linear(784, 10), lambda optim, m: optim.SGD(m.parameters(), lr=0.5))
    losses = trained(
        student.fit, *pair.theirs_first, F.cross_entropy, digits.x_train, digits.y_train
    )
    judged(losses, "the second epoch's loss is below the first's", losses[1] < losses[0])
    right = pair.accuracy(digits.x_valid, digits.y_valid)
    judged(right, "more than 0.85 are right", right > 0.85)


# train_random


def test_train_random_takes_the_steps(student, lab):
    """Momentum 1 repeats all steps before: -0.1, then -0.2, then -0.3, whatever is drawn."""
    model, opt = line(lab, momentum=1.0)
    data = torch.zeros(8, 1), torch.zeros(8, 1)
    trained(student.train_random, model, opt, lab.define(output), *data, steps=3, batch_size=4)
    same(numbers(model), [0.0, -0.6])


def test_train_random_draws(student):
    """Each step draws batch_size samples at random, from all that there are."""
    random_batches(uses(student.train_random))


def test_train_random_keeps_pairs(student, lab):
    """y = 2 · x holds for every sample: so 2 is learned exactly, if each keeps its own target."""
    x = torch.randn(50, 1)
    model, opt = line(lab)
    trained(student.train_random, model, opt, F.mse_loss, x, 2 * x, steps=300, batch_size=5)
    same(numbers(model), [2.0, 0.0], atol=1e-3)
    leaves_alone(student.train_random, *line(lab), F.mse_loss, x, 2 * x, 2, 5)


def test_train_random_in_training_mode(student, lab):
    """A model that gives twice as much while it trains learns twice as fast."""
    model, opt = line(lab, training_only=2)
    data = torch.ones(8, 1), torch.ones(8, 1)
    trained(student.train_random, model, opt, lab.define(output), *data, steps=2, batch_size=3)
    same(numbers(model), [-0.4, -0.4])


def test_train_random_reads_digits(student, lab):
    """With Adam, 100 random batches of 2,000 digits suffice: 80 of 100 unseen ones are right."""
    digits = load_mnist()
    pair = twins(lambda nn: nn.Linear(784, 10), lambda optim, m: optim.Adam(m.parameters(), 0.01))
    data = digits.x_train[:2000], digits.y_train[:2000]
    trained(student.train_random, *pair.theirs_first, F.cross_entropy, *data, 100, 64)
    right = pair.accuracy(digits.x_valid, digits.y_valid)
    judged(right, "more than 0.8 are right", right > 0.8)
