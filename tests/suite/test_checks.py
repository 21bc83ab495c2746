"""The checks, on right and wrong answers in this process."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from grader.suite.checks import (
    Mismatched,
    Refused,
    anything,
    by_autograd,
    by_hand,
    classification,
    gradients,
    independent,
    judged,
    learns,
    leaves_alone,
    log_probabilities,
    loss,
    number,
    pessimist,
    pretending,
    regression,
    same,
    tensors,
    trained_alike,
    twins,
    updates,
)
from grader.suite.checks import define as defined
from grader.suite.sight import alike, sight_of

Here = Callable[[str], Any]


def failed(check: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    with pytest.raises(Mismatched) as caught:
        check(*args, **kwargs)
    return caught.value.mismatch


NLL = "def nll(input, target):\n    return {}\n"
RIGHT = NLL.format("-input[range(len(target)), target].mean()")


def batches() -> Any:
    return tensors("n c", "n < c", of=lambda n, c, dtype: log_probabilities(n, c, dtype))


def test_right_answers_pass_and_are_returned(here: Here) -> None:
    student = here(RIGHT)
    values = same(student.nll, F.nll_loss, each=batches(), read=loss)
    assert len(values) == 7
    assert same(student.nll, 2.5, torch.tensor([[-2.5, 0.0]]), torch.tensor([0])) == 2.5


@pytest.mark.parametrize(
    ("answer", "slip"),
    [
        ("-input[range(len(target)), target].sum()", "sum_for_mean"),
        ("input[range(len(target)), target].mean()", "sign"),
        ("-input[range(len(target)), target].mean() / torch.tensor(2.).log()", "log2"),
        ("-input[range(len(target)), target].mean() * 3", "factor"),
        ("-input[range(len(target)), target].mean() + 3", "constant"),
        ("-input[range(len(target)), target].max()", ""),
        ("-input[range(len(target)), target].mean().square()", ""),
    ],
)
def test_slips_of_a_loss(here: Here, answer: str, slip: str) -> None:
    student = here(NLL.format(answer))
    mismatch = failed(same, student.nll, F.nll_loss, each=batches(), read=loss)
    assert mismatch.problem == "values"
    assert (mismatch.facts[0].name if mismatch.facts else "") == slip


@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        ("-input[range(len(target)), target]", "shape"),
        ("-input[range(len(target)), target].mean().item()", "type"),
        ("-input[range(len(target)), target].mean().double()", "dtype"),
        ("input.zero_().mean() - 1", "values"),
    ],
)
def test_what_matters_most_comes_first(here: Here, answer: str, problem: str) -> None:
    student = here(NLL.format(answer))
    mismatch = failed(same, student.nll, F.nll_loss, each=batches(), read=loss)
    assert mismatch.problem == problem
    assert "1.234" not in mismatch.hidden()


LOG_SOFTMAX = "def log_softmax(x):\n    return {}\n"


@pytest.mark.parametrize(
    ("answer", "slip"),
    [
        ("x - x.exp().sum(-1, keepdim=True).log()", None),
        ("x - x.exp().sum(0, keepdim=True).log()", "other_dimension"),
        ("(x - x.exp().sum(-1, keepdim=True).log()).T", "transposed"),
        ("x - x.exp().sum(-1, keepdim=True).log2()", "log2"),
        ("x - x.exp().sum(-1, keepdim=True).log10()", "log10"),
    ],
)
def test_slips_of_a_matrix(here: Here, answer: str, slip: str | None) -> None:
    student = here(LOG_SOFTMAX.format(answer))
    ours = torch.nn.functional.log_softmax
    if slip is None:
        same(student.log_softmax, lambda x: ours(x, -1), each=tensors("n c"))
        gradients(student.log_softmax, lambda x: ours(x, -1), each=tensors("n c"), exact=True)
    else:
        mismatch = failed(same, student.log_softmax, lambda x: ours(x, -1), each=tensors("n c"))
        assert mismatch.facts[0].name == slip


def test_a_changed_argument_is_told_and_poisons_nothing(here: Here) -> None:
    student = here("def log_softmax(x):\n    x.zero_()\n    return x - x.logsumexp(-1, True)\n")
    x = torch.randn(3, 4)
    kept = x.clone()
    mismatch = failed(same, student.log_softmax, lambda x: F.log_softmax(x, -1), x)
    assert {p.kind for p in mismatch.problems} == {"values", "changed"}
    assert torch.equal(x, kept)
    assert failed(leaves_alone, student.log_softmax, x).problem == "changed"
    with_graph = x.clone().requires_grad_() * 1
    assert failed(leaves_alone, student.log_softmax, with_graph).problem == "changed"
    assert torch.equal(with_graph, kept)


def test_what_a_call_does_to_lists_and_flags_is_told_too(here: Here) -> None:
    """As across the boundary: an entry that is replaced, a tensor that no longer asks for grad."""
    student = here("""
