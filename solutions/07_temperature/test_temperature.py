"""Hidden suite of 07_temperature.

The training loop is deterministic, so its losses and where it ends are compared with the
reference's, from a start that the judge draws. Splits are random: what holds for all is checked.
"""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn

from grader.assignment.data import load_thermometer

# ------------------------------------------------------------------------------------- split


def readings(shape, dtype=torch.float32):
    """Inputs that all differ, and what belongs to each: its place among them tells which it is."""
    n = shape[0]
    t_u = (torch.randperm(n).to(dtype) + 0.5 * torch.rand(n, dtype=dtype)).reshape(shape)
    return t_u, 100 - 3 * torch.randn(n, dtype=dtype).reshape(shape)


def halves(result):
    """The four tensors of a split."""
    assert isinstance(result, (tuple, list)), f"a {type(result).__name__}, not four tensors"
    assert len(result) == 4, f"{len(result)} things instead of four tensors"
    for tensor in result:
        assert isinstance(tensor, torch.Tensor), f"a {type(tensor).__name__}, not a tensor"
    return result


def places(part, whole):
    """Where each element of `part` stands in `whole`."""
    found = part.reshape(-1, 1) == whole.reshape(1, -1)
    assert (found.sum(1) == 1).all(), "values that were not given"
    return found.int().argmax(1).tolist()


@pytest.mark.points(2)
def test_split_sizes(student):
    """int(val_fraction · n) samples to validate on, all others to train on."""
    for n, fraction, n_val in [(10, 0.25, 2), (9, 0.3, 2), (8, 0.5, 4), (40, 0.1, 4)]:
        t_u_train, t_c_train, t_u_val, t_c_val = halves(student.split(*readings((n,)), fraction))
        assert len(t_u_val) == len(t_c_val) == n_val, f"{len(t_u_val)} to validate on, of {n}"
        assert len(t_u_train) == len(t_c_train) == n - n_val, f"{len(t_u_train)} to train on"


@pytest.mark.points(1)
def test_split_takes_a_fifth_by_itself(student):
    """Without val_fraction a fifth of the samples is for validation, rounded down."""
    for n in (11, 14, 25):
        _, _, t_u_val, t_c_val = halves(student.split(*readings((n,))))
        assert len(t_u_val) == len(t_c_val) == n // 5, f"{len(t_u_val)} to validate on, of {n}"


@pytest.mark.points(2)
@pytest.mark.parametrize("columns", [(), (1,)], ids=["flat", "column"])
def test_split_keeps_pairs_together(student, columns):
    """Every sample is in one half and only there, with its own partner; shapes and dtypes stay."""
    for n, dtype in ((11, torch.float32), (7, torch.float64), (30, torch.float32)):
        t_u, t_c = readings((n, *columns), dtype)
        given_u, given_c = t_u.clone(), t_c.clone()
        t_u_train, t_c_train, t_u_val, t_c_val = halves(student.split(given_u, given_c, 0.3))
        for part in (t_u_train, t_c_train, t_u_val, t_c_val):
            assert part.shape[1:] == columns, f"shape {tuple(part.shape)} of {tuple(t_u.shape)}"
            assert part.dtype == dtype, f"{part.dtype} instead of {dtype}"
        train, val = places(t_u_train, t_u), places(t_u_val, t_u)
        assert sorted(train + val) == list(range(n)), "a sample is missing, or there twice"
        assert places(t_c_train, t_c) == train, "a t_c to train on belongs to another t_u"
        assert places(t_c_val, t_c) == val, "a t_c to validate on belongs to another t_u"
        assert torch.equal(given_u, t_u), "t_u was changed"
        assert torch.equal(given_c, t_c), "t_c was changed"


@pytest.mark.points(3)
def test_split_is_random(student):
    """Any two samples may be validated on together: the draw is a new random one in each call."""
    t_u, t_c = readings((6,))
    drawn = set()
    for _ in range(300):  # 15 pairs: that one never comes up has a chance of 2e-8
        _, _, t_u_val, _ = halves(student.split(t_u, t_c, 0.34))
        drawn.add(frozenset(places(t_u_val, t_u)))
    assert len(drawn) > 1, "the same samples every time"
    assert len(drawn) == 15, "some samples are never validated on together"


@pytest.mark.bonus
def test_split_without_validation(student):
    """Where int(val_fraction · n) is 0, all samples are to train on, and none is left over."""
    for n, fraction in ((11, 0.0), (4, 0.2)):
        t_u, t_c = readings((n, 1))
        t_u_train, t_c_train, t_u_val, t_c_val = halves(student.split(t_u, t_c, fraction))
        assert len(t_u_val) == len(t_c_val) == 0, f"{len(t_u_val)} to validate on"
        assert sorted(places(t_u_train, t_u)) == list(range(n)), "a sample is missing"
        assert places(t_c_train, t_c) == places(t_u_train, t_u), "pairs were torn apart"


