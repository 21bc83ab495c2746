"""Public suite of 02_scratch: small examples, worked by hand.

Run it with `pytest exercises/02_scratch`, or a part of it with `-k sgd_step`.
"""

import math

import pytest
import torch

from grader.assignment.data import load_mnist
from grader.suite.checks import (
    LAYERS,
    OPTIMIZERS,
    by_hand,
    gradients,
    judged,
    leaves_alone,
    random_batches,
    row_uses,
    same,
    updates,
)


def test_init_params_shapes(student):
    """Weights: a row for each input, a column for each class. Bias: one number for each class."""
    weights, bias = student.init_params()
    same([weights.shape, bias.shape], [(784, 10), (10,)])
    weights, bias = student.init_params(6, 3)
    same([weights.shape, bias.shape], [(6, 3), (3,)])


@pytest.mark.parametrize("n_in", [784, 100])
def test_init_params_values(student, n_in):
    """784 inputs: the weights are spread by 1/28 around 0. 100 inputs: by 1/10. The bias is 0."""
    spread = 1 / math.sqrt(n_in)
    weights, bias = student.init_params(n_in, 80)
    given = weights.detach().double()
    judged(given.std(), f"the standard deviation is {spread:.3f}", 0.9 < given.std() / spread < 1.1)
    judged(given.mean(), "the mean is near 0", abs(given.mean()) < spread / 10)
    judged(given, "no two classes are alike", len(given.T.unique(dim=0)) == 80)
    same(bias.detach(), torch.zeros(80))


def test_init_params_leaves(student):
    """Weights and bias are float32 leaves that require grad, so that backward() fills .grad."""
    for p in student.init_params():
        judged(p.requires_grad, "it requires grad", p.requires_grad)
        judged(p.is_leaf, "it is a leaf", p.is_leaf)
        same(p.dtype, torch.float32)


def test_model_worked_example(student):
    """Scores are xb @ weights + bias, here 0 and log 3: probabilities 1/4 and 3/4."""
    xb = torch.tensor([[1.0, 2.0]])
    weights = torch.tensor([[1.0, 0.0], [0.0, math.log(3) / 2]])
    bias = torch.tensor([-1.0, 0.0])
    same(student.model, torch.tensor([[0.25, 0.75]]).log(), xb, weights, bias)


def test_model_rows(student):
    """Each row by itself: scores -1, -1 mean 1/2 and 1/2, scores log 3 - 1, -1: 3/4 and 1/4."""
    for dtype in (torch.float32, torch.float64):
        xb = torch.tensor([[0, 0], [1, 5], [0, 0]], dtype=dtype)
        weights = torch.tensor([[math.log(3), 0], [0, 0]], dtype=dtype)
        bias = torch.tensor([-1, -1], dtype=dtype)
        right = torch.tensor([[0.5, 0.5], [0.75, 0.25], [0.5, 0.5]], dtype=dtype).log()
        same(student.model, right, xb, weights, bias)


def test_model_gradient(student):
    """Gradients reach the batch, the weights and the bias."""
    xb, weights, bias = torch.ones(1, 3), torch.zeros(3, 2), torch.zeros(2)
    right = torch.zeros(1, 3), torch.tensor([[0.5, -0.5]] * 3), torch.tensor([0.5, -0.5])
    first_class = torch.tensor([[1.0, 0.0]])
    gradients(student.model, right, xb, weights, bias, incoming=first_class)


def test_model_by_hand(student):
    """The scores are computed by @ and +, or by F.linear: no nn.Linear does it."""
    given = torch.ones(1, 1), torch.tensor([[math.log(3), 0.0]]), torch.zeros(2)
    by_hand(student.model, torch.tensor([[0.75, 0.25]]).log(), *given, forbids=LAYERS)


def parameter(value, gradient):
    """A parameter after backward()."""
    p = torch.tensor(value, requires_grad=True)
    p.grad = torch.tensor(gradient)
    return p


def step(student, params, lr):
    """One step, which has to change the parameters."""
    updates(lambda: student.sgd_step([*params], lr), params)