def replaces(params):
    params[0] = params[0] + 1
def freezes(params):
    params[0].requires_grad_(False)
def moves(params):
    with torch.no_grad():
        params[0] += 1
""")
    params = lambda: [torch.zeros(2, requires_grad=True)]  # noqa: E731
    for name in ("replaces", "freezes"):
        mismatch = failed(same, getattr(student, name), None, params(), read=anything)
        assert [p.where for p in mismatch.problems if p.kind == "changed"] == ["params"]
    same(student.moves, None, params(), read=anything)


def test_gradients_that_do_not_arrive(here: Here) -> None:
    student = here("def double(x):\n    return (2 * x).detach()\ndef triple(x):\n    return 3 * x")
    ours = lambda x: 2 * x  # noqa: E731
    assert failed(gradients, student.double, ours, torch.randn(3)).problem == "missing"
    assert gradients(student.triple, torch.full((3,), 3.0), torch.ones(3)).tolist() == [3.0] * 3
    mismatch = failed(gradients, student.triple, torch.ones(3), torch.ones(3))
    assert mismatch.problems[0].where == "the gradient of x"


def test_parameters_that_are_there_to_be_changed(here: Here) -> None:
    student = here("""
def sgd_step(params, lr):
    with torch.no_grad():
        for p in params:
            p -= lr * p.grad
            p.grad = None
def idle(params, lr):
    pass
def first_only(params, lr):
    sgd_step(params[:1], lr)
def backwards(params, lr):
    with torch.no_grad():
        for p in params:
            p += lr * p.grad
""")

    def ours(params: Any, lr: float) -> None:
        with torch.no_grad():
            for p in params:
                p.sub_(p.grad, alpha=lr)

    params = [torch.randn(n).requires_grad_() for n in (3, 2)]
    for p in params:
        p.grad = torch.ones_like(p)
    same(student.sgd_step, ours, params, 0.1, read=anything)
    mismatch = failed(same, student.backwards, ours, params, 0.1, read=anything)
    assert mismatch.problems[0].where == "params[0] after the call"
    mismatch = failed(same, student.idle, ours, params, 0.1, read=anything)
    assert mismatch.facts[0].name == "unchanged"
    mismatch = failed(same, student.first_only, ours, params, 0.1, read=anything)
    assert mismatch.facts[0].name == "some_unchanged"


FIT = """
def fit(model, loss_func, x_train, y_train, epochs=2, bs=64, lr=0.5):
    history = []
    for _ in range(epochs):
        losses = []
        for i in range(0, len(x_train), bs):
            loss = loss_func(model(x_train[i:i+bs]), y_train[i:i+bs])
            loss.backward()
            with torch.no_grad():
                for p in model.parameters():
                    p -= lr * p.grad
            model.zero_grad()
            losses.append(loss.item())
        history.append(sum(losses) / len(losses))
    return history
