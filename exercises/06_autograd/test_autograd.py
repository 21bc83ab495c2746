"""Public suite of 06_autograd: small examples, worked out by hand. Run it with pytest."""
# ruff: noqa: N802, F405 - tests are named for their targets, and checks are words

import numpy as np
import torch
from torch import nn

from grader.assignment.data import load_line
from grader.suite.checks import *  # noqa: F403

# The line y = 2x + 1 through three points. A model starts from y = 0x + 0.
X = torch.tensor([[0.0], [1.0], [2.0]])
Y = torch.tensor([[1.0], [3.0], [5.0]])
FIRST_LOSSES = [35 / 3, 3.2074074, 0.89544033]  # of the lesson, with lr=0.1


def line(lab, weight, bias):
    """A model that predicts weight · x + bias."""
    model = lab.nn.Linear(1, 1)
    model.load_state_dict({"weight": torch.tensor([[weight]]), "bias": torch.tensor([bias])})
    return model


def places(model):
    """The kinds of devices that a model's parameters are on."""
    return {p.device.type for p in model.parameters()}


def test_dz_dw_of_the_example(student):
    """At w = 5: y = 25 and z = 275, and z grows 100 times as fast as w."""
    same(student.dz_dw, 100.0, 5.0, read=scalar)


def test_dz_dw_elsewhere(student):
    """At other points too; and once more at the first of them: each call starts anew."""
    for w, slope in [(-1.5, -30.0), (0.25, 5.0), (0.0, 0.0), (-1.5, -30.0)]:
        same(student.dz_dw, slope, w, read=scalar)


def test_dz_dw_of_a_tensor(student):
    """w may be a tensor without dimensions, which keeps its value."""
    w = torch.tensor(0.25, requires_grad=True)
    same(student.dz_dw(w), 5.0, read=scalar)
    same(w.detach(), torch.tensor(0.25))


def test_dz_dw_comes_from_autograd(student):
    """PyTorch finds the derivative: a formula of your own, 20 · w, doesn't count."""
    by_autograd(student.dz_dw, lambda w: 20 * w, each=[5.0, -1.5], read=scalar)


def test_LinearRegression_parameters(student):
    """Three inputs, two outputs: 3 · 2 weights and 2 biases, all of them to be learned."""
    model = student.LinearRegression(3, 2)
    judged(model, "the model is an nn.Module", isinstance(model, nn.Module))
    count = sum(p.numel() for p in model.parameters() if p.requires_grad)
    judged(count, "there are 8 numbers to learn", count == 8)


def test_LinearRegression_shape(student):
    """Each of five samples gets its two predictions; one sample its only one."""
    judged(student.LinearRegression(3, 2)(torch.ones(5, 3)).shape, "(5, 2)", lambda s: s == (5, 2))
    judged(student.LinearRegression(1, 1)(torch.ones(1, 1)).shape, "(1, 1)", lambda s: s == (1, 1))


def test_LinearRegression_values_and_gradients(student):
    """It predicts what nn.Linear predicts with the same weights and biases, and so it learns."""
    pair = twins(lambda: student.LinearRegression(3, 2), ours=lambda: nn.Linear(3, 2))
    gradients(pair.theirs, pair.ours, torch.randn(4, 3))


def test_LinearRegression_models_of_their_own(student):
    """Two models share nothing: to change one leaves the other as it was."""
    independent(lambda: student.LinearRegression(3, 2), torch.ones(1, 3))


def test_train_regression_first_step(student, lab):
    """The step worked out in the lesson: the loss is 35/3, then the weight 0.8667, the bias 0.6."""
    model = line(lab, weight=0.0, bias=0.0)
    same(student.train_regression, [35 / 3], model, X, Y, epochs=1, lr=0.1, read=floats)
    learned = model.state_dict()
    same(learned["weight"].cpu(), torch.tensor([[0.1 * 2 * (0 * 1 + 1 * 3 + 2 * 5) / 3]]))
    same(learned["bias"].cpu(), torch.tensor([0.1 * 2 * (1 + 3 + 5) / 3]))


def test_train_regression_three_epochs(student, lab):
    """The losses of the lesson, one plain Python float an epoch."""
    model = line(lab, weight=0.0, bias=0.0)
    same(student.train_regression, FIRST_LOSSES, model, X, Y, epochs=3, lr=0.1, read=floats)


