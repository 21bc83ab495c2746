"""Hidden suite of 03_modules.

Names, layout and number of axes of the parameters are the student's own. So the tests never look
for a parameter by its name: they fill all of them with random numbers, read the layer's matrix and
vector off its answers (`as_affine`), and ask that these hold the same numbers as the parameters.
"""
# ruff: noqa: N802 - tests are named for their targets

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from grader.assignment.data import load_mnist

# Other people's linear layers: not what is to be written here.
LINEAR_LAYERS = {
    "torch.nn.Linear",
    "torch.nn.LazyLinear",
    "torch.nn.modules.Linear",
    "torch.nn.modules.LazyLinear",
    "torch.nn.modules.linear.Linear",
    "torch.nn.modules.linear.LazyLinear",
}


@pytest.fixture
def digits():
    """For each test anew: a thousand MNIST digits and what they are."""
    mnist = load_mnist()
    return mnist.x_valid, mnist.y_valid


def filled(model):
    """Fill the model's parameters with random numbers; the model, and all the numbers in a row."""
    numbers = []
    with torch.no_grad():
        for parameter in model.parameters():
            values = torch.randn(parameter.shape, dtype=parameter.dtype) / 8
            parameter.copy_(values)
            numbers.append(values.flatten())
    assert numbers, "the model has no parameters"
    return model, torch.cat(numbers)


def as_affine(model, n_in, dtype=torch.float32):
    """The matrix (n_in, n_out) and the vector (n_out,) of a map x @ matrix + vector."""
    with torch.no_grad():
        zero = torch.zeros(1, n_in, dtype=dtype)
        vector = model(zero)
        matrix = model(torch.eye(n_in, dtype=dtype)) - vector
    return matrix.detach(), vector[0].detach()


def close(ours, theirs, atol=1e-6):
    """Fail unless both have the same shape, dtype and values."""
    torch.testing.assert_close(ours, theirs, atol=atol, rtol=0)


def same_numbers(ours, *theirs, atol=1e-5):
    """Whether `theirs` hold just the numbers of `ours`, in any order."""
    theirs = torch.cat([tensor.flatten() for tensor in theirs])
    return ours.shape == theirs.shape and torch.allclose(
        ours.sort().values, theirs.sort().values, atol=atol
    )


def gradients(model):
    """All numbers of all the parameters' gradients, in a row."""
    found = [parameter.grad for parameter in model.parameters()]
    assert found, "the model has no parameters"
    assert all(grad is not None for grad in found), "a parameter has no gradient"
    return torch.cat([grad.detach().flatten() for grad in found])


def train_from_zero(model, loss_func, x, y, lr, steps, optimizers):
    """Set all parameters to zero, train on all of the data, return the losses."""
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.copy_(torch.zeros(parameter.shape))
    opt = optimizers.SGD(model.parameters(), lr=lr)
    losses = []
    for _ in range(steps):
        opt.zero_grad()
        loss = loss_func(model(x), y)
        loss.backward()
        opt.step()
        losses.append(loss.item())
    return losses


def assert_works_on(device, model, x):
    """Fail unless the model, moved to `device`, gives there what it gives on the CPU."""
    expected = model(x).detach()
    model = model.to(device)
    out = model(x.to(device))
    assert out.device.type == device.type
    if device.type != "meta":  # shapes without values: where nothing better can be simulated
        close(out.detach().cpu(), expected, atol=1e-4)
    out.sum().backward()
    assert all(p.grad is not None for p in model.parameters())


# ----------------------------------------------------------------------------- Mnist_Logistic


@pytest.mark.points(2)
def test_Mnist_Logistic_parameters(student):
    """The model is an nn.Module with two trainable parameters: 7,840 weights and a bias of 10."""
    model = student.Mnist_Logistic()
    assert isinstance(model, nn.Module)
    parameters = list(model.parameters())
    assert sorted(parameter.numel() for parameter in parameters) == [10, 7840]
    assert all(parameter.requires_grad for parameter in parameters)
    assert all(parameter.dtype == torch.float32 for parameter in parameters)


