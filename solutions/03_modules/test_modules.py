"""Hidden suite of 03_modules. Names, layout and axes of the parameters are the student's own."""
# ruff: noqa: N802, F405 - tests are named for their targets, and checks are words

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from grader.assignment.data import load_mnist
from grader.suite.checks import *  # noqa: F403

SIZES = [(3, 5), (17, 2), (1, 4), (6, 1), (4, 4), (1, 1)]


def logistic(student, opt=None, **options):
    return twins(student.Mnist_Logistic, opt, ours=lambda: nn.Linear(784, 10), **options)


def linear(student, n_in, n_out, opt=None, **options):
    ours = nn.Linear(n_in, n_out)
    return twins(lambda: student.MyLinear(n_in, n_out), opt, ours=ours, **options)


def batches(n, n_in):
    """Batches of any number of rows, in memory in any way; the first two differ in values only."""
    x = torch.randn(n, n_in)
    return [torch.randn(n, n_in), *layouts(x), torch.randn(1, n_in), torch.randn(300, n_in)]


def descend(model, opt, loss_func, x, y):
    """Train for ten steps."""
    for _ in range(10):
        loss_func(model(x), y).backward()
        opt.step()
        opt.zero_grad()


def made_by_hand(theirs, ours, n_in):
    """What theirs runs, from its making to its answer; the answer is that of ours, its twin."""
    pairs = []

    def answer(x):
        pairs.append(twins(theirs, ours=ours, inputs=n_in))
        return pairs[-1].theirs(x)

    by_hand(answer, lambda x: pairs[-1].ours(x), torch.randn(5, n_in), forbids=LAYERS)


@pytest.mark.points(2)
def test_Mnist_Logistic_parameters(student):
    """The model is an nn.Module with two trainable parameters: 7,840 weights and a bias of 10."""
    model = student.Mnist_Logistic()
    judged(model, "the model is an nn.Module", isinstance(model, nn.Module))
    sizes = sorted(p.numel() for p in model.parameters() if p.requires_grad)
    judged(sizes, "two parameters are to be trained, of 10 and of 7,840", sizes == [10, 7840])


@pytest.mark.points(2)
def test_Mnist_Logistic_logits(student):
    """The model's answer is xb times the weights plus the bias: ten raw scores for each digit."""
    pair = logistic(student)
    x = torch.rand(12, 784)
    same(pair.theirs, pair.ours, each=[x, x, torch.rand(12, 784)])


@pytest.mark.points(2)
def test_Mnist_Logistic_gradient(student):
    """backward() brings parameters and input their gradients; with them, ten steps go right."""
    # With steps ten times as long, training is unstable and makes rounding errors visible.
    pair, y = logistic(student, optimizer("SGD", 0.01)), labels(40, 10)
    gradients(pair.theirs, pair.ours, each=[torch.rand(9, 784), torch.rand(9, 784)])
    trained_alike(descend, descend, pair, F.cross_entropy, torch.rand(40, 784), y)


def test_Mnist_Logistic_untrained_loss(student):
    """A new model knows nothing: its loss is near log(10), as its weights are small numbers."""
    data = load_mnist()  # randn/√784 gives 2.28 to 2.45 over 20 seeds; randn alone more than 6
    valid = data.x_valid, data.y_valid
    untrained_loss(student.Mnist_Logistic, F.cross_entropy, *valid, low=2.1, high=2.7)
    first = [parameter.detach() for parameter in student.Mnist_Logistic().parameters()]
    small = all(bool((values.abs() < 10).all()) for values in first)
    judged(first, "the first weights and biases are small numbers, all below 10", small)


@pytest.mark.points(2)
def test_Mnist_Logistic_models_are_independent(student):
    """Two models share nothing; with the other's state_dict loaded, one gives its answers."""
    independent(student.Mnist_Logistic, torch.rand(5, 784))
    pair, fresh = logistic(student), student.Mnist_Logistic()
    fresh.load_state_dict(pair.theirs.state_dict())
    same(fresh, pair.ours, torch.rand(6, 784))


def test_Mnist_Logistic_float64(student):
    """Moved to float64, the model takes and gives float64, as exact as that is."""
    pair = logistic(student, dtype=torch.float64)
    same(pair.theirs, pair.ours, torch.rand(3, 784, dtype=torch.float64))


def test_Mnist_Logistic_any_batch(student):
    """Any number of digits, one or many, contiguous in memory or not; xb itself isn't changed."""
    pair = logistic(student)
    same(pair.theirs, pair.ours, each=batches(7, 784))


@pytest.mark.points(5)
def test_Mnist_Logistic_by_hand(student, reference):
    """Weights and bias are the model's own and right: none of PyTorch's layers does the work."""
    made_by_hand(student.Mnist_Logistic, reference.Mnist_Logistic, 784)


