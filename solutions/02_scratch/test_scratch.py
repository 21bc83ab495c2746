"""Hidden suite of 02_scratch.

Random batches are made predictable where it counts: with all samples alike it doesn't matter which
are drawn, and with one-hot samples the changed rows of the weights show which ones were.
"""

import math

import pytest
import torch
import torch.nn.functional as F

from grader.assignment.data import load_mnist


def assert_tensor(result, shape, dtype=torch.float32):
    assert isinstance(result, torch.Tensor), f"a {type(result).__name__}, not a tensor"
    assert result.shape == shape, f"shape {tuple(result.shape)} instead of {tuple(shape)}"
    assert result.dtype == dtype, f"{result.dtype} instead of {dtype}"


def pair(result):
    """The weights and the bias in what `init_params` returned, a tuple or a list."""
    assert isinstance(result, (tuple, list)), f"a {type(result).__name__}, not a pair"
    assert len(result) == 2, f"{len(result)} things instead of a pair"
    assert all(isinstance(p, torch.Tensor) for p in result), "weights and bias must be tensors"
    return result


def layer(n_in, n_out, dtype=torch.float32):
    """The parameters of a layer, a bias that isn't zero among them."""
    weights = torch.randn(n_in, n_out, dtype=dtype) / math.sqrt(n_in)
    return weights.requires_grad_(), torch.randn(n_out, dtype=dtype).requires_grad_()


def with_gradients(*shapes, dtype=torch.float32):
    """Parameters as backward() leaves them. Pass on a copy of the list: it's theirs to change."""
    params = [torch.randn(shape, dtype=dtype).requires_grad_() for shape in shapes]
    for p in params:
        p.grad = torch.randn_like(p)
    return params


def close(result, expected):
    torch.testing.assert_close(result.detach(), expected.detach(), atol=2e-5, rtol=1e-5)


# ------------------------------------------------------------------------------- init_params


@pytest.mark.points(2)
def test_init_params_shapes(student):
    """A pair: weights (n_in, n_out) and bias (n_out,); without arguments for 784 inputs and 10."""
    for made, size in (
        (student.init_params(), (784, 10)),
        (student.init_params(4, 9), (4, 9)),
        (student.init_params(n_in=5, n_out=3), (5, 3)),
    ):
        weights, bias = pair(made)
        assert_tensor(weights, size, weights.dtype)
        assert_tensor(bias, size[1:], bias.dtype)


@pytest.mark.points(2)
def test_init_params_spread_of_weights(student):
    """The standard deviation of the weights is 1/sqrt(n_in), whatever the sizes."""
    # 7,840 draws or more: a right answer's spread is off by 1 %, so 10 % is a dozen of its sd.
    for n_in, n_out in ((784, 10), (100, 100), (2000, 5), (32, 512)):
        weights, _ = pair(student.init_params(n_in, n_out))
        spread = weights.detach().double().std().item() * math.sqrt(n_in)
        assert 0.9 < spread < 1.1, f"the spread is {spread:.2f} times what it should be"


def test_init_params_weights_around_zero(student):
    """The weights lie around zero: as many above as below, and a mean close to 0."""
    for n_in, n_out in ((784, 10), (100, 100)):
        weights = pair(student.init_params(n_in, n_out))[0].detach().double()
        assert abs(weights.mean().item()) * math.sqrt(n_in) < 0.1  # 9 sd of a right answer's mean
        assert 0.4 < (weights > 0).double().mean().item() < 0.6  # 17 sd


def test_init_params_weights_are_all_drawn(student):
    """Every weight is drawn for itself: no two classes and no two inputs share theirs."""
    weights, _ = pair(student.init_params(300, 40))
    for lines in (weights.detach(), weights.detach().t()):
        assert len(lines.unique(dim=0)) == len(lines), "some rows or columns are alike"