@pytest.mark.points(2)
def test_Mnist_Logistic_logits(student):
    """The model's answer is xb times the weights plus the bias: ten raw scores for each digit."""
    model, numbers = filled(student.Mnist_Logistic())
    x = torch.rand(12, 784)
    out = model(x)
    assert out.shape == (12, 10)
    assert out.dtype == torch.float32
    matrix, vector = as_affine(model, 784)
    assert same_numbers(numbers, matrix, vector)
    close(out, x @ matrix + vector, atol=1e-4)
    close(model(x), out)


@pytest.mark.points(1)
def test_Mnist_Logistic_gradient(student):
    """backward() brings every parameter its gradient, and the input too."""
    model, _ = filled(student.Mnist_Logistic())
    matrix, _ = as_affine(model, 784)
    x = torch.rand(9, 784, requires_grad=True)
    out = model(x)
    assert out.requires_grad
    incoming = torch.randn(9, 10)
    out.backward(incoming)
    assert same_numbers(gradients(model), x.detach().T @ incoming, incoming.sum(0))
    assert x.grad is not None
    close(x.grad, incoming @ matrix.T, atol=1e-4)


@pytest.mark.points(1)
def test_Mnist_Logistic_untrained_loss(student, digits):
    """A new model knows nothing: its loss is near log(10), as its weights are small numbers."""
    x, y = digits
    for _ in range(2):
        loss = F.cross_entropy(student.Mnist_Logistic()(x), y).item()
        # randn/√784 gives 2.28 to 2.45 over 20 seeds, zeros 2.30; randn alone more than 6.
        assert 2.1 < loss < 2.7


@pytest.mark.points(1)
def test_Mnist_Logistic_learns(student, lab, reference, digits):
    """Ten steps of gradient descent from all zeros lower the loss just as far as they should."""
    x, y = digits[0][::3], digits[1][::3]
    start = {"loss_func": F.cross_entropy, "x": x, "y": y, "lr": 0.3, "steps": 10}
    losses = train_from_zero(student.Mnist_Logistic(), **start, optimizers=lab.optim)
    expected = train_from_zero(reference.Mnist_Logistic(), **start, optimizers=torch.optim)
    assert losses == pytest.approx(expected, abs=1e-4)
    assert losses[-1] < 1.7  # the reference's is 1.42, and nothing in it is random


@pytest.mark.points(1)
def test_Mnist_Logistic_models_are_independent(student):
    """Two models share nothing: to change the parameters of one leaves the other as it was."""
    first, second = student.Mnist_Logistic(), student.Mnist_Logistic()
    x = torch.rand(5, 784)
    before = second(x).detach().clone()
    filled(first)
    close(second(x), before)
    assert not torch.allclose(first(x), before)


@pytest.mark.points(1)
def test_Mnist_Logistic_state_can_be_saved(student):
    """Loaded with the state_dict of another model, a model gives that one's answers."""
    trained, _ = filled(student.Mnist_Logistic())
    fresh = student.Mnist_Logistic()
    fresh.load_state_dict(trained.state_dict())
    x = torch.rand(6, 784)
    close(fresh(x), trained(x), atol=1e-5)


@pytest.mark.points(1)
def test_Mnist_Logistic_float64(student):
    """Moved to float64, the model takes and gives float64, as exact as that is."""
    model, numbers = filled(student.Mnist_Logistic().to(torch.float64))
    x = torch.rand(3, 784, dtype=torch.float64)
    out = model(x)
    assert out.dtype == torch.float64
    matrix, vector = as_affine(model, 784, torch.float64)
    assert same_numbers(numbers, matrix, vector, atol=1e-10)
    close(out, x @ matrix + vector, atol=1e-10)


@pytest.mark.points(1)
def test_Mnist_Logistic_any_batch(student):
    """Any number of digits, one or many, contiguous in memory or not; xb itself isn't changed."""
    model, _ = filled(student.Mnist_Logistic())
    matrix, vector = as_affine(model, 784)
    for x in (torch.rand(1, 784), torch.rand(784, 37).T, torch.rand(130, 784)[::2]):
        given = x.clone()
        close(model(x), given @ matrix + vector, atol=1e-4)
        close(x, given)


