"""Public suite of 07_temperature: small examples, worked out by hand. Run it with pytest."""

import pytest
import torch
from torch import nn

# Eleven samples in which every t_c tells its t_u: t_c = 10 · t_u.
T_U = torch.arange(11.0)
T_C = 10 * T_U

# The lesson's example: two samples to learn from, one to validate on.
TRAIN = torch.tensor([[1.0], [2.0]]), torch.tensor([[3.0], [5.0]])
VAL = torch.tensor([[3.0]]), torch.tensor([[7.0]])


def start(lab):
    """The lesson's model, 1 · x + 0, and an optimizer for it."""
    model = lab.nn.Linear(1, 1)
    model.load_state_dict({"weight": torch.tensor([[1.0]]), "bias": torch.tensor([0.0])})
    return model, lab.optim.SGD(model.parameters(), lr=0.1)


def test_split_sizes(student):
    """A fifth of eleven is 2.2: two samples to validate on, nine to train on."""
    t_u_train, t_c_train, t_u_val, t_c_val = student.split(T_U, T_C)
    assert t_u_train.shape == t_c_train.shape == (9,)
    assert t_u_val.shape == t_c_val.shape == (2,)
    assert student.split(T_U, T_C, 0.5)[2].shape == (5,)


def test_split_keeps_pairs_together(student):
    """Every sample is in one half and only there, and keeps its own t_c."""
    t_u_train, t_c_train, t_u_val, t_c_val = student.split(T_U, T_C)
    assert sorted([*t_u_train.tolist(), *t_u_val.tolist()]) == T_U.tolist()
    assert torch.equal(t_c_train, 10 * t_u_train)
    assert torch.equal(t_c_val, 10 * t_u_val)


def test_split_keeps_columns(student):
    """Readings that come as columns (n, 1) leave as columns."""
    parts = student.split(T_U.unsqueeze(1), T_C.unsqueeze(1))
    assert [part.shape for part in parts] == [(9, 1), (9, 1), (2, 1), (2, 1)]


def test_split_is_random(student):
    """Fifty draws are not all the same, and none follows the order of the readings only."""
    drawn = {tuple(sorted(student.split(T_U, T_C)[2].tolist())) for _ in range(50)}
    assert len(drawn) > 1
    assert any(second - first not in (1, 10) for first, second in drawn)


def test_training_loop_two_epochs(student, lab):
    """The lesson's example: losses 6.5 and 16, a step, then 0.65 and 1.21."""
    model, optimizer = start(lab)
    history = student.training_loop(2, optimizer, model, lab.nn.MSELoss(), *TRAIN, *VAL)
    assert len(history) == 2
    assert history[0] == pytest.approx((6.5, 16.0))
    assert history[1] == pytest.approx((0.65, 1.21), rel=1e-4)


def test_training_loop_learns_from_training_only(student, lab):
    """One step with lr 0.1: the weight goes from 1 to 1.8, the bias from 0 to 0.5."""
    model, optimizer = start(lab)
    student.training_loop(1, optimizer, model, lab.nn.MSELoss(), *TRAIN, *VAL)
    learned = model.state_dict()
    assert learned["weight"].item() == pytest.approx(1.8)
    assert learned["bias"].item() == pytest.approx(0.5)


def test_training_loop_uses_the_given_loss(student, lab):
    """With the mean absolute error the first losses are (2 + 3)/2 and 4."""
    model, optimizer = start(lab)
    history = student.training_loop(1, optimizer, model, lab.nn.L1Loss(), *TRAIN, *VAL)
    assert history[0] == pytest.approx((2.5, 4.0))


def test_training_loop_returns_floats(student, lab):
    """Plain Python floats, no tensors."""
    model, optimizer = start(lab)
    history = student.training_loop(3, optimizer, model, lab.nn.MSELoss(), *TRAIN, *VAL)
    assert all(isinstance(loss, float) for pair in history for loss in pair)


def test_make_model_layers(student):
    """Three layers: hidden_linear, hidden_activ, output_linear."""
    model = student.make_model()
    assert isinstance(model, nn.Sequential)
    names = [name for name, _ in model.named_children()]
    assert names == ["hidden_linear", "hidden_activ", "output_linear"]


def test_make_model_sizes(student):
    """Thirteen hidden units by itself, or as many as are asked for."""
    assert student.make_model().hidden_linear.weight.shape == (13, 1)
    assert student.make_model(5).hidden_linear.weight.shape == (5, 1)
    assert student.make_model(5)(torch.ones(4, 1)).shape == (4, 1)


def test_make_model_bends_by_tanh(student):
    """One hidden unit with weight 2 and bias −1, output 3 · unit + 4: at 0.5 that is 4."""
    model = student.make_model(1)
    model.load_state_dict(
        {
            "hidden_linear.weight": torch.tensor([[2.0]]),
            "hidden_linear.bias": torch.tensor([-1.0]),
            "output_linear.weight": torch.tensor([[3.0]]),
            "output_linear.bias": torch.tensor([4.0]),
        }
    )
    at_half, at_one = model(torch.tensor([[0.5], [1.0]])).flatten().tolist()
    assert at_half == pytest.approx(4)  # tanh(2 · 0.5 − 1) = tanh(0) = 0
    assert at_one == pytest.approx(3 * 0.761594 + 4, rel=1e-5)  # tanh(1) = 0.761594
