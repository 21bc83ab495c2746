"""Public suite of 02_scratch: small examples, worked by hand.

Run it with `pytest exercises/02_scratch`, or a part of it with `-k sgd_step`.
"""

import math

import pytest
import torch


def test_init_params_shapes(student):
    """Weights: a row for each input, a column for each class. Bias: one number for each class."""
    weights, bias = student.init_params()
    assert weights.shape == (784, 10)
    assert bias.shape == (10,)
    weights, bias = student.init_params(6, 3)
    assert weights.shape == (6, 3)
    assert bias.shape == (3,)


def test_init_params_values(student):
    """784 inputs: the weights' standard deviation is close to 1/28, and the bias is zero."""
    weights, bias = student.init_params()
    assert weights.std().item() == pytest.approx(1 / 28, rel=0.1)
    assert not bias.any()


def test_init_params_leaves(student):
    """Weights and bias are leaves that require grad, so that backward() fills their .grad."""
    for p in student.init_params():
        assert p.requires_grad
        assert p.is_leaf


def test_model_worked_example(student):
    """Scores are xb @ weights + bias, here 0 and log 3: probabilities 1/4 and 3/4."""
    xb = torch.tensor([[1.0, 2.0]])
    weights = torch.tensor([[1.0, 0.0], [0.0, math.log(3) / 2]])
    bias = torch.tensor([-1.0, 0.0])
    result = student.model(xb, weights, bias)
    torch.testing.assert_close(result, torch.tensor([[0.25, 0.75]]).log())


def test_model_gradient(student):
    """Gradients reach both the weights and the bias."""
    weights, bias = torch.zeros(3, 2, requires_grad=True), torch.zeros(2, requires_grad=True)
    student.model(torch.ones(4, 3), weights, bias)[:, 0].mean().backward()
    torch.testing.assert_close(bias.grad, torch.tensor([0.5, -0.5]))
    torch.testing.assert_close(weights.grad, torch.tensor([[0.5, -0.5]] * 3))


def test_sgd_step_worked_example(student):
    """A parameter 3.0 with gradient 4.0 and learning rate 0.1 becomes 3.0 - 0.1 * 4.0 = 2.6."""
    p = torch.tensor([3.0], requires_grad=True)
    p.grad = torch.tensor([4.0])
    student.sgd_step([p], 0.1)
    assert p.item() == pytest.approx(2.6)


def test_sgd_step_every_parameter(student):
    """Each tensor of the list is moved, by its own gradient, and still requires grad."""
    a, b = torch.ones(2, 2, requires_grad=True), torch.zeros(2, requires_grad=True)
    a.grad, b.grad = torch.full((2, 2), 2.0), torch.tensor([1.0, -1.0])
    student.sgd_step([a, b], 0.5)
    torch.testing.assert_close(a.detach(), torch.zeros(2, 2))
    torch.testing.assert_close(b.detach(), torch.tensor([-0.5, 0.5]))
    assert a.requires_grad
    assert b.requires_grad


def test_sgd_step_clears_gradients(student):
    """After the step the gradient is zero or None; otherwise the next backward() adds to it."""
    p = torch.tensor([3.0], requires_grad=True)
    p.grad = torch.tensor([4.0])
    student.sgd_step([p], 0.1)
    assert p.grad is None or p.grad.item() == 0


def test_train_one_step(student):
    """One step on samples that are all alike: from zero, the right class's bias rises by lr / 2."""
    x, y = torch.ones(6, 3), torch.zeros(6, dtype=torch.int64)
    weights, bias = torch.zeros(3, 2, requires_grad=True), torch.zeros(2, requires_grad=True)
    student.train(x, y, weights, bias, steps=1, batch_size=4, lr=0.2)
    torch.testing.assert_close(bias.detach(), torch.tensor([0.1, -0.1]))
    torch.testing.assert_close(weights.detach(), torch.tensor([[0.1, -0.1]] * 3))


def test_train_learns(student):
    """After 200 steps, nearly all points left and right of a line are told apart."""
    x = torch.randn(400, 2)
    y = (x[:, 0] > 0).long()
    weights, bias = torch.zeros(2, 2, requires_grad=True), torch.zeros(2, requires_grad=True)
    student.train(x, y, weights, bias, steps=200, batch_size=32, lr=0.5)
    right = ((x @ weights + bias).argmax(-1) == y).float().mean()
    assert right > 0.9