def test_init_params_bias_is_zero(student):
    """The bias starts at zero, all of it."""
    for n_in, n_out in ((784, 10), (7, 12)):
        _, bias = pair(student.init_params(n_in, n_out))
        assert bias.numel() == n_out
        assert not bias.detach().any(), "the bias isn't zero"


@pytest.mark.points(2)
def test_init_params_leaves_that_require_grad(student):
    """Weights and bias both require grad, and are leaves: backward() fills their .grad."""
    weights, bias = pair(student.init_params(6, 4))
    for name, p in (("weights", weights), ("bias", bias)):
        assert p.requires_grad, f"{name} doesn't require grad"
        assert p.is_leaf, f"{name} isn't a leaf"
    (torch.randn(3, 6).to(weights.dtype) @ weights + bias).sum().backward()
    assert weights.grad is not None
    assert bias.grad is not None


def test_init_params_single_precision(student):
    """Weights and bias are float32, like the images that they are to be multiplied with."""
    for p in pair(student.init_params(8, 3)):
        assert p.dtype == torch.float32, f"{p.dtype} instead of torch.float32"


# ------------------------------------------------------------------------------------- model


@pytest.mark.points(3)
def test_model_values(student):
    """The log-softmax of each sample's scores, which are xb @ weights + bias."""
    for n, n_in, n_out in ((5, 4, 3), (130, 784, 10), (1, 6, 2), (3, 2, 7)):
        xb, (weights, bias) = torch.randn(n, n_in), layer(n_in, n_out)
        result = student.model(xb, weights, bias)
        assert_tensor(result, (n, n_out))
        close(result, F.log_softmax(xb @ weights + bias, -1))


def test_model_square_sizes(student):
    """With as many samples, inputs and classes alike, nothing is transposed or mixed up."""
    for n in (2, 5):
        xb, (weights, bias) = torch.randn(n, n), layer(n, n)
        result = student.model(xb, weights, bias)
        assert_tensor(result, (n, n))
        close(result, F.log_softmax(xb @ weights + bias, -1))


def test_model_rows_are_probabilities(student):
    """exp() of each row of the result adds up to 1: these are log-probabilities, not scores."""
    xb, (weights, bias) = 3 * torch.randn(9, 6), layer(6, 4)
    result = student.model(xb, weights, bias)
    assert_tensor(result, (9, 4))
    close(result.exp().sum(-1), torch.ones(9))


@pytest.mark.points(2)
def test_model_gradient(student):
    """Gradients flow back through the model to the weights, to the bias and to the batch."""
    xb, (weights, bias) = torch.randn(4, 3, dtype=torch.float64), layer(3, 3, torch.float64)
    assert student.model(xb, weights, bias).requires_grad, "the result is cut off"
    assert torch.autograd.gradcheck(
        student.model,
        (xb.requires_grad_(), weights, bias),
        nondet_tol=1e-9,
        check_undefined_grad=False,
    )


def test_model_float64(student):
    """Double precision in gives double precision out, in dtype and in accuracy."""
    xb, (weights, bias) = torch.randn(6, 5, dtype=torch.float64), layer(5, 4, torch.float64)
    result = student.model(xb, weights, bias)
    assert_tensor(result, (6, 4), torch.float64)
    expected = F.log_softmax(xb @ weights + bias, -1)
    torch.testing.assert_close(result, expected, atol=1e-8, rtol=1e-8)


def test_model_non_contiguous(student):
    """Only the values count, not how batch and weights lie in memory."""
    weights, bias = layer(6, 3)
    by_columns = weights.detach().t().contiguous().t().requires_grad_()
    for xb in (torch.randn(5, 12)[:, ::2], torch.randn(6, 5).t()):
        result = student.model(xb, by_columns, bias)
        assert_tensor(result, (5, 3))
        close(result, F.log_softmax(xb @ weights + bias, -1))