def test_sgd_step_worked_example(student):
    """From 3.0, with gradients 4.0 and then 3.2, learning rate 0.1 leads to 2.6, then to 2.28."""
    p = parameter([3.0], [4.0])
    step(student, [p], 0.1)
    same(p.detach(), torch.tensor([2.6]))
    p.grad = torch.tensor([3.2])
    step(student, [p], 0.1)
    same(p.detach(), torch.tensor([2.28]))


def test_sgd_step_every_parameter(student):
    """Each tensor of the list moves, by its own gradient, however many and however large."""
    a, b, c = (
        parameter([[1.0]], [[2.0]]),
        parameter([0.0, 1.0], [1.0, 0.0]),
        parameter([0.0], [60.0]),
    )
    params = [a, b, c]
    step(student, params, 0.5)
    same([p.detach() for p in params], [torch.tensor(v) for v in ([[0.0]], [-0.5, 1.0], [-30.0])])


def test_sgd_step_clears_gradients(student):
    """After the step each gradient is zero or None; otherwise the next backward() adds to it."""
    params = [parameter([3.0], [4.0]), parameter([1.0], [2.0]), parameter([0.0], [60.0])]
    student.sgd_step([*params], 0.1)
    for p in params:
        judged(p.grad, "no gradient is left over", p.grad is None or not p.grad.any())


def test_sgd_step_stays_outside_the_graph(student, lab):
    """After the step parameters are leaves that require grad, as before: the next may follow."""
    layer = lab.nn.Linear(2, 1)
    layer(torch.ones(1, 2)).sum().backward()
    student.sgd_step([*layer.parameters()], 0.1)
    for p in layer.parameters():
        judged(p.requires_grad, "it still requires grad", p.requires_grad)
        judged(p.is_leaf, "it is still a leaf", p.is_leaf)


def test_sgd_step_by_hand(student):
    """The step is your own: torch.optim isn't used."""

    def sgd_step(start):
        p = parameter(start, [4.0])
        step(student, [p], 0.1)
        return p.detach()

    by_hand(sgd_step, torch.tensor([2.6]), [3.0], forbids=OPTIMIZERS)


def training(student):
    """Training from zero on six samples, all [1, 1, 1] and of class 0 of two, in batches of 4."""

    def train(steps, lr):
        weights, bias = torch.zeros(3, 2, requires_grad=True), torch.zeros(2, requires_grad=True)
        x, y = torch.ones(6, 3), torch.zeros(6, dtype=torch.int64)
        given = {"steps": steps, "batch_size": 4, "lr": lr}
        updates(lambda: student.train(x, y, weights, bias, **given), [weights, bias])
        return [*weights.detach(), bias.detach()]

    return train


def test_train_one_step(student):
    """At zero both classes have probability 1/2, so a step moves each parameter by lr / 2."""
    for lr in (0.2, 0.1):
        same(training(student), [torch.tensor([lr / 2, -lr / 2])] * 4, 1, lr)


def test_train_two_steps(student):
    """Where the first step leads to probability 3/4, the second is half as long: 1/4 is missing."""
    lr = math.log(3) / 4
    change = (1 / 2 + 1 / 4) * lr
    same(training(student), [torch.tensor([change, -change])] * 4, 2, lr)


def test_train_draws(student):
    """Each step draws its own batch_size samples at random, from all that there are."""
    random_batches(row_uses(student.train))


def test_train_by_hand(student):
    """The steps are your own, or those of your sgd_step: torch.optim isn't used."""
    right = [torch.tensor([0.1, -0.1])] * 4
    by_hand(training(student), right, 1, 0.2, forbids=[*OPTIMIZERS, *LAYERS])


def test_train_reads_digits(student):
    """After 200 steps on 2,000 digits, more than 80 of 100 are read right that it never saw."""
    x, y, x_valid, y_valid = load_mnist()
    x, y = x[:2000], y[:2000]
    weights, bias = torch.zeros(784, 10, requires_grad=True), torch.zeros(10, requires_grad=True)
    params = weights, bias
    leaves_alone(
        lambda x, y: updates(lambda: student.train(x, y, *params, 200, 64, 0.2), params), x, y
    )
    right = ((x_valid @ weights + bias).argmax(-1) == y_valid).float().mean().item()
    judged(right, "more than 0.8 are right", right > 0.8)
