"""Hidden suite of 05_refactor."""
# ruff: noqa: N802, F405 - tests are named for their targets, and checks are words

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from grader.assignment.data import load_mnist
from grader.suite.checks import *  # noqa: F403

SGD = optimizer("SGD", 0.3)
SLOW = optimizer("SGD", 0.01)
HEAVY = optimizer("SGD", 0.1, momentum=0.9, weight_decay=0.01)


def logistic(student, dtype=torch.float32):
    return twins(student.Mnist_Logistic, ours=lambda: nn.Linear(784, 10), dtype=dtype)


@pytest.mark.points(4)  # a model made by hand fails this one alone
def test_Mnist_Logistic_on_nn_linear(student):
    """An nn.Linear does the work, and the answer is right."""
    pair, x = logistic(student), torch.rand(5, 784)
    same(pair.theirs, pair.ours, x)
    model = lambda x: student.Mnist_Logistic()(x).shape  # noqa: E731
    by_hand(model, (5, 10), x, forbids=(), requires="torch.nn.Linear")


@pytest.mark.points(5)
def test_Mnist_Logistic_logits(student):
    """Ten raw scores for each of any number of digits; gradients reach parameters and input."""
    pair = logistic(student)
    same(pair.theirs, pair.ours, each=tensors("n 784"))
    gradients(pair.theirs, pair.ours, torch.rand(9, 784, requires_grad=True))


@pytest.mark.points(3)
def test_Mnist_Logistic_new_models(student):
    """A new model's loss is near log(10). Two models share nothing. Each can be made float64."""
    _, _, x, y = load_mnist()
    untrained_loss(student.Mnist_Logistic, F.cross_entropy, x, y, low=2.1, high=2.7)
    independent(student.Mnist_Logistic, x[:5])
    pair = logistic(student, torch.float64)
    same(pair.theirs, pair.ours, x[:20].double())


@pytest.mark.bonus
def test_Mnist_Logistic_more_batch_dimensions(student):
    """Bonus: only the last dimension must be 784: any dimensions before it stay as they are."""
    pair = logistic(student)
    same(pair.theirs, pair.ours, each=[torch.rand(784), torch.rand(2, 3, 784)])


@pytest.mark.points(4)
def test_get_model_gives_model_and_optimizer(student):
    """A model of digits that can be trained, then its optimizer, with lr=0.5 unless told."""

    def sizes(model):
        return sorted(p.numel() for p in model.parameters() if p.requires_grad)

    for arguments, lr in [({}, 0.5), ({"lr": 0.01}, 0.01), ({"lr": 2.0}, 2.0)]:
        model, opt = made = student.get_model(**arguments)
        judged(made, "a model, then its optimizer", isinstance(model, nn.Module))
        right = sizes(model) == [10, 7840] or sizes(model) == sizes(student.Mnist_Logistic())
        judged(sizes(model), "trainable parameters of 7,840 and 10 numbers", right)
        same(opt.param_groups[0]["lr"], lr)


@pytest.mark.points(4)
def test_get_model_steps_are_plain(student):
    """Each step moves every parameter by the learning rate times its gradient, and by no more."""
    for lr in (0.5, 0.03):
        model, opt = student.get_model(lr)
        for p in model.parameters():
            p.data = 10 * torch.randn(p.shape)
        for _ in range(3):
            for p in model.parameters():
                p.grad = torch.randn(p.shape)
            wanted = [(p - lr * p.grad).detach() for p in model.parameters()]
            opt.step()
            same([p.detach().clone() for p in model.parameters()], wanted, rtol=1e-6)
        opt.zero_grad()
        left = [p for p in model.parameters() if p.grad is not None and p.grad.any()]
        judged(left, "opt.zero_grad() clears every gradient", not left)


@pytest.mark.points(2)
def test_get_model_is_new_each_time(student):
    """Every call makes a model of its own: to train one leaves others alone."""

    def shared(build):
        first, second = build(), build()
        for p in first.parameters():
            p.data = torch.full_like(p, 7)
        return any(bool((p == 7).all()) for p in second.parameters())

    alone = not shared(lambda: student.get_model()[0]) or shared(student.Mnist_Logistic)
    judged(alone, "two models share no numbers", alone)


def fit_alike(student, reference, *args, **options):
    """Both land on the same parameters, whatever they return."""
    trained_alike(student.fit, reference.fit, *args, read=anything, **options)


@pytest.mark.points(4)
def test_fit_batches(student, reference):
    """Batches of bs (64) in order, the last one short, for `epochs` (2); a step after each."""
    for n, bs in [(100, 64), (5, 8), (32, 8), (33, 8), (7, 1), (1001, 500)]:
        pair = twins(classifier, SGD)
        for epochs in (1, 2):  # and once more, from where it ended
            fit_alike(student, reference, pair, F.cross_entropy, *classification(n), epochs, bs)
    fit_alike(student, reference, twins(classifier, SGD), F.cross_entropy, *classification(150))