def test_model_leaves_its_arguments_unchanged(student):
    """Batch, weights and bias are the same afterwards: the model only reads them."""
    arguments = torch.randn(5, 4), *(p.detach() for p in layer(4, 3))
    before = [a.clone() for a in arguments]
    assert_tensor(student.model(*arguments), (5, 3))
    for name, a, b in zip(("xb", "weights", "bias"), arguments, before, strict=True):
        assert torch.equal(a, b), f"{name} was changed"


@pytest.mark.bonus
def test_model_large_scores(student):
    """Bonus: scores of ten thousand give finite log-probabilities and finite gradients."""
    xb, (weights, bias) = 1e4 * torch.randn(5, 4), layer(4, 3)
    result = student.model(xb, weights, bias)
    assert_tensor(result, (5, 3))
    expected = F.log_softmax(xb @ weights + bias, -1)
    torch.testing.assert_close(result, expected, atol=5e-2, rtol=1e-4)
    result.exp().pow(2).sum().backward()
    assert torch.isfinite(weights.grad).all(), "the gradient isn't finite"


@pytest.mark.bonus
def test_model_batch_dimensions(student):
    """Bonus: a batch may have further dimensions in front, such as (2, 5, n_in)."""
    xb, (weights, bias) = torch.randn(2, 5, 4), layer(4, 3)
    result = student.model(xb, weights, bias)
    assert_tensor(result, (2, 5, 3))
    close(result, F.log_softmax(xb @ weights + bias, -1))


@pytest.mark.bonus
def test_model_on_another_device(student, accelerator):
    """Bonus: with batch, weights and bias on a GPU, the result is on that GPU too."""
    xb, (weights, bias) = torch.randn(5, 4), layer(4, 3)
    arguments = [a.detach().to(accelerator) for a in (xb, weights, bias)]
    result = student.model(*arguments)
    assert_tensor(result, (5, 3))
    assert result.device.type == accelerator.type, f"the result is on {result.device}"
    close(result.cpu(), F.log_softmax(xb @ weights + bias, -1))


# ---------------------------------------------------------------------------------- sgd_step


@pytest.mark.points(2)
def test_sgd_step_moves_every_parameter(student):
    """Each tensor of the list itself, however many there are, moves by -lr times its gradient."""
    for shapes in ([(4, 3), (3,)], [(5,)], [(3, 2), (2,), (2, 4), (4,)], [(1,), (2, 3, 2)]):
        params = with_gradients(*shapes)
        expected = [p.detach() - 0.3 * p.grad for p in params]
        student.sgd_step([*params], 0.3)
        for p, e in zip(params, expected, strict=True):
            close(p, e)


def test_sgd_step_learning_rate(student):
    """The step is as long as the learning rate says: gradients aren't rescaled or cut off."""
    for lr in (0.5, 0.01, 2.0):
        params = with_gradients((4, 3), (3,))
        for p in params:
            p.grad *= 50
        expected = [p.detach() - lr * p.grad for p in params]
        student.sgd_step([*params], lr)
        for p, e in zip(params, expected, strict=True):
            close(p, e)


@pytest.mark.points(2)
def test_sgd_step_clears_gradients(student):
    """After the step each gradient is gone, zero or None, so that the next doesn't add to it."""
    for shapes in ([(4, 3), (3,)], [(5,)], [(3, 2), (2,), (2, 4), (4,)]):
        params = with_gradients(*shapes)
        student.sgd_step([*params], 0.1)
        for p in params:
            assert p.grad is None or not p.grad.any(), "a gradient is left over"


@pytest.mark.points(2)
def test_sgd_step_several_steps(student):
    """backward() and sgd_step by turns take the parameters where gradient descent takes them."""
    x, y = torch.randn(8, 4), torch.randn(8, 3)
    params = [p.detach().requires_grad_() for p in layer(4, 3)]
    rival = [p.detach().clone().requires_grad_() for p in params]
    for _ in range(4):
        (x @ params[0] + params[1] - y).pow(2).mean().backward()
        student.sgd_step([*params], 0.2)
        gradients = torch.autograd.grad((x @ rival[0] + rival[1] - y).pow(2).mean(), rival)
        rival = [
            (r - 0.2 * g).detach().requires_grad_() for r, g in zip(rival, gradients, strict=True)
        ]
        for p, r in zip(params, rival, strict=True):
            close(p, r)