"""


def our_fit() -> Any:
    names: dict[str, Any] = {"torch": torch}
    exec(FIT, names)
    return names["fit"]


@pytest.mark.parametrize(
    ("old", "new", "slip"),
    [
        ("", "", None),
        ("losses.append(loss.item())", "losses += [loss.item()] * len(x_train[i:i+bs])", None),
        ("range(0, len(x_train), bs)", "range(0, len(x_train) - bs, bs)", "last_batch_left_out"),
        ("range(epochs)", "range(epochs + 1)", "one_epoch_more"),
        ("range(epochs)", "range(epochs - 1)", "one_epoch_fewer"),
        ("lr * p.grad", "0 * p.grad", "unchanged"),
        ("model.zero_grad()", "pass", ""),
        ("losses.append(loss.item())", "losses.append(loss.item() ** 2)", "only_the_losses"),
        ("losses.append(loss.item())", "losses.append(2 * loss.item())", "losses_off_by_a_factor"),
        ("p -= lr", "p += lr", "losses_grow"),
        ("p -= lr", "p -= 0.5 * lr", "other_rate"),
        ("loss.backward()", "(loss * len(x_train[i:i+bs])).backward()", "other_reduction"),
        ("p -= lr", "p.numel() == 5 and p.sub_(lr", "some_unchanged"),
    ],
)
def test_training(here: Here, old: str, new: str, slip: str | None) -> None:
    source = FIT.replace(old, new)
    source = source.replace("p.sub_(lr * p.grad", "p.sub_(lr * p.grad)")
    student = here(source)
    pair = twins(lambda nn: nn.Linear(20, 5))
    args = pair, F.cross_entropy, *classification(50)
    if slip is None:
        losses = trained_alike(student.fit, our_fit(), *args, epochs=3, bs=16, lr=0.2)
        assert len(losses) == 3
    else:
        mismatch = failed(trained_alike, student.fit, our_fit(), *args, epochs=3, bs=16, lr=0.2)
        assert (mismatch.facts[0].name if mismatch.facts else "") == slip
        assert "before" in mismatch.seen


def test_what_is_said_of_losses(here: Here) -> None:
    """Each fact is about what it can know: that the loss stays doesn't mean that nothing learns."""
    student = here(FIT.replace("sum(losses) / len(losses)", "9.0"))
    args = twins(lambda nn: nn.Linear(20, 5)), F.cross_entropy, *classification(50)
    mismatch = failed(trained_alike, student.fit, our_fit(), *args, epochs=3, bs=16, lr=0.2)
    assert mismatch.observed == [
        "The parameters end where they should. Only the returned losses are wrong.",
        "The loss is the same in every epoch.",
    ]


def test_an_optimizer_and_any_loss(here: Here) -> None:
    source = FIT.replace("def fit(model,", "def fit(model, opt,").replace(
        "for p in model.parameters():\n                    p -= lr * p.grad", "opt.step()"
    )
    student = here(source)
    ours: dict[str, Any] = {"torch": torch}
    exec(source, ours)
    for make in (
        lambda optim, model: optim.Adam(model.parameters(), lr=0.05),
        lambda optim, model: optim.SGD(model.parameters(), lr=0.05, momentum=0.9),
    ):
        pair = twins(lambda nn: nn.Linear(3, 2), make, dtype=torch.float64)
        data = regression(20, dtype=torch.float64)
        trained_alike(student.fit, ours["fit"], pair, defined(pessimist), *data, bs=8)
        by_hand(student.fit, ours["fit"], pair, F.mse_loss, *data, forbids="aten::conv*")
        with pytest.raises(Refused, match=r"torch\.optim"):
            by_hand(student.fit, ours["fit"], pair, F.mse_loss, *data, forbids="torch.optim.*")


LAYERS = """
class Rows(nn.Module):
    def __init__(self, a, b):
        super().__init__()
        self.w = nn.Parameter(torch.randn(a, b))
        self.b = nn.Parameter(torch.zeros(b))
    def forward(self, x):
        return x @ self.w + self.b
class Columns(nn.Module):
    def __init__(self, a, b):
        super().__init__()
        self.bias = nn.Parameter(torch.zeros(1, b))
        self.weights = nn.Parameter(torch.randn(b, a))
    def forward(self, x):
        return x @ self.weights.T + self.bias
class Odd(Rows):
    def forward(self, x):
        return super().forward(x).relu()
class Bare(nn.Linear):
    pass
"""


@pytest.mark.parametrize("name", ["Rows", "Columns", "Bare"])
@pytest.mark.parametrize(("a", "b"), [(3, 5), (4, 4), (1, 1), (784, 10)])
def test_twins_in_any_layout(here: Here, name: str, a: int, b: int) -> None:
    student = here(LAYERS)
    pair = twins(lambda: getattr(student, name)(a, b), ours=lambda: nn.Linear(a, b))
    same(pair.theirs, pair.ours, each=[torch.randn(6, a), torch.randn(1, a)])
    gradients(pair.theirs, pair.ours, torch.randn(7, a))
    assert torch.equal(pair.learned().weight, pair.ours.weight)


