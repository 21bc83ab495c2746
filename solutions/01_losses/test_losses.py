"""Hidden suite of 01_losses: PyTorch's own functions are the judges of the hand-written ones."""

import numbers

import numpy as np
import pytest
import torch
import torch.nn.functional as F

# Samples and classes: more of either, odd numbers, a single sample.
SIZES = [(5, 3), (3, 5), (64, 10), (7, 2), (1, 9)]

LOG_SOFTMAX = {
    "torch.log_softmax",
    "torch.special.log_softmax",
    "torch.nn.LogSoftmax",
    "torch.nn.CrossEntropyLoss",
    "torch.nn.functional.log_softmax",
    "torch.nn.functional.cross_entropy",
}
NLL = {
    "torch.nn.NLLLoss",
    "torch.nn.CrossEntropyLoss",
    "torch.nn.functional.nll_loss",
    "torch.nn.functional.cross_entropy",
}


EXACT = 1e-4  # of a share: one sample more or less moves it by far more


def scores(n, c, dtype=torch.float32):
    """Rows on levels and scales of their own, so that no sum over several rows can be right."""
    rows = torch.randn(n, c, dtype=dtype)
    return rows * (1 + 2 * torch.rand(n, 1, dtype=dtype)) + torch.randn(n, 1, dtype=dtype)


def log_probabilities(n, c, dtype=torch.float32):
    return F.log_softmax(scores(n, c, dtype), dim=-1)


def assert_tensor(result, shape, dtype):
    assert isinstance(result, torch.Tensor), f"a {type(result).__name__}, not a tensor"
    assert result.shape == shape, f"shape {tuple(result.shape)} instead of {tuple(shape)}"
    assert result.dtype == dtype, f"{result.dtype} instead of {dtype}"


def assert_loss(result, dtype):
    """One number, 0-d or in a tensor of one element: both are a loss to call backward() on."""
    assert isinstance(result, torch.Tensor), f"a {type(result).__name__}, not a tensor"
    assert result.numel() == 1, f"shape {tuple(result.shape)} instead of one number"
    assert result.dtype == dtype, f"{result.dtype} instead of {dtype}"


def number(result):
    """The number in what `accuracy` returned: a tensor, an array or a scalar of any library."""
    if isinstance(result, torch.Tensor):
        assert result.numel() == 1, f"shape {tuple(result.shape)} instead of one number"
    elif isinstance(result, (np.ndarray, np.generic)):
        assert result.size == 1, f"shape {result.shape} instead of one number"
    else:
        assert isinstance(result, numbers.Real), f"a {type(result).__name__}, not a number"
        return float(result)
    return float(result.item())


def predictions(n, c, right, scale=0.3):
    """Scores for n samples (no two of a row alike), and labels that fit just `right` of them."""
    ranks = torch.rand(n, c).argsort(-1)
    out = scale * (ranks + torch.rand(n, c) / 2 - c / 2)
    best = out.argmax(-1)
    wrong = (best + torch.randint(1, c, (n,))) % c
    fits = torch.randperm(n) < right
    return out, torch.where(fits, best, wrong)


def strided(x):
    """The same matrix laid out in memory in two other ways: by columns, and with gaps."""
    yield x.t().contiguous().t()
    yield torch.stack([x, torch.randn_like(x)], dim=-1)[..., 0]


# ------------------------------------------------------------------------------- log_softmax


@pytest.mark.points(3)
def test_log_softmax_values(student):
    """Each score minus the log of the sum of its own row's exponentials, in batches of any size."""
    for n, c in SIZES:
        x = scores(n, c)
        result = student.log_softmax(x)
        assert_tensor(result, x.shape, x.dtype)
        torch.testing.assert_close(result, F.log_softmax(x, -1), atol=2e-5, rtol=1e-5)


def test_log_softmax_square_batch(student):
    """With as many samples as classes, too, each row is normalised by its own sum, no other's."""
    for n in (2, 4, 10):
        x = scores(n, n)
        result = student.log_softmax(x)
        assert_tensor(result, x.shape, x.dtype)
        torch.testing.assert_close(result, F.log_softmax(x, -1), atol=2e-5, rtol=1e-5)