def test_train_regression_grows(student, lab):
    """With lr=1 the steps are too large, and the losses say so: they grow."""
    losses = [35 / 3, 165.74074, 2361.6255]
    same(student.train_regression, losses, line(lab, 0.0, 0.0), X, Y, epochs=3, lr=1.0, read=floats)


def test_train_regression_nothing_to_learn(student, lab):
    """An epoch is an epoch, even where the model is right from the start: four losses of 0."""
    model = line(lab, weight=2.0, bias=1.0)
    same(student.train_regression, [0.0] * 4, model, X, Y, epochs=4, read=floats)
    frozen = [p for p in model.parameters() if not p.requires_grad]
    judged(len(frozen), "after training, every parameter still requires grad", not frozen)


def test_train_regression_in_training_mode(student, lab):
    """nn.Dropout(1.0) drops everything while a model is trained: it predicts 0, and 0 again."""
    model = lab.nn.Sequential(line(lab, 0.0, 0.0), lab.nn.Dropout(1.0))
    same(student.train_regression, [35 / 3] * 3, model, X, Y, epochs=3, lr=0.1, read=floats)


def test_train_regression_finds_the_line(student, lab):
    """A hundred epochs on the points of y = 2x + 1, with its default settings."""
    x, y = load_line()
    with pretending("cpu"):
        losses = student.train_regression(line(lab, 0.0, 0.0), x, y)
    judged(len(losses), "there are 100 losses", len(losses) == 100)
    same(float(losses[0]), 161.0)
    judged(float(losses[-1]), "the last loss is below 2", lambda loss: loss < 2)


def test_train_regression_on_a_device(student, lab, accelerator):
    """The model ends on the device that is asked for, and learns there as it does here."""
    model = line(lab, 0.0, 0.0)
    same(student.train_regression, FIRST_LOSSES, model, X, Y, 3, 0.1, accelerator, read=floats)
    judged(places(model), "the model ends there", lambda on: on == {accelerator.type})


def test_train_regression_on_the_cpu(student, lab):
    """Where the CPU is asked for, the CPU is taken, even if there is a GPU."""
    model = line(lab, 0.0, 0.0)
    with pretending("cuda"):
        same(student.train_regression, FIRST_LOSSES, model, X, Y, 3, 0.1, "cpu", read=floats)
    judged(places(model), "the model ends on the CPU", lambda on: on == {"cpu"})


def test_train_regression_takes_the_best_device(student, lab):
    """Without a device, a GPU is looked for and taken. This test pretends that there is one."""
    for kind, place in [("cuda", "simulated"), ("cpu", "cpu")]:
        model = line(lab, 0.0, 0.0)
        with pretending(kind):
            same(student.train_regression, FIRST_LOSSES, model, X, Y, 3, 0.1, read=floats)
        on = places(model)
        judged(on, f"where there is a {kind}, it is taken", on == {place})


def test_predict_array(student, lab):
    """The line 3x − 1 at 0, 1 and 2, as a NumPy array with a row for each sample."""
    right = np.array([[-1.0], [2.0], [5.0]])
    same(student.predict, right, line(lab, 3.0, -1.0), X, read=array, atol=1e-5)


def test_predict_with_any_model(student, lab):
    """The model is asked as a whole: here a second line, −2x + 0.5, takes what the first gives."""
    model = lab.nn.Sequential(line(lab, 3.0, -1.0), line(lab, -2.0, 0.5))
    right = np.array([[2.5], [-3.5], [-9.5]])
    same(student.predict, right, model, X, read=array, atol=1e-5)


def test_predict_leaves_the_model_as_it_was(student, lab):
    """Between backward() and the step: after a prediction the model can still be trained."""
    model = line(lab, 0.3, -0.1)
    model(X).sum().backward()
    same(student.predict, np.array([[-0.1], [0.2], [0.5]]), model, X, read=array, atol=1e-5)
    weight, bias = model.parameters()
    same([weight.item(), bias.item()], [0.3, -0.1])
    judged(weight.requires_grad, "the weight still requires grad", lambda yes: yes)
    judged(model(X).requires_grad, "the model still records a graph", lambda yes: yes)
    grads = [None if p.grad is None else p.grad.item() for p in (weight, bias)]
    judged(grads, "the gradients are still there: 3 and 3", lambda g: g == [3.0, 3.0])