def test_twins_of_a_wrong_layer_go_by_shape(here: Here) -> None:
    """What is wrong shows in what the layer gives, where shapes tell which parameter is which."""
    student = here(LAYERS)
    pair = twins(lambda: student.Odd(3, 5), ours=lambda: nn.Linear(3, 5))
    same(pair.theirs, lambda x: pair.ours(x).relu(), torch.randn(7, 3))
    assert failed(same, pair.theirs, pair.ours, torch.randn(7, 3)).problem == "values"


def test_twins_of_what_is_no_layer(here: Here) -> None:
    student = here(LAYERS)
    mismatch = failed(twins, lambda: student.Odd(4, 4), ours=lambda: nn.Linear(4, 4))
    assert mismatch.problem == "claim"
    mismatch = failed(twins, lambda: student.Rows(3, 4), ours=lambda: nn.Linear(3, 5))
    assert mismatch.problem == "shape"


def test_shortcuts(here: Here) -> None:
    student = here("""
def log_softmax(x):
    return getattr(torch, "log_" + "softmax")(x, -1)
def right(x):
    return x - x.logsumexp(-1, keepdim=True)
def zeros(x):
    return 0 * x
""")
    ours = lambda x: F.log_softmax(x, -1)  # noqa: E731
    x = torch.randn(3, 4)
    with pytest.raises(Refused) as caught:
        by_hand(student.log_softmax, ours, x, forbids="aten::_log_softmax")
    assert sight_of(caught.value).problem == "shortcut"
    by_hand(student.right, ours, x, forbids="aten::_log_softmax")
    failed(by_hand, student.zeros, ours, x, forbids="aten::_log_softmax")
    with pytest.raises(Refused, match="never ran"):
        by_hand(student.right, ours, x, forbids=(), requires="torch.autograd.backward")


def test_claims_and_measures(here: Here) -> None:
    from grader.suite import current

    here("")
    assert judged(3, "three is odd", lambda n: n % 2) == 3
    mismatch = failed(judged, 4, "the number of batches is odd", False)
    assert "the number of batches is odd" in mismatch.public()
    assert learns(lambda: None, lambda: 0.2, below=0.5) == 0.2
    failed(learns, lambda: None, lambda: 0.7, below=0.5)
    assert [m.value for m in current.measured()] == [0.2, 0.7]


def test_training_that_changes_nothing(here: Here) -> None:
    """Whatever the model, it is the same words: so tests that fail for it are told together."""
    here("")
    said = set()
    for model in (nn.Linear(2, 3), [torch.tensor([float("nan"), 1.0])]):
        params = [*model.parameters()] if isinstance(model, nn.Module) else model
        assert updates(lambda params=params: params[0].detach().add_(1)[0].shape, model) is not None
        said.add(failed(updates, lambda: 1, [params[0].detach().nan_to_num()]).public())
    [text] = said
    assert "yours: no parameter had changed" in text


def test_models_that_share_nothing(here: Here) -> None:
    """One that draws its answer shares nothing either: that is not said of it."""
    student = here("""
from torch import nn
shared = nn.Linear(3, 2)
class Noisy(nn.Linear):
    def forward(self, x): return super().forward(x) + torch.randn(2)
""")
    independent(lambda: nn.Linear(3, 2), torch.randn(4, 3))
    told = failed(independent, lambda: student.shared, torch.randn(4, 3)).public()
    assert "two models share nothing" in told
    told = failed(independent, lambda: student.Noisy(3, 2), torch.randn(4, 3)).public()
    assert "a model gives the same answer when it gets the same input again" in told


def test_truth_values_are_no_numbers_to_a_learner(here: Here) -> None:
    student = here("def no(x): return False\ndef all(x): return x > 0")
    assert "False  True" in failed(same, student.no, True, 1).public()
    told = failed(same, student.all, lambda x: x < 0, torch.tensor([1.0, -1.0])).public()
    assert "[0]  True   False" in told