@pytest.mark.points(2)
def test_log_softmax_gradient(student):
    """Gradients flow back to x through every step, the row's sum as well as the score itself."""
    for n, c in ((3, 4), (2, 2)):
        x = scores(n, c, torch.float64).requires_grad_()
        assert student.log_softmax(x).requires_grad, "the result is cut off from x"
        assert torch.autograd.gradcheck(
            student.log_softmax, (x,), nondet_tol=1e-9, check_undefined_grad=False
        )


def test_log_softmax_float64(student):
    """Double precision in gives double precision out, in dtype and in accuracy."""
    for n, c in SIZES:
        x = scores(n, c, torch.float64)
        result = student.log_softmax(x)
        assert_tensor(result, x.shape, torch.float64)
        torch.testing.assert_close(result, F.log_softmax(x, -1), atol=1e-8, rtol=1e-8)


def test_log_softmax_non_contiguous(student):
    """Only the values of x count, not how they lie in memory (x may be a transpose or a slice)."""
    for x in strided(scores(6, 5)):
        result = student.log_softmax(x)
        assert_tensor(result, x.shape, x.dtype)
        torch.testing.assert_close(result, F.log_softmax(x, -1), atol=2e-5, rtol=1e-5)


def test_log_softmax_leaves_x_unchanged(student):
    """The caller's x still holds the scores afterwards: nothing is written into it."""
    x = scores(5, 4)
    before = x.clone()
    assert_tensor(student.log_softmax(x), x.shape, x.dtype)
    assert torch.equal(x, before), "x was changed"


@pytest.mark.points(5)
def test_log_softmax_by_hand(student, shortcut):
    """The formula is written out: PyTorch's own log_softmax isn't called."""
    shortcut.refuse_source("log_softmax", LOG_SOFTMAX)
    with shortcut.refuse_operators("log_softmax", {"aten::_log_softmax"}):
        result = student.log_softmax(scores(4, 5))
    assert_tensor(result, (4, 5), torch.float32)


@pytest.mark.bonus
def test_log_softmax_large_scores(student):
    """Bonus: scores of ten thousand, of either sign, give finite values and finite gradients."""
    for level in (1e4, -1e4):
        x = (scores(5, 7) + level).requires_grad_()
        wide = (level * torch.randn(5, 7)).requires_grad_()
        for scored in (x, wide):
            result = student.log_softmax(scored)
            torch.testing.assert_close(result, F.log_softmax(scored, -1), atol=1e-2, rtol=1e-5)
            result.exp().pow(2).sum().backward()
            assert torch.isfinite(scored.grad).all(), "the gradient isn't finite"


@pytest.mark.bonus
def test_log_softmax_other_dimensions(student):
    """Bonus: the last dimension is the one that counts, whether x has one, three or four."""
    for shape in ((6,), (2, 3, 4), (3, 3, 3), (2, 1, 3, 5)):
        x = 2 * torch.randn(shape)
        result = student.log_softmax(x)
        assert_tensor(result, x.shape, x.dtype)
        torch.testing.assert_close(result, F.log_softmax(x, -1), atol=2e-5, rtol=1e-5)


@pytest.mark.bonus
def test_log_softmax_half_precision(student):
    """Bonus: 16-bit scores give 16-bit log-probabilities."""
    for dtype, error in ((torch.float16, 2e-2), (torch.bfloat16, 1.5e-1)):
        x = torch.randn(6, 5).to(dtype)
        result = student.log_softmax(x)
        assert_tensor(result, x.shape, dtype)
        expected = F.log_softmax(x.double(), -1)
        torch.testing.assert_close(result.double(), expected, atol=error, rtol=error)


