"""Hidden suite of 06_autograd."""
# ruff: noqa: N802, F405 - tests are named for their targets, and checks are words

import pytest
import torch
from torch import nn

from grader.assignment.data import load_line
from grader.suite.checks import *  # noqa: F403

NEAR = {"rtol": 1e-5, "atol": 1e-6}
ARRAYS = {"read": array, "rtol": 1e-4, "atol": 1e-5}  # an array may be float32 or float64


def somewhere(count):
    """Numbers from -20 to 20, as Python floats; none of them 0."""
    return [7 * w + 0.1 for w in torch.randn(count).tolist()]


@pytest.mark.points(3)
def test_dz_dw_of_a_float(student, reference):
    """dz/dw at several points, of either sign, whole and not, and at the first ones again."""
    points = [*somewhere(6), 0.0, 3.0]
    same(student.dz_dw, reference.dz_dw, each=[*points, *points[:2]], read=scalar, **NEAR)


@pytest.mark.points(2)
def test_dz_dw_of_a_tensor(student):
    """dz/dw where w is a tensor without dimensions; the caller's w keeps its value."""
    for value in (*torch.tensor(somewhere(4)), *torch.tensor(somewhere(4)).double()):
        right, w = 20 * value.item(), value.clone().requires_grad_()
        same(student.dz_dw(value.clone()), right, read=scalar, **NEAR)
        same(student.dz_dw(w), right, read=scalar, **NEAR)
        same(w.detach(), value)


@pytest.mark.points(2)
def test_dz_dw_is_exact_next_to_zero(student, reference):
    """dz/dw close to w = 0, where z hardly changes: a derivative, not a small difference of z."""
    points = [(1 + w) * 1e-15 for w in torch.rand(4).tolist()]
    same(student.dz_dw, reference.dz_dw, each=points, read=scalar, rtol=1e-5, atol=0)


@pytest.mark.points(3)
def test_dz_dw_comes_from_autograd(student, reference):
    """PyTorch finds the derivative, by backward() or torch.autograd.grad: not you by hand."""
    by_autograd(student.dz_dw, reference.dz_dw, each=somewhere(2), read=scalar)


@pytest.mark.bonus
def test_dz_dw_of_a_vector(student):
    """Bonus: dz/dw for a whole tensor of points at once, each with a z of its own."""
    for w in (torch.randn(1), torch.randn(7), torch.randn(2, 3)):
        same(student.dz_dw(w), 20 * w, **NEAR)


@pytest.mark.bonus
def test_dz_dw_leaves_the_callers_tensor_alone(student):
    """Bonus: the same tensor twice, even one that requires grad: the same answer, nothing left."""
    w = torch.randn(()).requires_grad_()
    for _ in range(2):
        same(student.dz_dw(w), 20 * w.item(), read=scalar, **NEAR)
    judged(w.grad, "w.grad of the caller's w stays empty", w.grad is None)
    leaves_alone(student.dz_dw, torch.randn(()))


def linear(student, n_in, n_out, **options):
    """The student's model and an nn.Linear with the same numbers."""
    build = lambda: student.LinearRegression(n_in, n_out)  # noqa: E731
    return twins(build, ours=lambda: nn.Linear(n_in, n_out), **options)


@pytest.mark.points(4)
def test_LinearRegression_predicts_on_a_plane(student):
    """Predictions of shape (n, output_size): x · weights + bias, as many as it takes."""
    for n_in, n_out in [(1, 1), (3, 2), (5, 7), (4, 4)]:
        pair = linear(student, n_in, n_out)
        same(pair.theirs, pair.ours, each=tensors(f"n {n_in}"))


@pytest.mark.points(3)
def test_LinearRegression_gradient_reaches_every_parameter(student):
    """backward() gives a gradient to every weight, to every bias, and to x."""
    pair = linear(student, 3, 2)
    gradients(pair.theirs, pair.ours, torch.randn(6, 3, requires_grad=True))


@pytest.mark.points(3)
def test_LinearRegression_is_its_parameters(student):
    """Two models share nothing. Each can be made float64. The same x gives the same again."""
    independent(lambda: student.LinearRegression(4, 3), torch.randn(9, 4))
    pair, x = linear(student, 4, 3, dtype=torch.float64), torch.randn(9, 4, dtype=torch.float64)
    same(pair.theirs, pair.ours, each=[x, -2 * x, x])


def alike(student, reference, pair, data, *args, device="cpu", end=None):
    """Theirs, on a device, and ours on the CPU give the same losses and land in one place."""
    train, where = (student.train_regression, reference.train_regression), Either(device, "cpu")
    trained_alike(*train, pair, *data, *args, device=where)
    on = {p.device.type for p in pair.theirs.parameters()}
    right = end or torch.device(device or "cpu").type
    judged(sorted(on), "the model ends on the right device", on == {right})


