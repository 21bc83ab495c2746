"""Hidden suite of 02_scratch."""
# ruff: noqa: F405 - checks are words

import pytest
import torch
import torch.nn.functional as F

from grader.suite.checks import *  # noqa: F403


def layer(n_in, n_out):
    """The parameters of a layer, a bias that isn't zero among them."""
    return [p.requires_grad_() for p in (torch.randn(n_in, n_out) / n_in**0.5, torch.randn(n_out))]


def stepping(*shapes, lr=0.3, scale=1.0, dtype=torch.float32):
    """Arguments of sgd_step: parameters as backward() leaves them, and a learning rate."""
    params = [torch.randn(shape, dtype=dtype).requires_grad_() for shape in shapes]
    for p in params:
        p.grad = scale * torch.randn_like(p)
    return params, lr


def new(student, *sizes, **named):
    """What init_params gives: a pair of tensors."""
    made = student.init_params(*sizes, **named)
    two = isinstance(made, (tuple, list)) and len(made) == 2
    judged(made, "a pair of tensors", two and all(isinstance(p, torch.Tensor) for p in made))
    return made


@pytest.mark.points(4)
def test_init_params_shapes(student):
    """Float32 weights (n_in, n_out) and a bias (n_out,) of zeros; (784, 10) where not asked."""
    for sizes in ({}, {"n_out": 9, "n_in": 4}, {"n_in": 32}):
        weights, bias = new(student, **sizes)
        n_in, n_out = sizes.get("n_in", 784), sizes.get("n_out", 10)
        same([weights.shape, weights.dtype], [(n_in, n_out), torch.float32])
        same(bias.detach(), torch.zeros(n_out), atol=0)


@pytest.mark.points(4)
def test_init_params_weights(student):
    """Each weight is drawn for itself, around 0, with a standard deviation of 1/sqrt(n_in)."""
    for n_in, n_out in ((784, 10), (100, 100), (2000, 5), (32, 512)):
        weights = new(student, n_in, n_out)[0].detach().double() * n_in**0.5
        spread, positive = weights.std().item(), (weights > 0).double().mean().item()
        about = [float(f"{spread:.1g}"), round(positive, 1)]  # right ones are off by 1 %
        right = 0.9 < spread < 1.1 and abs(weights.mean()) < 0.1 and 0.4 < positive < 0.6
        judged(about, "spread by 1 times 1/sqrt(n_in), half of them positive", right)
        different = [len(lines.unique(dim=0)) for lines in (weights, weights.T)]
        judged(different, "no two rows or columns are alike", different == [n_in, n_out])


@pytest.mark.points(2)
def test_init_params_leaves_that_require_grad(student):
    """Weights and bias both require grad, and are leaves: backward() fills their .grad."""
    same([(p.requires_grad, p.is_leaf) for p in new(student, 6, 4)], [(True, True)] * 2)


@pytest.mark.points(4)
def test_model_values(student, reference):
    """The log-softmax of each sample's scores, xb @ weights + bias. No argument changes."""
    sizes = (5, 4, 3), (130, 784, 10), (1, 6, 2), (3, 2, 7), (2, 2, 2), (5, 5, 5)
    batches = [(torch.randn(n, i), *layer(i, c)) for n, i, c in sizes]
    same(student.model, reference.model, each=batches)


@pytest.mark.points(2)
def test_model_gradient(student, reference):
    """Gradients flow back through the model to the weights, to the bias and to the batch."""
    batches = [(torch.randn(n, 3).requires_grad_(), *layer(3, 3)) for n in (2, 3)]
    gradients(student.model, reference.model, each=batches, exact=True)


@pytest.mark.points(2)
def test_model_any_dtype_and_layout(student, reference):
    """Float64 gives float64. It doesn't matter how batch, weights and bias lie in memory."""
    double = tensors("n i", "i c", "c", dtype=torch.float64)
    same(student.model, reference.model, each=[*double, *tensors("n i", "i c", "c")])


@pytest.mark.points(2)
def test_model_by_hand(student, reference):
    """No nn.Linear computes the scores: the product and the sum do, or F.linear."""
    by_hand(student.model, reference.model, torch.randn(5, 4), *layer(4, 3), forbids=LAYERS)


@pytest.mark.bonus
def test_model_large_scores(student, reference):
    """Bonus: scores of ten thousand give finite log-probabilities and finite gradients."""
    given = _, weights, _ = 1e4 * torch.randn(5, 4), *layer(4, 3)
    same(student.model, reference.model, *given, atol=5e-2)
    result = student.model(*given)
    judged(result, "a graph leads back from the result", result.requires_grad)
    result.exp().pow(2).sum().backward()
    judged(weights.grad, "the gradient is finite", lambda grad: bool(grad.isfinite().all()))


@pytest.mark.bonus
def test_model_batch_dimensions(student, reference):
    """Bonus: a batch may have further dimensions in front, such as (2, 5, n_in)."""
    same(student.model, reference.model, torch.randn(2, 5, 4), *layer(4, 3))


