"""Hidden suite of 07_temperature. Splits are random: what holds for all of them is checked."""
# ruff: noqa: F405 - checks are words

from functools import partial

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from grader.assignment.data import load_thermometer
from grader.suite.checks import *  # noqa: F403

LAYERS = ["hidden_linear", "hidden_activ", "output_linear"]
SGD = optimizer("SGD", 1e-2)
line = lambda nn: nn.Linear(1, 1)  # noqa: E731


def readings(*shape, dtype=torch.float32):
    """Inputs that all differ, and what belongs to each: its value tells which it is."""
    t_u = torch.randperm(shape[0]).to(dtype) + 0.5 * torch.rand(shape[0], dtype=dtype)
    return t_u.reshape(shape), (100 + torch.randperm(shape[0]).to(dtype)).reshape(shape)


def halves(student, t_u, t_c, *fraction):
    """The four tensors of a split. It changes neither t_u nor t_c."""
    parts = leaves_alone(student.split, t_u, t_c, *fraction)
    kinds = [(p.dtype, p.shape[1:]) for p in parts if isinstance(p, torch.Tensor) and p.dim()]
    text = "split gives four tensors, of the dtype and number of dimensions of what it was given"
    return judged(parts, text, kinds == [(t_u.dtype, t_u.shape[1:])] * 4)


def places(part, whole):
    """Where each element of `part` stands in `whole`; -1 for values that were not given."""
    found = part.reshape(-1, 1) == whole.reshape(1, -1)
    return torch.where(found.any(1), found.int().argmax(1), -1).tolist()


def paired(student, t_u, t_c, fraction):
    """A split in which every sample is in one half, once, and with its own partner."""
    t_u_train, t_c_train, t_u_val, t_c_val = parts = halves(student, t_u, t_c, fraction)
    train, val = places(t_u_train, t_u), places(t_u_val, t_u)
    judged(t_u_train, "what is to train on was given as t_u", -1 not in train)
    judged(train + val, "each t_u is there once", sorted(train + val) == list(range(len(t_u))))
    partners = places(t_c_train, t_c), places(t_c_val, t_c)
    judged(partners, "every t_c stands where its own t_u stands", partners == (train, val))
    return parts


@pytest.mark.points(3)
def test_split_sizes(student):
    """int(val_fraction · n) samples to validate on, a fifth if it isn't said; the others train."""
    cases = [(10, (0.25,), 2), (9, (0.3,), 2), (8, (0.5,), 4), (1000, (0.1,), 100)]
    for n, fraction, n_val in [*cases, (11, (), 2), (14, (), 2), (25, (), 5)]:
        sizes = [len(part) for part in halves(student, *readings(n), *fraction)]
        told = f" where val_fraction is {fraction[0]}" if fraction else ", without val_fraction"
        text = f"of {n} samples {n_val} are to validate on{told}"
        judged(sizes, text, sizes == [n - n_val, n - n_val, n_val, n_val])


@pytest.mark.points(2)
@pytest.mark.parametrize("columns", [(), (1,)], ids=["flat", "column"])
def test_split_keeps_pairs_together(student, columns):
    """Every sample is in one half and only there, with its own partner; shapes and dtypes stay."""
    for n, dtype in ((11, torch.float32), (7, torch.float64), (300, torch.float32)):
        paired(student, *readings(n, *columns, dtype=dtype), 0.3)


@pytest.mark.points(3)
def test_split_is_random(student):
    """Each call draws anew, and any samples may come into the validation half together."""
    for n, fraction, choices, calls in ((4, 0.5, 6, 100), (3, 0.4, 3, 45)):
        t_u, t_c = readings(n)  # that one of the choices never comes up has a chance of 7e-8
        drawn = set()
        while len(drawn) < choices and calls:
            drawn.add(frozenset(places(halves(student, t_u, t_c, fraction)[2], t_u)))
            calls -= 1
        text = f"all {choices} choices of samples come up sometime"
        judged(len(drawn), text, len(drawn) == choices)


@pytest.mark.bonus
def test_split_without_validation(student):
    """Bonus: where int(val_fraction · n) is 0, all samples are to train on, and none is left."""
    for n, fraction in ((11, 0.0), (4, 0.2)):
        t_u_val = paired(student, *readings(n, 1), fraction)[2]
        judged(t_u_val, "no sample is to validate on", len(t_u_val) == 0)


def temperatures(n):
    """n made-up readings in columns, scaled as the lesson does: no line fits them exactly."""
    t_u = 2 + 6 * torch.rand(n, 1)
    return t_u, 5 * t_u - 17 + 3 * torch.randn(n, 1)


def history(n, part=slice(2)):
    """What training_loop returns, in whatever form its numbers are: n pairs."""
    return lambda value: [[*map(number, pair(losses))][part] for losses in several(n)(value)]


def looped_alike(student, reference, two, n, train=None, val=None, loss=F.mse_loss, read=None):
    """The student's loop and the reference's begin alike and, n epochs later, end alike."""
    given = two, n, two.opt, two.model, loss, *(train or temperatures(9)), *(val or temperatures(4))
    trained_alike(student.training_loop, reference.training_loop, *given, read=read or history(n))