def test_sgd_step_stays_outside_the_graph(student, lab):
    """The parameters are leaves that require grad after the step as before: it isn't recorded."""
    linear = lab.nn.Linear(4, 3)
    x, params = torch.randn(6, 4), list(linear.parameters())
    before = [p.detach().clone() for p in params]
    linear(x).pow(2).mean().backward()
    student.sgd_step([*params], 0.1)
    for p, b in zip(params, before, strict=True):
        assert not torch.equal(p.detach(), b), "a parameter didn't move"
        assert p.is_leaf, "a parameter isn't a leaf any more"
        assert p.requires_grad, "a parameter doesn't require grad any more"
    linear(x).pow(2).mean().backward()  # as in the next step
    for p in params:
        assert p.grad is not None, "backward() doesn't reach a parameter any more"
        assert p.grad.any(), "backward() doesn't reach a parameter any more"


def test_sgd_step_float64(student):
    """Parameters in double precision stay in it, and take the same step."""
    params = with_gradients((3, 4), (4,), dtype=torch.float64)
    expected = [p.detach() - 0.7 * p.grad for p in params]
    student.sgd_step([*params], 0.7)
    for p, e in zip(params, expected, strict=True):
        assert p.dtype == e.dtype
        close(p, e)


@pytest.mark.points(5)
def test_sgd_step_by_hand(student, shortcut):
    """The update is written out: torch.optim, which would do it for you, isn't used."""
    with shortcut.refuse_optimizers("sgd_step"):
        student.sgd_step(with_gradients((4, 3), (3,)), 0.1)


@pytest.mark.bonus
def test_sgd_step_without_a_gradient(student):
    """Bonus: a parameter that got no gradient (.grad is None) stays as it is."""
    moved, still = with_gradients((4, 3), (3,))
    still.grad = None
    expected = moved.detach() - 0.1 * moved.grad, still.detach().clone()
    student.sgd_step([still, moved], 0.1)
    close(moved, expected[0])
    assert torch.equal(still, expected[1])


# ------------------------------------------------------------------------------------- train


def descend(x, y, weights, bias, steps, lr):
    """Where full-batch gradient descent on the mean loss gets from here."""
    params = [weights.detach().clone().requires_grad_(), bias.detach().clone().requires_grad_()]
    for _ in range(steps):
        loss = F.nll_loss(F.log_softmax(x @ params[0] + params[1], -1), y)
        gradients = torch.autograd.grad(loss, params)
        params = [
            (p - lr * g).detach().requires_grad_() for p, g in zip(params, gradients, strict=True)
        ]
    return params


@pytest.mark.points(3)
def test_train_exact_steps(student):
    """With all samples alike, and so all batches, weights and bias land just where they should."""
    for steps, batch_size, lr in ((1, 4, 0.5), (5, 8, 0.2), (12, 1, 0.1), (7, 16, 0.05)):
        x, y = torch.rand(1, 6).expand(16, 6).clone(), torch.randint(4, (1,)).expand(16).clone()
        weights, bias = layer(6, 4)
        expected = descend(x, y, weights, bias, steps, lr)
        student.train(x, y, weights, bias, steps=steps, batch_size=batch_size, lr=lr)
        close(weights, expected[0])
        close(bias, expected[1])


def one_step(student, n, batch_size):
    """One step from zero on n one-hot samples: how often each was drawn, and what changed."""
    x, y, classes, lr = torch.eye(n), torch.randint(4, (n,)), 4, 0.5
    weights = torch.zeros(n, classes, requires_grad=True)
    bias = torch.zeros(classes, requires_grad=True)
    student.train(x, y, weights, bias, 1, batch_size, lr)
    # All classes are equally likely at zero, so a sample drawn k times moves its row by k × this.
    once = lr / batch_size * (F.one_hot(y, classes) - 1 / classes)
    drawn = weights.detach()[range(n), y] / once[range(n), y]
    return drawn, weights.detach(), drawn.unsqueeze(-1) * once, bias.detach()