@pytest.mark.bonus
def test_model_on_another_device(student, reference, accelerator):
    """Bonus: with batch, weights and bias on a GPU, the result is on that GPU too."""
    weights, bias = (p.detach() for p in layer(4, 3))
    same(student.model, reference.model, torch.randn(5, 4), weights, bias, device=accelerator)


@pytest.mark.points(4)
def test_sgd_step_moves_every_parameter(student, reference):
    """Each tensor of the list itself moves by -lr times its gradient, be it large or float64."""
    lists = [(4, 3), (3,)], [(5,)], [(3, 2), (2,), (2, 4), (4,)], [(1,), (2, 3, 2)]
    steps = [stepping(*shapes) for shapes in lists]
    steps += [stepping((4, 3), lr=lr, scale=50, dtype=torch.float64) for lr in (0.5, 0.01, 2.0)]
    same(student.sgd_step, reference.sgd_step, each=steps, read=anything)


@pytest.mark.points(5)
def test_sgd_step_clears_gradients(student, reference):
    """After a step each .grad is zero or None, so backward() and further steps can follow."""
    params, lr = stepping((4, 3), (3,), (5,))
    student.sgd_step([*params], lr)
    left = [p.grad is not None and bool(p.grad.any()) for p in params]
    judged(left, "no gradient is left over", not any(left))
    pair, (x, y) = twins(Deep), classification(8)

    def descent(model, sgd_step):
        for _ in range(4):
            F.cross_entropy(model(x), y).backward()
            sgd_step([*model.parameters()], 0.2)

    trained_alike(descent, descent, pair, Either(student.sgd_step, reference.sgd_step))
    same({(p.requires_grad, p.is_leaf) for p in pair.theirs.parameters()}, {(True, True)})


@pytest.mark.points(5)
def test_sgd_step_by_hand(student, reference):
    """The update is written out and right: torch.optim, which would do it for you, isn't used."""
    steps = [stepping((4, 3), (3,))]
    by_hand(student.sgd_step, reference.sgd_step, each=steps, read=anything, forbids=OPTIMIZERS)


@pytest.mark.bonus
def test_sgd_step_without_a_gradient(student, reference):
    """Bonus: a parameter that got no gradient (.grad is None) stays as it is."""
    params = [torch.randn(3).requires_grad_(), *stepping((4, 3))[0]]
    same(student.sgd_step, reference.sgd_step, params, 0.3, read=anything)


@pytest.mark.points(4)
def test_train_exact_steps(student, reference):
    """With all samples alike, and so all batches, weights and bias land where they should."""
    sizes = (1, 4, 0.5), (5, 8, 0.2), (12, 1, 0.1), (3, 150, 0.05)  # steps, batch_size, lr
    x_and_y = lambda: all_alike(160, torch.rand(6), torch.randint(4, ()))  # noqa: E731
    runs = [(*x_and_y(), *layer(6, 4), *size) for size in sizes]
    same(student.train, reference.train, each=runs, read=anything)


@pytest.mark.points(3)
def test_train_keeps_pairs(student):
    """A step counts batch_size samples, each with its own label, and follows their mean loss."""
    for n, steps, size in ((500, 1, 12), (500, 3, 40), (1000, 2, 300), (60, 8, 60)):
        weights, bias = torch.zeros(2 * n, 4).requires_grad_(), torch.zeros(4).requires_grad_()
        train = lambda x, y: student.train(x, y, weights, bias, steps, size, 1e-3)  # noqa: B023, E731
        leaves_alone(train, torch.eye(n, 2 * n), y := labels(n, 4))
        # Classes stay equally likely on so short a way: each use of a sample moves its row by this.
        once, moved = F.one_hot(y, 4) - 1 / 4, weights.detach()[:n] * size / 1e-3
        drawn = moved[range(n), y] / once[range(n), y]
        uses = (drawn.sum() / (drawn.abs() > 1e-4).sum()).item()
        drawn, counts = drawn.round(), [float(f"{uses:.1g}"), drawn.round().sum().item()]
        right = 0.9 < uses < 2 + steps * size / n and counts[1] == steps * size
        judged(counts, f"each sample drawn counts once, few more, in all {steps * size}", right)
        wanted = drawn[:, None] * once
        same(moved, wanted, rtol=1e-2, atol=1e-2)
        # Class counts that balance in the end, but not on the way, leave some hundredths behind.
        same(bias.detach() * size / 1e-3, wanted.sum(0), rtol=1e-2, atol=0.1)


@pytest.mark.points(2)
def test_train_draws(student):
    """Each step draws its own batch_size samples at random, and every sample has its chance."""
    random_batches(row_uses(student.train))


@pytest.mark.points(5)
def test_train_by_hand(student, reference):
    """The updates are your own, or sgd_step's, and right: no torch.optim, no layers of torch.nn."""
    given = *all_alike(6, torch.rand(3), torch.randint(2, ())), *layer(3, 2), 2, 3, 0.1
    by_hand(student.train, reference.train, *given, read=anything, forbids=[*OPTIMIZERS, *LAYERS])