@pytest.mark.points(5)
def test_Mnist_Logistic_writes_its_own(student, shortcut):
    """The layer is your own here: nn.Linear comes in exercise 05."""
    shortcut.refuse_source("Mnist_Logistic", LINEAR_LAYERS)
    assert not any(isinstance(m, nn.Linear) for m in student.Mnist_Logistic().modules())


@pytest.mark.bonus
def test_Mnist_Logistic_more_batch_dimensions(student):
    """Bonus: only the last dimension must be 784: any dimensions before it stay as they are."""
    model, _ = filled(student.Mnist_Logistic())
    matrix, vector = as_affine(model, 784)
    for shape in [(784,), (2, 3, 784)]:
        x = torch.rand(shape)
        close(model(x), x @ matrix + vector, atol=1e-4)


@pytest.mark.bonus
def test_Mnist_Logistic_on_another_device(student, accelerator):
    """Bonus: moved to a GPU, the model works there, as all of its numbers move with it."""
    model, _ = filled(student.Mnist_Logistic())
    assert_works_on(accelerator, model, torch.rand(5, 784))


# ----------------------------------------------------------------------------------- MyLinear


@pytest.mark.points(2)
def test_MyLinear_parameters(student):
    """The layer is an nn.Module, and all its weights and biases are trainable parameters."""
    for n_in, n_out in [(3, 5), (17, 2), (1, 1), (784, 10)]:
        layer = student.MyLinear(n_in, n_out)
        assert isinstance(layer, nn.Module)
        parameters = list(layer.parameters())
        assert sum(parameter.numel() for parameter in parameters) == n_in * n_out + n_out
        assert all(parameter.requires_grad for parameter in parameters)


@pytest.mark.points(2)
def test_MyLinear_values(student):
    """The layer's answer is the input times the weights plus the bias, for any two sizes."""
    for n_in, n_out in [(3, 5), (17, 2), (1, 4), (6, 1), (4, 4)]:
        layer, numbers = filled(student.MyLinear(n_in, n_out))
        x = torch.randn(8, n_in)
        out = layer(x)
        assert out.shape == (8, n_out)
        assert out.dtype == torch.float32
        matrix, vector = as_affine(layer, n_in)
        assert same_numbers(numbers, matrix, vector)
        close(out, x @ matrix + vector, atol=1e-4)
        close(layer(x), out)


@pytest.mark.points(1)
def test_MyLinear_gradient(student):
    """backward() brings every parameter its gradient, and the input too."""
    layer, _ = filled(student.MyLinear(7, 3))
    matrix, _ = as_affine(layer, 7)
    x = torch.randn(10, 7, requires_grad=True)
    out = layer(x)
    assert out.requires_grad
    incoming = torch.randn(10, 3)
    out.backward(incoming)
    assert same_numbers(gradients(layer), x.detach().T @ incoming, incoming.sum(0))
    assert x.grad is not None
    close(x.grad, incoming @ matrix.T, atol=1e-4)


@pytest.mark.points(1)
def test_MyLinear_learns(student, lab, reference):
    """Ten steps of gradient descent from all zeros lower the loss just as far as they should."""
    x = torch.randn(40, 4)
    y = x @ torch.randn(4, 2) + torch.randn(2)
    start = {"loss_func": F.mse_loss, "x": x, "y": y, "lr": 0.1, "steps": 10}
    losses = train_from_zero(student.MyLinear(4, 2), **start, optimizers=lab.optim)
    expected = train_from_zero(reference.MyLinear(4, 2), **start, optimizers=torch.optim)
    assert losses == pytest.approx(expected, rel=1e-4, abs=1e-4)
    assert losses[-1] < losses[0]