@pytest.mark.points(2)
def test_train_one_step(student):
    """One step draws batch_size samples, each with its own label, and follows their mean loss."""
    for batch_size in (12, 40):
        drawn, weights, expected, bias = one_step(student, 500, batch_size)
        assert (drawn - drawn.round()).abs().max() < 1e-3, "no whole number of samples was drawn"
        assert drawn.sum().round() == batch_size, "the batch hasn't batch_size samples"
        # 12 of 500 drawn at random are 12 or 11 different ones; fewer than half, practically never.
        assert (drawn > 0.5).sum() > batch_size / 2, "the batch holds too few different samples"
        close(weights, expected)
        close(bias, expected.sum(0))


def test_train_random_batches(student):
    """The batches are drawn at random: not the first samples, nor the samples in their order."""
    batches = [(one_step(student, 500, 12)[0] > 0.5).nonzero().flatten() for _ in range(3)]
    for batch in batches:
        assert len(batch) > 6, "the batch holds too few different samples"
    evenly_spaced = all(len(batch.diff().unique()) == 1 for batch in batches)
    always_the_same = all(torch.equal(batch, batches[0]) for batch in batches)
    assert not (evenly_spaced and always_the_same), "the samples are taken in their order"


def test_train_reaches_every_sample(student):
    """Over many steps each sample is drawn now and then, from the very first to the very last."""
    n = 20
    weights, bias = torch.zeros(n, 3, requires_grad=True), torch.zeros(3, requires_grad=True)
    # 2,000 draws: independent ones miss one of 20 samples with probability 20 * 0.95**2000 < 1e-43.
    student.train(torch.eye(n), torch.randint(3, (n,)), weights, bias, 400, 5, 0.1)
    assert torch.isfinite(weights).all()
    assert weights.detach().any(-1).all(), "some samples were never drawn"


@pytest.mark.timeout(60)
def test_train_learns_digits(student):
    """Trained on handwritten digits, the weights tell digits apart that they have never seen."""
    digits = load_mnist()
    weights = (torch.randn(784, 10) / 28).requires_grad_()
    bias = torch.zeros(10, requires_grad=True)
    x, y = digits.x_train[:2000], digits.y_train[:2000]
    student.train(x, y, weights, bias, steps=200, batch_size=64, lr=0.2)
    with torch.no_grad():
        loss = F.cross_entropy(digits.x_valid @ weights + bias, digits.y_valid)
    # Measured: right 0.40 to 0.43 (60 seeds), always the same batch 0.87 and more, untrained 2.3.
    assert loss < 0.6


def test_train_leaves_samples_and_leaves(student):
    """x and y aren't changed, and weights and bias are still leaves that require grad."""
    x, y, (weights, bias) = torch.randn(9, 4), torch.randint(3, (9,)), layer(4, 3)
    before = x.clone(), y.clone(), weights.detach().clone()
    student.train(x, y, weights, bias, 3, 4, 0.1)
    assert torch.equal(x, before[0]), "x was changed"
    assert torch.equal(y, before[1]), "y was changed"
    assert not torch.equal(weights, before[2]), "the weights didn't move"
    for name, p in (("weights", weights), ("bias", bias)):
        assert p.requires_grad, f"{name} doesn't require grad any more"
        assert p.is_leaf, f"{name} isn't a leaf any more"


@pytest.mark.points(5)
def test_train_by_hand(student, shortcut):
    """The updates are written out or left to sgd_step: torch.optim isn't used."""
    with shortcut.refuse_optimizers("train"):
        student.train(torch.randn(6, 3), torch.randint(2, (6,)), *layer(3, 2), 2, 3, 0.1)