# ----------------------------------------------------------------------------- training_loop


def state(model):
    """A copy of what the model has learned."""
    return {name: value.detach().clone() for name, value in model.state_dict().items()}


def temperatures(n):
    """n made-up readings in columns, scaled as the lesson does: no line fits them exactly."""
    t_u = 2 + 6 * torch.rand(n, 1)
    return t_u, 5 * t_u - 17 + 3 * torch.randn(n, 1)


def pairs(history):
    """The losses that a training loop returned, as a tensor (n_epochs, 2)."""
    assert isinstance(history, (list, tuple)), f"a {type(history).__name__}, not a list"
    for pair in history:
        assert isinstance(pair, (list, tuple)), f"a {type(pair).__name__}, not a pair"
        assert len(pair) == 2, f"{len(pair)} losses in a pair"
    return torch.tensor([[float(loss) for loss in pair] for pair in history])


def pessimist(prediction, target):
    """A loss unlike any other, for which too warm is worse than too cold: the order shows."""
    error = prediction - target
    return torch.where(error > 0, 3 * error**2, 0.5 * error**2).mean()


def looped_alike(student, reference, lab, n_epochs, optimizer, settings, loss_fn, layers=False):
    """Run the student's loop and the reference's from the same start: they must agree."""
    model, twin = (
        t.nn.Sequential(t.nn.Linear(1, 5), t.nn.Tanh(), t.nn.Linear(5, 1))
        if layers
        else t.nn.Linear(1, 1)
        for t in (lab, torch)
    )
    twin.load_state_dict(state(model))
    data = [*temperatures(9), *temperatures(4)]
    given = [tensor.clone() for tensor in data]
    steps = getattr(lab.optim, optimizer)(model.parameters(), **settings)
    history = pairs(student.training_loop(n_epochs, steps, model, loss_fn, *given))
    steps = getattr(torch.optim, optimizer)(twin.parameters(), **settings)
    expected = pairs(reference.training_loop(n_epochs, steps, twin, loss_fn, *data))
    assert len(history) == n_epochs, f"{len(history)} pairs for {n_epochs} epochs"
    # float noise is 1e-6 of a loss; the nearest wrong loop is percents off
    torch.testing.assert_close(history[:, 0], expected[:, 0], atol=1e-4, rtol=1e-4)
    torch.testing.assert_close(history[:, 1], expected[:, 1], atol=1e-4, rtol=1e-4)
    torch.testing.assert_close(state(model), state(twin), atol=1e-4, rtol=1e-4)
    for tensor, before in zip(given, data, strict=True):
        assert torch.equal(tensor, before), "the data was changed"


@pytest.mark.points(2)
@pytest.mark.parametrize("n_epochs", [1, 6])
def test_training_loop_takes_the_right_steps(student, reference, lab, n_epochs):
    """Every pair of losses, and the parameters at the end, are those of one SGD step an epoch."""
    looped_alike(student, reference, lab, n_epochs, "SGD", {"lr": 1e-2}, F.mse_loss)


@pytest.mark.points(1)
@pytest.mark.parametrize(
    ("optimizer", "settings"), [("Adam", {"lr": 0.1}), ("SGD", {"lr": 3e-3, "momentum": 0.9})]
)
def test_training_loop_uses_the_given_optimizer(student, reference, lab, optimizer, settings):
    """Steps are the given optimizer's, whichever it is, for a model of several layers."""
    looped_alike(student, reference, lab, 5, optimizer, settings, F.mse_loss, layers=True)


@pytest.mark.points(1)
def test_training_loop_uses_the_given_loss(student, reference, lab):
    """Both losses are the given loss_fn's, called with the prediction first, then the target."""
    looped_alike(student, reference, lab, 4, "SGD", {"lr": 3e-3}, pessimist)


@pytest.mark.points(1)
def test_training_loop_returns_floats(student, lab):
    """A pair of plain floats for each epoch: a tensor would hold on to its graph."""
    model = lab.nn.Linear(1, 1)
    optimizer = lab.optim.SGD(model.parameters(), lr=1e-2)
    data = [*temperatures(7), *temperatures(2)]
    history = student.training_loop(3, optimizer, model, F.mse_loss, *data)
    assert pairs(history).shape == (3, 2), f"{len(history)} pairs for 3 epochs"
    for loss in (loss for pair in history for loss in pair):
        assert isinstance(loss, (float, np.floating)), f"a {type(loss).__name__}, not a float"


