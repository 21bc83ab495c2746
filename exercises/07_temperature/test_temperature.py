"""Public suite of 07_temperature: small examples, worked out by hand. Run it with pytest."""
# ruff: noqa: F405 - checks are words

import torch
import torch.nn.functional as F
from torch import nn

from grader.suite.checks import *  # noqa: F403

# Eleven samples in which every t_c tells its t_u: t_c = 10 · t_u.
T_U = torch.arange(11.0)
T_C = 10 * T_U

# The lesson's example: two samples to learn from, one to validate on.
TRAIN = torch.tensor([[1.0], [2.0]]), torch.tensor([[3.0], [5.0]])
VAL = torch.tensor([[3.0]]), torch.tensor([[7.0]])


def test_split_sizes(student):
    """int(val_fraction · n): a fifth of eleven is 2.2, so two samples are to validate on."""
    for n, fraction, sizes in [
        (11, (), [9, 9, 2, 2]),
        (14, (), [12, 12, 2, 2]),
        (11, (0.5,), [6, 6, 5, 5]),
    ]:
        parts = several(4)(student.split(torch.arange(n), torch.arange(n), *fraction))
        same([len(part) for part in parts], sizes)


def test_split_keeps_pairs_together(student):
    """Every sample is in one half and only there, and keeps its own t_c."""
    t_u_train, t_c_train, t_u_val, t_c_val = leaves_alone(student.split, T_U, T_C)
    same(torch.cat([t_u_train, t_u_val]).sort().values, T_U)
    same(t_c_train, 10 * t_u_train)
    same(t_c_val, 10 * t_u_val)


def test_split_keeps_columns(student):
    """Readings that come as columns (n, 1) leave as columns."""
    parts = student.split(T_U.unsqueeze(1), T_C.unsqueeze(1))
    same([tuple(part.shape) for part in parts], [(9, 1), (9, 1), (2, 1), (2, 1)])


def test_split_is_random(student):
    """Fifty draws are not all the same, and the two samples are not always neighbours."""
    drawn = {tuple(sorted(student.split(T_U, T_C)[2].tolist())) for _ in range(50)}
    judged(len(drawn), "every call draws anew", len(drawn) > 1)
    apart = any(second - first not in (1, 10) for first, second in drawn)
    judged(len(drawn), "any two samples can be drawn, not neighbours alone", apart)


class Line(nn.Module):
    """The lesson's model, 1 · x + 0. With `doubled` it gives twice as much while it trains."""

    def __init__(self, doubled=False):
        super().__init__()
        self.line, self.doubled = nn.Linear(1, 1), doubled
        with torch.no_grad():
            self.line.weight.fill_(1)
            self.line.bias.fill_(0)

    def forward(self, x):
        return self.line(x) * (2 if self.doubled and self.training else 1)


def run(student, lab, n_epochs, loss_fn=F.mse_loss, val=VAL, doubled=False, momentum=0.0):
    """The losses of some epochs on the lesson's example, and the model."""
    model = lab.define(Line)(doubled)
    optimizer = lab.optim.SGD(model.parameters(), lr=0.1, momentum=momentum)
    return student.training_loop(n_epochs, optimizer, model, loss_fn, *TRAIN, *val), model


def test_training_loop_three_epochs(student, lab):
    """The lesson's example: losses 6.5 and 16, a step, then 0.65 and 1.21, a step, and so on."""
    losses, model = run(student, lab, 3)
    same(losses, [(6.5, 16.0), (0.65, 1.21), (0.07085, 0.0361)], read=floats, rtol=1e-3)
    same(model.line.weight, torch.tensor([[2.127]]), rtol=1e-3)
    same(model.line.bias, torch.tensor([0.713]), rtol=1e-3)


def test_training_loop_learns_from_training_only(student, lab):
    """One step with lr 0.1: the weight goes from 1 to 1.8, the bias from 0 to 0.5."""
    _, model = run(student, lab, 1)
    same(model.line.weight, torch.tensor([[1.8]]))
    same(model.line.bias, torch.tensor([0.5]))


def test_training_loop_uses_the_given_loss_and_optimizer(student, lab):
    """The mean absolute error: (2 + 3)/2 and 4. With momentum the second step is a longer one."""
    losses, model = run(student, lab, 2, F.l1_loss, momentum=0.9)
    same(losses, [(2.5, 4.0), (2.175, 3.45)], read=floats)
    same(model.line.weight, torch.tensor([[1.435]]))


def test_training_loop_passes_the_prediction_first(student, lab):
    """A loss that only counts what is too warm is 0 where every prediction is too cold."""
    losses, _ = run(student, lab, 1, lambda prediction, target: (prediction - target).relu().mean())
    same(losses, [(0.0, 0.0)], read=floats)


def test_training_loop_goes_on_to_the_end(student, lab):
    """All epochs are run, also where the validation loss grows."""
    losses, _ = run(student, lab, 3, val=(torch.tensor([[3.0]]), torch.tensor([[-7.0]])))
    same(losses, [(6.5, 100.0), (0.65, 166.41), (0.07085, 190.7161)], read=floats, rtol=1e-3)


def test_training_loop_in_training_mode(student, lab):
    """A model that gives twice as much while it trains: its first training loss is (1 + 1)/2."""
    losses, _ = run(student, lab, 1, doubled=True)
    same(several(1)(losses)[0][0], 1.0)


def test_make_model_layers(student):
    """Three layers: hidden_linear, hidden_activ, output_linear."""
    model = student.make_model()
    judged(model, "the model is an nn.Sequential", isinstance(model, nn.Sequential))
    names = [name for name, _ in model.named_children()]
    same(names, ["hidden_linear", "hidden_activ", "output_linear"])


def test_make_model_sizes(student):
    """Thirteen hidden units by default, or as many as are asked for; a bias in both layers."""
    for model, n in ((student.make_model(), 13), (student.make_model(5), 5)):
        shapes = [tuple(parameter.shape) for parameter in model.parameters()]
        same(shapes, [(n, 1), (n,), (1, n), (1,)])
        same(tuple(model(torch.ones(4, 1)).shape), (4, 1))


def test_make_model_bends_by_tanh(student):
    """One hidden unit with weight 2 and bias −1, output 3 · unit + 4: at 0.5 that is 4."""
    model = student.make_model(1)
    with torch.no_grad():
        for parameter, value in zip(model.parameters(), (2.0, -1.0, 3.0, 4.0), strict=True):
            parameter.fill_(value)
    # tanh(2 · 0.5 − 1) = tanh(0) = 0, and tanh(2 · 1 − 1) = tanh(1) = 0.761594
    same(model, torch.tensor([[4.0], [3 * 0.761594 + 4]]), torch.tensor([[0.5], [1.0]]))


def test_make_model_can_learn(student):
    """Every parameter gets a gradient, units start different, and each call makes a new model."""
    model = student.make_model()
    model(torch.ones(2, 1)).sum().backward()
    missing = [name for name, p in model.named_parameters() if p.grad is None]
    judged(missing, "every parameter gets a gradient", not missing)
    weight = model.hidden_linear.weight.flatten().tolist()
    judged(weight, "hidden units start with different weights", len(set(weight)) > 1)
    independent(student.make_model, torch.ones(2, 1))