@pytest.mark.points(3)
def test_train_regression_takes_the_right_steps(student, reference):
    """Each loss, and the parameters at the end, are those of MSE and plain SGD on all samples."""
    for n, n_in, n_out in [(7, 1, 1), (20, 3, 1), (9, 2, 3), (700, 2, 2)]:
        pair = twins(lambda nn, sizes=(n_in, n_out): nn.Linear(*sizes))
        for epochs, lr in [(1, 0.1), (6, 0.03), (4, 6.0)]:  # with 6, the loss grows in each epoch
            alike(student, reference, pair, regression(n, n_in, n_out), epochs, lr)


@pytest.mark.points(3)
def test_train_regression_trains_any_model(student, reference):
    """Several layers, one used twice; float64; and in all epochs, also if it is right already."""
    pair = twins(Deep)
    for epochs in (5, 2):  # and once more, from where it ended
        alike(student, reference, pair, regression(12, 20, 5), epochs, 0.01)
    pair, (x, y) = twins(regressor, dtype=torch.float64), regression(8, dtype=torch.float64)
    alike(student, reference, pair, (x, y), 4, 0.05)
    alike(student, reference, pair, (x, pair.ours(x).detach()), 4, 0.05)


@pytest.mark.points(1)
def test_train_regression_in_training_mode(student, reference):
    """A model that behaves otherwise in training (as one with dropout does) is in training mode."""
    alike(student, reference, twins(Moody), regression(8), 3, 0.01)


@pytest.mark.points(2)
def test_train_regression_fits_the_line(student, reference):
    """With its default settings, it finds y = 2x + 1."""
    pair, data = twins(lambda nn: nn.Linear(1, 1)), load_line()
    train = lambda: alike(student, reference, pair, data, device=None)  # noqa: E731
    # right: 6e-6 to 0.26 on 20 seeds; gradients never zeroed: 63 and more; broadcast: 14 to 17
    with pretending("cpu"):
        learns(train, lambda: pair.loss(nn.functional.mse_loss, *data), below=2)


@pytest.mark.points(2)
def test_train_regression_on_a_device(student, reference, accelerator):
    """With a device given, model and data move there, it trains there, and the model stays."""
    for device in (accelerator, str(accelerator)):
        alike(student, reference, twins(regressor), regression(10), 4, 0.05, device=device)


@pytest.mark.points(2)
def test_train_regression_takes_the_best_device(student, reference):
    """Without a device given, it trains on a GPU where there is one, else on the CPU."""
    for kind, end in (("cuda", "simulated"), ("cpu", "cpu")):
        pair, data = twins(regressor), regression(10)
        with pretending(kind):
            alike(student, reference, pair, data, 4, 0.05, device=None, end=end)


@pytest.mark.points(6)
def test_predict_values(student, reference):
    """A NumPy array of shape (n, 1) with the model's prediction for each sample."""
    for n_in in (1, 4):
        model = twins(lambda nn, n_in=n_in: nn.Linear(n_in, 1)).model
        batches = [(model, 5 * x) for (x,) in (*tensors(f"n {n_in}"), (torch.randn(300, n_in),))]
        same(student.predict, reference.predict, each=batches, **ARRAYS)


@pytest.mark.points(1)
def test_predict_with_any_model(student, reference):
    """The model is asked as a whole, whatever layers it is made of, and in float64 too."""
    deep = lambda nn: nn.Sequential(nn.Linear(2, 5), nn.Tanh(), nn.Linear(5, 1))  # noqa: E731
    for dtype in (torch.float32, torch.float64):
        x = torch.randn(7, 2, dtype=dtype)
        same(student.predict, reference.predict, twins(deep, dtype=dtype).model, x, **ARRAYS)


def left(model):
    """The model's numbers, its gradients (zeros where there is none), and what can be learned."""
    every = [*model.parameters()]
    grads = [torch.zeros(p.shape) if p.grad is None else p.grad.clone() for p in every]
    return [[p.detach().clone() for p in every], grads, [p.requires_grad for p in every]]


@pytest.mark.points(3)
def test_predict_leaves_the_model_as_it_was(student, reference):
    """After a prediction the model is what it was: same parameters, and ready to learn on."""
    pair, x = twins(lambda nn: nn.Linear(3, 1)), torch.randn(6, 3)
    for passes in range(2):
        for model in (pair.theirs, pair.ours) * passes:  # then between backward() and the step
            model(x).square().sum().backward()
        before = left(pair.theirs)
        same(student.predict, reference.predict, pair.model, x, **ARRAYS)
        same(left(pair.theirs), before, rtol=0, atol=0)
    gradients(pair.theirs, pair.ours, x)


@pytest.mark.bonus
def test_predict_from_a_device(student, reference, accelerator):
    """Bonus: the model may be on another device than x: the array comes back all the same."""
    pair = twins(lambda nn: nn.Linear(3, 1), device=accelerator)
    same(student.predict, reference.predict, pair.model, torch.randn(6, 3), **ARRAYS)