@pytest.mark.points(3)
@pytest.mark.parametrize("n_epochs", [1, 6])
def test_training_loop_takes_the_right_steps(student, reference, n_epochs):
    """Every pair of losses, and the parameters at the end, are those of one SGD step an epoch."""
    looped_alike(student, reference, twins(line, SGD), n_epochs)


@pytest.mark.points(1)
def test_training_loop_uses_the_given_optimizer(student, reference):
    """Steps are the given optimizer's, whichever it is, for a model of several layers."""
    grouped = lambda optim, m: optim.SGD([{"params": [p]} for p in m.parameters()], 3e-3, 0.9)  # noqa: E731
    train, val = regression(9, 20, 5), regression(4, 20, 5)
    for given in (optimizer("Adam", 0.1), grouped):
        looped_alike(student, reference, twins(Deep, given), 5, train, val)


@pytest.mark.points(1)
def test_training_loop_uses_the_given_loss(student, reference):
    """Both losses are the given loss_fn's, called with the prediction first, then the target."""
    looped_alike(student, reference, twins(line, optimizer("SGD", 3e-3)), 4, loss=define(pessimist))


@pytest.mark.points(1)
def test_training_loop_returns_floats(student, reference):
    """A pair of plain floats for each epoch: a tensor would hold on to its graph."""
    looped_alike(student, reference, twins(line, SGD), 3, read=floats)


@pytest.mark.points(1)
def test_training_loop_never_learns_from_validation(student, reference):
    """The model learns from the training data alone, however far off the validation data is."""
    t_u, t_c = temperatures(4)
    looped_alike(student, reference, twins(line, SGD), 5, val=(t_u, t_c - 300))


@pytest.mark.points(1)
def test_training_loop_in_training_mode(student, reference):
    """While it learns, the model is in training mode: its training losses and steps show it."""
    first = history(4, slice(1))  # validation in the one mode or the other is fine
    looped_alike(student, reference, twins(Moody, SGD), 4, regression(9), regression(4), read=first)


@pytest.mark.points(1)
@pytest.mark.timeout(30)
def test_training_loop_reads_the_thermometer(student):
    """After many epochs on the real readings the line is as good as the best line there is."""
    data = torch.stack(load_thermometer(), 1)[torch.randperm(11)] * torch.tensor([0.1, 1.0])
    train, val = data[:9].split(1, 1), data[9:].split(1, 1)
    columns = torch.cat((train[0], torch.ones(9, 1)), dim=1)
    best = F.mse_loss(columns @ torch.linalg.lstsq(columns, train[1]).solution, train[1]).item()
    two = twins(line, optimizer("SGD", 1e-2, momentum=0.9))
    run = partial(student.training_loop, 1001, two.their_opt, two.theirs, F.mse_loss, *train, *val)
    what = "how much larger the line's training loss is than the best line's"
    # right: within 3e-6 on 60 seeds; gradients never zeroed: not a number
    learns(run, lambda: two.loss(F.mse_loss, *train) - best, what=what, below=0.05)


@pytest.mark.points(3)
def test_make_model_layers(student):
    """An nn.Sequential of three layers, with the names and in the order that the lesson gives."""
    model = student.make_model()
    judged(model, "the model is an nn.Sequential", isinstance(model, nn.Sequential))
    names = list(dict(model.named_children()))
    judged(names, f"the layers are called {', '.join(LAYERS)}", names == LAYERS)


@pytest.mark.points(1)
@pytest.mark.parametrize("n_hidden", [None, 1, 8, 20])
def test_make_model_sizes(student, n_hidden):
    """1 → n_hidden → 1, thirteen hidden units if it isn't said; each layer with weight and bias."""
    model = student.make_model() if n_hidden is None else student.make_model(n_hidden)
    judged(model, "the model is an nn.Module", isinstance(model, nn.Module))
    n = 13 if n_hidden is None else n_hidden
    shapes = sorted(tuple(p.shape) for p in model.parameters())
    judged(shapes, f"1 → {n} → 1, with two biases", shapes == sorted([(n, 1), (n,), (1, n), (1,)]))
    same(tuple(model(torch.randn(5, 1)).shape), (5, 1))


@pytest.mark.points(2)
def test_make_model_bends_by_tanh(student, reference):
    """Each hidden unit is the tanh of a line, and the output a sum of them with weights."""
    for n in (13, 4):
        made = twins(partial(student.make_model, n), ours=partial(reference.make_model, n))
        same(made.theirs, made.ours, each=[4 * torch.randn(7, 1), torch.randn(7, 1)])


@pytest.mark.points(1)
def test_make_model_can_learn(student, reference):
    """Gradients reach every parameter of this model alone; its hidden units start different."""
    weight = student.make_model(6).hidden_linear.weight.detach().flatten().tolist()
    judged(weight, "hidden units start with different weights", len(set(weight)) > 1)
    independent(lambda: student.make_model(6), torch.randn(5, 1))
    made = twins(partial(student.make_model, 6), ours=partial(reference.make_model, 6))
    gradients(made.theirs, made.ours, torch.randn(9, 1))