@pytest.mark.points(3)
def test_fit_uses_the_given_optimizer(student, reference):
    """The given optimizer takes every step, even if the loss grows or nothing is to be learned."""
    for made_by in (optimizer("SGD", 3.0), optimizer("Adam", 0.05), HEAVY):
        pair, (x, y) = twins(regressor, made_by), regression(50)
        fit_alike(student, reference, pair, F.mse_loss, x, y, epochs=3, bs=16, rtol=1e-3)
    pair = twins(regressor, HEAVY)
    fit_alike(student, reference, pair, F.mse_loss, x, pair.ours(x).detach(), epochs=3)


@pytest.mark.points(5)
def test_fit_any_loss_model_and_data(student, reference):
    """Any loss, any model (in training mode, in float64 too) and data: it isn't changed."""
    for loss in (F.mse_loss, both(lambda torch: torch.nn.L1Loss()), define(pessimist)):
        fit_alike(student, reference, twins(regressor, SLOW), loss, *regression(40), bs=16)
    fit_alike(student, reference, twins(Moody, SLOW), F.mse_loss, *regression(60), bs=25)
    fit_alike(student, reference, twins(Deep, SGD), F.cross_entropy, *classification(60), bs=25)
    pair, (x, y) = twins(classifier, SGD, dtype=torch.float64), classification(50)
    fit_alike(student, reference, pair, F.cross_entropy, x.double(), y, bs=16)
    for pair, laid_out in ((twins(classifier, SGD), given) for given in layouts(x)[1:]):
        fit_alike(student, reference, pair, F.cross_entropy, laid_out, layouts(y)[2], bs=16)


@pytest.mark.points(3)
def test_fit_mean_losses(student, reference):
    """A list of floats, one an epoch: the mean of its losses, each before its batch's step."""
    for n, epochs in [(45, 3), (41, 1), (40, 3)]:
        given = twins(classifier, SGD), F.cross_entropy, *classification(n), epochs, 20
        trained_alike(student.fit, reference.fit, *given)


@pytest.mark.bonus
def test_fit_on_another_device(student, reference, accelerator):
    """Bonus: with the model and the data on a GPU, the training runs there."""
    pair = twins(classifier, SGD, device=accelerator)
    fit_alike(student, reference, pair, F.cross_entropy, *classification(50), bs=16)


def random_alike(student, reference, pair, loss, steps=5, learned=False):
    """Both land on the same parameters, on 24 samples that are all the same."""
    dtype = next(pair.ours.parameters()).dtype
    x = F.normalize(torch.randn(3, dtype=dtype), dim=0)  # of length 1, so no step is too long
    y = pair.ours(x).detach() if learned else torch.randn(2, dtype=dtype)
    given = pair, loss, *all_alike(24, x, y), steps, 4
    trained_alike(student.train_random, reference.train_random, *given, read=anything)


@pytest.mark.points(2)
def test_train_random_takes_the_steps(student, reference):
    """The given optimizer takes as many steps as asked for, with clean gradients at each."""
    for made_by in (SGD, optimizer("Adam", 0.05), HEAVY):
        random_alike(student, reference, twins(regressor, made_by), F.mse_loss, steps=7)
    random_alike(student, reference, twins(regressor, HEAVY), F.mse_loss, learned=True)


@pytest.mark.points(4)
def test_train_random_draws(student):
    """Each step draws its own batch_size samples at random, and every sample has its chance."""
    random_batches(uses(student.train_random))


@pytest.mark.points(3)
def test_train_random_keeps_pairs(student):
    """Each sample stays with its own target: then targets without noise are learned exactly."""
    pair, x = twins(regressor, optimizer("SGD", 0.15)), layouts(torch.randn(80, 3))[2]
    weight = torch.randn(3, 2)
    given = *pair.theirs_first, F.mse_loss, x, x @ weight, 100, 8
    unseen = F.mse_loss, torch.eye(3), weight
    learns(lambda: student.train_random(*given), lambda: pair.loss(*unseen), below=1e-3)


@pytest.mark.points(3)
def test_train_random_any_loss_and_model(student, reference):
    """Any loss and model will do, in float64 too; it trains in training mode."""
    for loss in (both(lambda torch: torch.nn.L1Loss()), define(pessimist)):
        random_alike(student, reference, twins(regressor, SLOW), loss)
    random_alike(student, reference, twins(Moody, SLOW), F.mse_loss)
    random_alike(student, reference, twins(regressor, SGD, dtype=torch.float64), F.mse_loss)


@pytest.mark.bonus
def test_train_random_on_another_device(student, reference, accelerator):
    """Bonus: with the model and the data on a GPU, the training runs there."""
    random_alike(student, reference, twins(regressor, SGD, device=accelerator), F.mse_loss)