@pytest.mark.points(1)
def test_training_loop_never_learns_from_validation(student, lab):
    """Two models with the same start and other validation data learn exactly the same."""
    train, (t_u_val, t_c_val) = temperatures(9), temperatures(4)
    models = [lab.nn.Linear(1, 1) for _ in range(2)]
    models[1].load_state_dict(models[0].state_dict())
    start = state(models[0])
    histories = []
    for model, far in zip(models, (0, 300), strict=True):  # as one learns, its loss there rises
        optimizer = lab.optim.SGD(model.parameters(), lr=1e-2)
        val = t_u_val, t_c_val - far
        history = student.training_loop(5, optimizer, model, F.mse_loss, *train, *val)
        histories.append(pairs(history))
    assert not torch.equal(state(models[0])["weight"], start["weight"]), "nothing was learned"
    torch.testing.assert_close(state(models[0]), state(models[1]))
    torch.testing.assert_close(histories[0][:, 0], histories[1][:, 0])
    assert not torch.allclose(histories[0][:, 1], histories[1][:, 1]), "no validation loss"


@pytest.mark.points(1)
@pytest.mark.timeout(30)
def test_training_loop_reads_the_thermometer(student, lab):
    """After many epochs on the real readings the line is as good as the best line there is."""
    t_u, t_c = load_thermometer()
    order = torch.randperm(len(t_u))
    t_u, t_c = 0.1 * t_u[order].unsqueeze(1), t_c[order].unsqueeze(1)
    train, val = (t_u[:9], t_c[:9]), (t_u[9:], t_c[9:])
    model = lab.nn.Linear(1, 1)
    optimizer = lab.optim.SGD(model.parameters(), lr=1e-2, momentum=0.9)
    history = pairs(student.training_loop(1001, optimizer, model, lab.nn.MSELoss(), *train, *val))
    assert len(history) == 1001, f"{len(history)} pairs for 1001 epochs"
    learned = state(model)
    loss = F.mse_loss(F.linear(train[0], learned["weight"], learned["bias"]), train[1])
    columns = torch.cat((train[0], torch.ones(9, 1)), dim=1)
    best = F.mse_loss(columns @ torch.linalg.lstsq(columns, train[1]).solution, train[1])
    # right: within 3e-6 on 60 seeds; gradients never zeroed: not a number
    assert loss - best < 0.05


# -------------------------------------------------------------------------------- make_model

LAYERS = ["hidden_linear", "hidden_activ", "output_linear"]


@pytest.mark.points(3)
def test_make_model_layers(student):
    """An nn.Sequential of three layers, with the names and in the order that the lesson gives."""
    model = student.make_model()
    assert isinstance(model, nn.Sequential), f"a {type(model).__name__}, not an nn.Sequential"
    names = [name for name, _ in model.named_children()]
    assert names == LAYERS, f"the layers are {names}"


@pytest.mark.points(1)
@pytest.mark.parametrize("n_hidden", [None, 1, 8, 20])
def test_make_model_sizes(student, n_hidden):
    """1 → n_hidden → 1, thirteen hidden units if it isn't said; each layer with weight and bias."""
    model = student.make_model() if n_hidden is None else student.make_model(n_hidden)
    n = 13 if n_hidden is None else n_hidden
    shapes = {name: tuple(p.shape) for name, p in model.named_parameters()}
    assert shapes == {
        "hidden_linear.weight": (n, 1),
        "hidden_linear.bias": (n,),
        "output_linear.weight": (1, n),
        "output_linear.bias": (1,),
    }, f"the parameters are {shapes}"
    assert model(torch.randn(5, 1)).shape == (5, 1)


@pytest.mark.points(2)
def test_make_model_bends_by_tanh(student):
    """Each hidden unit is the tanh of a line, and the output a sum of them with weights."""
    for n_hidden in (13, 4):
        model = student.make_model(n_hidden)
        w = state(model)
        t_u = 4 * torch.randn(7, 1)
        hidden = F.linear(t_u, w["hidden_linear.weight"], w["hidden_linear.bias"]).tanh()
        expected = F.linear(hidden, w["output_linear.weight"], w["output_linear.bias"])
        torch.testing.assert_close(model(t_u).detach(), expected, atol=1e-5, rtol=1e-5)


@pytest.mark.points(1)
def test_make_model_can_learn(student):
    """Gradients reach every parameter of this model alone; its hidden units start different."""
    model, other = student.make_model(6), student.make_model(6)
    weight = state(model)["hidden_linear.weight"].flatten()
    assert len(set(weight.tolist())) > 1, "all hidden units start alike, and so they stay"
    start = state(other)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.copy_(torch.randn(parameter.shape))
    torch.testing.assert_close(state(other), start, atol=0, rtol=0)  # another call, another model
    model(torch.randn(9, 1)).square().sum().backward()
    for name, parameter in model.named_parameters():
        assert parameter.grad is not None, f"{name} got no gradient"
        assert parameter.grad.abs().sum() > 0, f"{name} got a gradient of zeros"