def test_one_number_in_any_form(here: Here) -> None:
    student = here("""
import numpy as np
def a(x): return x.mean()
def b(x): return x.mean().item()
def c(x): return np.float64(x.mean())
def d(x): return x.mean(0, keepdim=True)
def e(x): return x
def f(x): return 'one'
""")
    for name in "abcd":
        same(getattr(student, name), torch.mean, torch.randn(3), read=number)
    assert failed(same, student.e, torch.mean, torch.randn(3), read=number).problem == "shape"
    assert failed(same, student.f, torch.mean, torch.randn(3), read=number).problem == "type"


def test_fingerprints(here: Here) -> None:
    def sight(answer: str) -> Any:
        student = here(NLL.format(answer))
        with pytest.raises(Exception) as caught:
            same(student.nll, F.nll_loss, each=batches(), read=loss)
        return sight_of(caught.value)

    total, sums = (
        "-input[range(len(target)), target].sum()",
        "-input.gather(1, target[:, None]).sum()",
    )
    assert alike(sight(total), sight(sums))
    assert not alike(sight(total), sight(f"{total} * 2"))
    assert alike(sight("input.nosuch()"), sight("(input + 1).nosuch()"))
    assert not alike(sight("input.nosuch()"), sight("input.other()"))
    assert not alike(sight("input[:2, :2] * input[:3, :3]"), sight("input[:2, :2] + input[:3, :3]"))
    assert alike(sight("nothing + input"), sight("target - nothing"))
    with_graph = f"{total} + torch.zeros((), requires_grad=True)"
    assert not alike(sight(total), sight(with_graph))
    assert "nan" in repr(sight("input.sum() * float('nan')").got)


@pytest.mark.parametrize(
    ("kind", "ends"), [("cuda", "simulated"), ("mps", "simulated"), ("cpu", "cpu")]
)
def test_a_device_that_is_pretended(here: Here, kind: str, ends: str) -> None:
    student = here("""
def to_the_best(model, x):
    best = "cuda" if torch.cuda.is_available() else "cpu"
    best = "mps" if torch.backends.mps.is_available() else best
    model.to(best)
    return model(x.to(best))
""")
    pair = twins(lambda nn: nn.Linear(3, 2))
    x = torch.randn(4, 3)
    with pretending(kind):
        result = student.to_the_best(pair.theirs, x)
    assert result.device.type == ends
    assert {p.device.type for p in pair.theirs.parameters()} == {ends}
    assert student.to_the_best(nn.Linear(3, 2), x).device.type == "cpu"


def test_a_module_is_imported_once_more_where_something_is_pretended(here: Here) -> None:
    student = here("""
BEST = torch.device("cuda" if torch.cuda.is_available() else "cpu")

def best():
    return str(torch.ones(1).to(BEST).device)
""")
    best = student.best
    assert best() == "cpu"
    with pretending("cuda"):
        assert best() == student.best() == "cuda:0"
    assert best() == "cpu"


SLOPE = """
def slope(w):
    w = torch.as_tensor(w).detach().clone().requires_grad_()
    {}
"""


@pytest.mark.parametrize(
    ("answer", "refused"),
    [
        ("(w**2).backward(); return w.grad", False),
        ("return torch.autograd.grad(w**2, w)[0].item()", False),
        ("return torch.func.grad(torch.square)(w.detach())", False),
        ("return torch.autograd.functional.jacobian(torch.square, w)", False),
        ("return torch.func.jvp(torch.square, (w.detach(),), (torch.ones(()),))[1]", False),
        ("(w**2).backward(); assert w.grad == 2 * w; return w.grad", False),
        ("return 2 * w.detach()", True),
        ("(w**2).backward(); return 2 * w.item()", True),
    ],
)
def test_by_autograd(here: Here, answer: str, refused: bool) -> None:
    student = here(SLOPE.format(answer))
    inputs = {"each": [1.5, torch.tensor(-0.3), 0.0], "read": number}
    if refused:
        with pytest.raises(Refused, match="backward"):
            by_autograd(student.slope, lambda w: 2 * w, **inputs)
    else:
        by_autograd(student.slope, lambda w: 2 * w, **inputs)
        same(student.slope, 3.0, 1.5, read=number)  # and slopes are what they were