@pytest.mark.bonus
def test_log_softmax_on_another_device(student, accelerator):
    """Bonus: scores on a GPU give log-probabilities on that GPU."""
    x = scores(5, 4)
    result = student.log_softmax(x.to(accelerator))
    assert_tensor(result, x.shape, x.dtype)
    assert result.device.type == accelerator.type, f"the result is on {result.device}"
    torch.testing.assert_close(result.cpu(), F.log_softmax(x, -1), atol=2e-5, rtol=1e-5)


# --------------------------------------------------------------------------------------- nll


@pytest.mark.points(3)
def test_nll_values(student):
    """Minus the mean of the log-probabilities of the right classes: one positive number."""
    for n, c in (*SIZES, (4, 4), (9, 9)):
        input, target = log_probabilities(n, c), torch.randint(c, (n,))
        result = student.nll(input, target)
        assert_loss(result, input.dtype)
        expected = F.nll_loss(input, target)
        torch.testing.assert_close(result.reshape(()), expected, atol=1e-5, rtol=1e-5)


def test_nll_absent_and_repeated_classes(student):
    """Whether a batch holds every class or one many times, surely right or not, all rows count."""
    for target in ([0, 0, 1, 0, 2, 0, 1], [3, 3, 3, 3, 3, 3, 3], [5, 1, 5, 1, 5, 5, 5]):
        input, target = log_probabilities(7, 8), torch.tensor(target)
        input[0], input[0, target[0]] = -200, 0  # probability 1: a logarithm of zero
        result = student.nll(input, target)
        assert_loss(result, input.dtype)
        expected = F.nll_loss(input, target)
        torch.testing.assert_close(result.reshape(()), expected, atol=1e-5, rtol=1e-5)


@pytest.mark.points(2)
def test_nll_gradient(student):
    """Gradients flow to the right classes' log-probabilities, equally, and to no other number."""
    for n, c in ((5, 3), (3, 3), (1, 4), (16, 10)):
        input, target = log_probabilities(n, c).requires_grad_(), torch.randint(c, (n,))
        loss = student.nll(input, target)
        assert_loss(loss, input.dtype)
        assert loss.requires_grad, "the loss is cut off from input"
        loss.backward()
        expected = -F.one_hot(target, c) / n
        assert input.grad is not None, "no gradient reached input"
        torch.testing.assert_close(input.grad, expected, atol=1e-6, rtol=1e-5)


def test_nll_float64(student):
    """Double precision in gives double precision out, in dtype and in accuracy."""
    for n, c in SIZES:
        input, target = log_probabilities(n, c, torch.float64), torch.randint(c, (n,))
        result = student.nll(input, target)
        assert_loss(result, torch.float64)
        expected = F.nll_loss(input, target)
        torch.testing.assert_close(result.reshape(()), expected, atol=1e-8, rtol=1e-8)


def test_nll_non_contiguous(student):
    """Only the values of input and target count, not how they lie in memory."""
    for input in strided(log_probabilities(6, 5)):
        target = torch.randint(5, (12,))[::2]
        result = student.nll(input, target)
        assert_loss(result, input.dtype)
        expected = F.nll_loss(input, target)
        torch.testing.assert_close(result.reshape(()), expected, atol=1e-5, rtol=1e-5)


def test_nll_leaves_its_arguments_unchanged(student):
    """The caller's input and target are the same afterwards: nothing is written into them."""
    input, target = log_probabilities(5, 4), torch.randint(4, (5,))
    before = input.clone(), target.clone()
    assert_loss(student.nll(input, target), input.dtype)
    assert torch.equal(input, before[0]), "input was changed"
    assert torch.equal(target, before[1]), "target was changed"


@pytest.mark.points(5)
def test_nll_by_hand(student, shortcut):
    """The formula is written out: PyTorch's own nll_loss or cross_entropy isn't called."""
    shortcut.refuse_source("nll", NLL)
    with shortcut.refuse_operators("nll", {"aten::nll_loss_forward", "aten::nll_loss2d_forward"}):
        result = student.nll(log_probabilities(4, 5), torch.randint(5, (4,)))
    assert_loss(result, torch.float32)