@pytest.mark.points(1)
def test_MyLinear_stacks(student, lab):
    """Two layers with a ReLU between make a network whose every parameter gets a gradient."""
    first, first_numbers = filled(student.MyLinear(5, 20))
    second, second_numbers = filled(student.MyLinear(20, 3))
    (a, b), (c, d) = as_affine(first, 5), as_affine(second, 20)
    network = lab.nn.Sequential(first, lab.nn.ReLU(), second)
    assert sum(p.numel() for p in network.parameters()) == len(first_numbers) + len(second_numbers)
    x = torch.randn(30, 5)
    out, ours = network(x), [tensor.requires_grad_() for tensor in (a, b, c, d)]
    expected = (x @ a + b).relu() @ c + d
    close(out, expected, atol=1e-4)
    out.square().mean().backward()
    of_a, of_b, of_c, of_d = torch.autograd.grad(expected.square().mean(), ours)
    assert same_numbers(gradients(first), of_a, of_b)
    assert same_numbers(gradients(second), of_c, of_d)


@pytest.mark.points(1)
def test_MyLinear_layers_are_independent(student):
    """Two layers share nothing: to change the parameters of one leaves the other as it was."""
    first, second = student.MyLinear(6, 4), student.MyLinear(6, 4)
    filled(second)
    x = torch.randn(5, 6)
    before = second(x).detach().clone()
    filled(first)
    close(second(x), before)
    assert not torch.allclose(first(x), before)


@pytest.mark.points(1)
def test_MyLinear_float64(student):
    """Moved to float64, the layer takes and gives float64, and its gradients are exact."""
    layer, numbers = filled(student.MyLinear(5, 3).to(torch.float64))
    x = torch.randn(4, 5, dtype=torch.float64, requires_grad=True)
    out = layer(x)
    assert out.dtype == torch.float64
    matrix, vector = as_affine(layer, 5, torch.float64)
    assert same_numbers(numbers, matrix, vector, atol=1e-10)
    close(out, x @ matrix + vector, atol=1e-10)
    assert torch.autograd.gradcheck(layer, (x,))


@pytest.mark.points(1)
def test_MyLinear_any_batch(student):
    """Any number of rows, one or many, contiguous in memory or not; the input isn't changed."""
    layer, _ = filled(student.MyLinear(9, 4))
    matrix, vector = as_affine(layer, 9)
    for x in (torch.randn(1, 9), torch.randn(9, 37).T, torch.randn(130, 9)[::2]):
        given = x.clone()
        close(layer(x), given @ matrix + vector, atol=1e-4)
        close(x, given)


@pytest.mark.points(5)
def test_MyLinear_writes_its_own(student, shortcut):
    """The layer is your own here: nn.Linear comes in exercise 05."""
    shortcut.refuse_source("MyLinear", LINEAR_LAYERS)
    assert not any(isinstance(m, nn.Linear) for m in student.MyLinear(4, 2).modules())


@pytest.mark.bonus
def test_MyLinear_without_bias(student):
    """Bonus: with bias=False there is no bias parameter, and nothing is added."""
    layer, numbers = filled(student.MyLinear(6, 4, bias=False))
    assert numbers.shape == (24,)
    matrix, vector = as_affine(layer, 6)
    assert same_numbers(numbers, matrix)
    close(vector, torch.zeros(4))
    x = torch.randn(7, 6)
    close(layer(x), x @ matrix, atol=1e-4)


@pytest.mark.bonus
def test_MyLinear_more_batch_dimensions(student):
    """Bonus: only the last dimension holds features; any dimensions before it stay as they are."""
    layer, _ = filled(student.MyLinear(6, 4))
    matrix, vector = as_affine(layer, 6)
    for shape in [(6,), (2, 3, 6), (2, 1, 5, 6)]:
        x = torch.randn(shape)
        close(layer(x), x @ matrix + vector, atol=1e-4)


@pytest.mark.bonus
def test_MyLinear_on_another_device(student, accelerator):
    """Bonus: moved to a GPU, the layer works there, as all of its numbers move with it."""
    layer, _ = filled(student.MyLinear(6, 4))
    assert_works_on(accelerator, layer, torch.randn(5, 6))