@pytest.mark.bonus
def test_Mnist_Logistic_more_batch_dimensions(student):
    """Bonus: only the last dimension must be 784: any dimensions before it stay as they are."""
    pair = logistic(student)
    same(pair.theirs, pair.ours, each=[torch.rand(784), torch.rand(2, 3, 784)])


@pytest.mark.bonus
def test_Mnist_Logistic_on_another_device(student, accelerator):
    """Bonus: moved to a GPU, the model works there, as all of its numbers move with it."""
    pair = logistic(student, device=accelerator)
    gradients(pair.theirs, pair.ours, torch.rand(5, 784), device=accelerator)


@pytest.mark.points(2)
def test_MyLinear_parameters(student):
    """The layer is an nn.Module, and all its weights and biases are trainable parameters."""
    for n_in, n_out in [*SIZES, (784, 10)]:
        layer = student.MyLinear(n_in, n_out)
        judged(layer, "the layer is an nn.Module", isinstance(layer, nn.Module))
        found = [p.numel() for p in layer.parameters() if p.requires_grad]
        right = f"{n_in} × {n_out} + {n_out} numbers are to be trained"
        judged(found, right, sum(found) == n_in * n_out + n_out)


@pytest.mark.points(2)
def test_MyLinear_values(student):
    """The layer's answer is the input times the weights plus the bias, for any two sizes."""
    for n_in, n_out in SIZES:
        pair = linear(student, n_in, n_out)
        x = torch.randn(8, n_in)
        same(pair.theirs, pair.ours, each=[x, x, torch.randn(8, n_in)])


@pytest.mark.points(2)
def test_MyLinear_gradient(student):
    """backward() brings parameters and input their gradients; with them, ten steps go right."""
    pair = linear(student, 7, 3, optimizer("SGD", 0.1))
    gradients(pair.theirs, pair.ours, each=[torch.randn(10, 7), torch.randn(10, 7)])
    trained_alike(descend, descend, pair, F.mse_loss, torch.randn(40, 7), torch.randn(40, 3))


def test_MyLinear_stacks(student, lab):
    """Two layers with a ReLU between make a network whose every parameter gets a gradient."""
    first, second = linear(student, 5, 20), linear(student, 20, 3)
    theirs = lab.nn.Sequential(first.theirs, lab.nn.ReLU(), second.theirs)
    ours = nn.Sequential(first.ours, nn.ReLU(), second.ours)
    gradients(lambda x: theirs(x), lambda x: ours(x), torch.randn(30, 5))
    arrived = [p.grad for p in theirs.parameters()]
    judged(arrived, "every parameter gets a gradient", all(g is not None for g in arrived))


def test_MyLinear_layers_are_independent(student):
    """Two layers share nothing: to change the parameters of one leaves the other as it was."""
    independent(lambda: student.MyLinear(6, 4), torch.randn(5, 6))


def test_MyLinear_float64(student):
    """Moved to float64, the layer takes and gives float64, and its gradients are exact."""
    pair = linear(student, 5, 3, dtype=torch.float64)
    gradients(pair.theirs, pair.ours, torch.randn(4, 5, dtype=torch.float64), exact=True)


def test_MyLinear_any_batch(student):
    """Any number of rows, one or many, contiguous in memory or not; the input isn't changed."""
    pair = linear(student, 9, 4)
    same(pair.theirs, pair.ours, each=batches(7, 9))


@pytest.mark.points(5)
def test_MyLinear_by_hand(student, reference):
    """Weight and bias are the layer's own and right: none of PyTorch's layers does the work."""
    made_by_hand(lambda: student.MyLinear(3, 5), lambda: reference.MyLinear(3, 5), 3)


@pytest.mark.bonus
def test_MyLinear_without_bias(student):
    """Bonus: with bias=False there is no bias parameter, and nothing is added."""
    pair = twins(lambda: student.MyLinear(6, 4, bias=False), ours=nn.Linear(6, 4, bias=False))
    same(pair.theirs, pair.ours, torch.randn(7, 6))


@pytest.mark.bonus
def test_MyLinear_more_batch_dimensions(student):
    """Bonus: only the last dimension holds features; any dimensions before it stay as they are."""
    pair = linear(student, 6, 4)
    same(pair.theirs, pair.ours, each=[torch.randn(s) for s in ((6,), (2, 3, 6), (2, 1, 5, 6))])


@pytest.mark.bonus
def test_MyLinear_on_another_device(student, accelerator):
    """Bonus: moved to a GPU, the layer works there, as all of its numbers move with it."""
    pair = linear(student, 6, 4, device=accelerator)
    gradients(pair.theirs, pair.ours, torch.randn(5, 6), device=accelerator)