@pytest.mark.bonus
def test_nll_impossible_classes(student):
    """Bonus: a wrong class may have probability zero (log-probability -inf); the loss is finite."""
    x, target = scores(6, 4), torch.randint(4, (6,))
    x[torch.arange(6), (target + 1) % 4] = -torch.inf
    input = F.log_softmax(x, dim=-1)
    result = student.nll(input, target)
    assert_loss(result, input.dtype)
    torch.testing.assert_close(result.reshape(()), F.nll_loss(input, target), atol=1e-5, rtol=1e-5)


@pytest.mark.bonus
def test_nll_half_precision(student):
    """Bonus: 16-bit log-probabilities give a 16-bit loss."""
    for dtype in (torch.float16, torch.bfloat16):
        input, target = log_probabilities(8, 5).to(dtype), torch.randint(5, (8,))
        result = student.nll(input, target)
        assert_loss(result, dtype)
        expected = F.nll_loss(input.double(), target)
        torch.testing.assert_close(result.double().reshape(()), expected, atol=5e-2, rtol=5e-2)


# ---------------------------------------------------------------------------------- accuracy


@pytest.mark.points(3)
def test_accuracy_share(student):
    """The number of samples whose highest score is the right class's, divided by all samples."""
    for n, c, right in ((37, 10, 23), (9, 3, 4), (64, 5, 17), (300, 7, 280), (51, 12, 20)):
        out, yb = predictions(n, c, right)
        assert abs(number(student.accuracy(out, yb)) - right / n) < EXACT


def test_accuracy_all_or_none_right(student):
    """From 0 where no prediction is right to 1 where every one is: a share, not a percentage."""
    for n, c in ((8, 4), (5, 9)):
        out, yb = predictions(n, c, n)
        assert abs(number(student.accuracy(out, yb)) - 1) < EXACT
        out, yb = predictions(n, c, 0)
        assert abs(number(student.accuracy(out, yb))) < EXACT


def test_accuracy_one_sample(student):
    """A batch of a single sample is either right, 1, or wrong, 0."""
    for right in (0, 1, 1, 0):
        out, yb = predictions(1, 10, right)
        assert abs(number(student.accuracy(out, yb)) - right) < EXACT


@pytest.mark.points(2)
def test_accuracy_any_scale_of_scores(student):
    """Only which score is highest counts: all may be negative, or tiny, or log-probabilities."""
    for scale in (0.05, 0.4, 3.0):
        out, yb = predictions(31, 6, 19, scale)
        for same_order in (out, out - 50, out + 50, F.log_softmax(out, -1), F.softmax(out, -1)):
            assert abs(number(student.accuracy(same_order, yb)) - 19 / 31) < EXACT


def test_accuracy_square_batch(student):
    """With as many samples as classes, too, each sample's own row of scores decides."""
    for n, right in ((3, 2), (5, 4), (7, 2), (10, 9), (16, 11)):
        out, yb = predictions(n, n, right)
        assert abs(number(student.accuracy(out, yb)) - right / n) < EXACT


def test_accuracy_non_contiguous(student):
    """Only the values of out and yb count, not how they lie in memory or in which precision."""
    dense, labels = predictions(11, 4, 8)
    yb = torch.stack([labels, labels + 1], dim=-1)[:, 0]
    for out in strided(dense.double()):
        assert abs(number(student.accuracy(out, yb)) - 8 / 11) < EXACT


def test_accuracy_leaves_its_arguments_unchanged(student):
    """The caller's out and yb are the same afterwards: nothing is written into them."""
    out, yb = predictions(9, 4, 5)
    before = out.clone(), yb.clone()
    number(student.accuracy(out, yb))
    assert torch.equal(out, before[0]), "out was changed"
    assert torch.equal(yb, before[1]), "yb was changed"


@pytest.mark.bonus
def test_accuracy_of_scores_with_a_graph(student):
    """Bonus: scores that come straight from a model in training, with their graph, are fine."""
    out, yb = predictions(13, 5, 6)
    out.requires_grad_()
    assert abs(number(student.accuracy(out * 2, yb)) - 6 / 13) < EXACT
