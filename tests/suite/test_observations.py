"""Observations: each is said of an answer that it is true of, and of no other."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pytest
import torch
import torch.nn.functional as F

from grader.suite import current
from grader.suite.checks import Mismatched, anything, gradients, loss, same, scores
from grader.suite.checks.cases import traits, works_and_fails
from grader.suite.checks.mismatch import Fact, Mismatch, Problem
from grader.suite.checks.observations import OBSERVATIONS
from grader.suite.current import Case
from grader.suite.local import Local


@pytest.fixture(autouse=True)
def a_test_is_running() -> None:
    current.begin(Local())
    torch.manual_seed(3)


def facts(check: Callable[..., Any], *args: Any, **kwargs: Any) -> tuple[Fact, ...]:
    with pytest.raises(Mismatched) as caught:
        check(*args, **kwargs)
    mismatch = caught.value.mismatch
    assert [fact.unrevealing for fact in mismatch.facts] == mismatch.observed
    assert all(fact.text in mismatch.public() for fact in mismatch.facts)
    return mismatch.facts


def right(x: torch.Tensor) -> torch.Tensor:
    return x - x.logsumexp(-1, keepdim=True)


def cut_short(x: torch.Tensor) -> torch.Tensor:
    return right(x.float()).to(x.dtype)


def overwriting(x: torch.Tensor) -> torch.Tensor:
    value = right(x)
    x.zero_()
    return value


ANSWERS: dict[str, tuple[Callable[[torch.Tensor], Any], str]] = {
    "transposed": (lambda x: right(x).T, "It is the transpose of the right result."),
    "sign": (lambda x: -right(x), "It is the right result with the wrong sign."),
    "exp": (lambda x: right(x).exp(), "It is exp() of the right result."),
    "factor": (lambda x: 2 * right(x), "It is the right result times 2."),
    "squared": (lambda x: right(x) ** 2, "It is the square of the right result."),
    "log10": (lambda x: right(x) / 2.302585093, "a logarithm to base 10"),
    "only_the_dtype": (lambda x: right(x).double(), "only their dtype is wrong"),
    "only_the_shape": (lambda x: right(x).flatten(), "only their shape is wrong"),
    "only_changes": (overwriting, "The result is right, but x is overwritten on the way."),
    "last_row": (lambda x: right(x)[-1], "It is the last row of the right result"),
    "nan": (lambda x: (x - 9).log(), "Some of its numbers are NaN"),
    "infinite": (lambda x: right(x) / 0, "Some of its numbers are infinite"),
    "row_shifted": (lambda x: x, "All numbers in a row are off by the same amount"),
    "column_shifted": (lambda x: right(x) + torch.arange(x.shape[1]), "All numbers in a column"),
    "nearly": (lambda x: right(x) + 3e-3 * right(x).sin(), "off by less than 1 %"),
    "": (lambda x: right(x).sin() + x.cos() + 2 * x, ""),
}


@pytest.mark.parametrize("name", ANSWERS)
def test_values(name: str) -> None:
    """Of each answer the one sentence is said that is true of it."""
    answer, said = ANSWERS[name]
    found = facts(same, answer, right, each=[scores(4, 5), scores(3, 6), scores(1, 4)])
    assert [fact.name for fact in found] == [name] * bool(name)
    assert not name or said in found[0].text


def test_what_holds_for_some_inputs_only_is_not_said() -> None:
    """Right with one sign for the one input, and with the other for the other."""

    def answer(x: torch.Tensor) -> torch.Tensor:
        return right(x) * (-1 if len(x) == 3 else 3)

    assert not facts(same, answer, right, each=[scores(4, 5), scores(3, 6)])


def test_a_factor_that_is_the_batch_size() -> None:
    target = torch.randint(5, (64,))
    [fact] = facts(
        same, lambda x, y: F.nll_loss(x, y, reduction="sum"), F.nll_loss, scores(64, 5), target
    )
    assert fact.unrevealing == "It is the right result times the batch size, 64 here."
    [fact] = facts(
        same, lambda x, y: -F.nll_loss(x, y, reduction="sum"), F.nll_loss, scores(64, 5), target
    )
    assert fact.name == "minus_sum_for_mean"
    [fact] = facts(
        same, lambda x, y: F.nll_loss(x, y, reduction="none"), F.nll_loss, scores(8, 5),
        torch.randint(5, (8,)), read=loss,
    )  # fmt: skip
    assert fact.name == "no_mean"


def test_a_batch_size_that_is_fixed() -> None:
    inputs = [(scores(n, 5), torch.randint(5, (n,))) for n in (1, 8, 64, 9)]
    [fact] = facts(
        same, lambda x, y: F.nll_loss(x, y, reduction="sum") / 64, F.nll_loss, each=inputs
    )
    assert fact.unrevealing == (
        "It is the right result times the batch size and divided by 64, whatever the batch size is."
    )


def test_another_result_each_time() -> None:
    x = scores(4, 5)
    found = facts(same, lambda x: right(x) + torch.randn(x.shape), right, each=[x, x, scores(2, 5)])
    assert [fact.name for fact in found] == ["differs_each_time"]
    for nothing in (None, "one", math.nan):  # whatever it is, it's the same each time
        assert not facts(same, lambda x, it=nothing: it, right, each=[x, x])


def test_nothing_is_said_of_numbers_that_are_all_alike() -> None:
    """As in a public test with every parameter 1: any number is the mean, any row the last."""
    x = torch.ones(1, 3)
    assert not facts(same, lambda x: torch.full((1, 2), 31.0), torch.full((1, 1), 31.0), x)
    assert not facts(same, lambda x: torch.full((3,), 2.0), torch.full((4, 3), 2.0), x)
    rows = torch.tensor([[2.0] * 4, [0.5] * 4])
    assert not facts(same, lambda x: rows.log_softmax(-1), rows, x)


def test_numbers_of_the_right_result_stay_hidden() -> None:
    [fact] = facts(same, lambda x: 1.7 * right(x), right, scores(4, 5))
    assert "1.7" in fact.text and fact.unrevealing == (
        "It is the right result times a constant factor."
    )


def test_a_factor_that_is_an_argument() -> None:
    numbers = [(torch.tensor(n),) for n in (0.5, -2.0, 3.0, 4.0)]
    [fact] = facts(same, lambda w: 20 * w * w, lambda w: 20 * w, each=numbers)
    assert fact.text == "It is the right result times the argument."


def test_always_the_same() -> None:
    inputs = [scores(4, 5) + n for n in range(3)]
    found = facts(same, lambda x: 0 * x.sum(), lambda x: x.sum(), each=inputs)
    assert [fact.text for fact in found] == ["It gave 0 for every input that went wrong."]


def double(x: torch.Tensor) -> torch.Tensor:
    return x.double()


def test_float64_computed_in_float32() -> None:
    [fact] = facts(same, cut_short, right, each=[double(scores(4, 5)), double(scores(2, 3))])
    assert fact.name == "single_precision"


class Scaled(torch.autograd.Function):
    """The identity, whose gradient is off by a factor of 3."""

    @staticmethod
    def forward(ctx: Any, x: torch.Tensor) -> torch.Tensor:
        return x.clone()

    @staticmethod
    def backward(ctx: Any, gradient: torch.Tensor) -> torch.Tensor:
        return 3 * gradient


GRADIENTS: dict[str, tuple[Callable[[torch.Tensor], torch.Tensor], str]] = {
    "never_arrived": (
        lambda x: right(x).detach(),
        "The gradient never reached x. The result itself is right.",
    ),
    "factor": (lambda x: Scaled.apply(right(x)), "The gradient is the right one times 3."),
    "only_the_gradient": (
        lambda x: right(x).detach() + right(x) ** 2 - right(x).detach() ** 2,
        "The result is right; only the gradient is wrong.",
    ),
    # The result is off by a constant and its gradient is right: nothing is said of a factor.
    "constant": (lambda x: right(x) + 1.5, "It is the right result plus 1.5."),
}


@pytest.mark.parametrize("name", GRADIENTS)
def test_of_gradients(name: str) -> None:
    answer, said = GRADIENTS[name]
    found = facts(gradients, answer, right, each=[scores(4, 5), scores(3, 6)])
    assert [(fact.name, fact.text) for fact in found] == [(name, said)]


def step(params: list[torch.Tensor], lr: float) -> None:
    with torch.no_grad():
        for p in params:
            p -= lr * p.grad


def scaled_step(factor: float, *, only: int | None = None) -> Callable[..., None]:
    def stepped(params: list[torch.Tensor], lr: float) -> None:
        step([p for p in params if only is None or p.dim() == only], factor * lr)

    return stepped


def by_length(params: list[torch.Tensor], lr: float) -> None:
    for p in params:
        step([p], lr / len(p))


STEPS = {
    "unchanged": (scaled_step(0), "No parameter changed"),
    "uphill": (scaled_step(-1), "in the opposite direction"),
    "factor_of_the_way": (scaled_step(5), "5 times as far"),
    "other_rate": (scaled_step(2), "with twice the learning rate"),
    "a_factor_each": (by_length, "each by its own factor"),
    "bias": (scaled_step(1, only=1), "Only the bias changed: the weights are"),
    "weights": (scaled_step(1.5, only=2), "Only the weights changed: the bias is"),
}


@pytest.mark.parametrize("name", STEPS)
def test_of_parameters(name: str) -> None:
    answer, said = STEPS[name]
    params = [torch.randn(4, 3).requires_grad_(), torch.randn(3).requires_grad_()]
    for p in params:
        p.grad = torch.randn_like(p)
    [fact] = facts(same, answer, step, params, 0.1, read=anything)
    assert said in fact.text
    assert "5" not in fact.unrevealing


def cases(*wrong: str, right: str) -> list[Case]:
    """Traits of the inputs that went wrong, and of those that went right: "float64 square"."""
    made = [Case(frozenset(trait.split()), False) for trait in wrong]
    return made + [Case(frozenset(trait.split()), True) for trait in right.split(",")]


@pytest.mark.parametrize(
    ("tried", "said"),
    [
        (cases("float64", "float64 square", right=",,square"), "works for float32 and fails for"),
        (cases("square", right=",float64"), "except where there are as many rows as columns"),
        (cases("", "float64", right="one_sample,one_sample square"), "works for a single sample"),
        (cases("short_batch", right=",one_round"), "fails where the last one is short"),
        (cases("scattered", right=",scattered"), ""),  # not every one of these fails
        (cases("scattered", "", right=","), ""),  # others fail too
        (cases("float64", right=""), ""),  # one that works is no rule
        (cases(right=",float64"), ""),
    ],
)
def test_what_works_and_what_fails(tried: list[Case], said: str) -> None:
    fact = works_and_fails(tried)
    assert (said in fact.text and said != "") if fact else not said


def test_traits_of_inputs() -> None:
    x = torch.randn(5, 5)
    assert traits({"x": x}) == {"square"}
    assert traits({"x": x.T.double()[:1]}) == {"float64", "one_sample", "scattered"} - (
        {"scattered"} if x.T.double()[:1].is_contiguous() else set()
    )
    fit = {"x": torch.randn(7, 2), "epochs": 1, "bs": 3}
    assert traits(fit) == {"short_batch", "one_round"}
    assert traits({**fit, "bs": 7, "epochs": 2}) == {"one_batch"}
    assert traits({"x": torch.randn(7, 2), "steps": 4, "batch_size": 3}) == set()


def test_what_ours_print_is_not_shown(capsys: pytest.CaptureFixture[str]) -> None:
    def ours(x: torch.Tensor) -> torch.Tensor:
        print("the reference says", x.shape)
        return right(x)

    with pytest.raises(Mismatched) as caught:
        same(lambda x: right(x.T).T, ours, scores(4, 5))
    capsys.readouterr()
    assert [fact.name for fact in caught.value.mismatch.facts] == ["other_dimension"]
    assert capsys.readouterr().out == ""


def test_an_observation_that_raises_costs_its_sentence_only() -> None:
    """What a student's code gives may be anything; the test has failed all the same."""

    def raises() -> tuple[Fact, ...]:
        raise RuntimeError("no such operator for sparse tensors")

    mismatch = Mismatch("same", (Problem("values", "the result", "1", "2"),), observing=raises)
    assert (mismatch.facts, mismatch.observed) == ((), [])
    assert "yours is 1, expected is 2" in mismatch.public()
    odd = [torch.eye(3).to_sparse(), torch.eye(3) * 1j, torch.eye(3).bool(), torch.empty(0, 3)]
    for value in odd:
        with pytest.raises(Exception) as caught:
            same(lambda x, value=value: value, right, scores(3, 3))
        assert getattr(caught.value, "mismatch", mismatch).detail()


def test_every_observation_has_been_tried_here() -> None:
    """Whoever adds one adds an answer that it is true of."""
    tried = {*ANSWERS, *GRADIENTS, *STEPS, "no_mean", "always_the_same", "single_precision"}
    tried |= {"differs_each_time"}
    elsewhere = {"only_the_losses", "the_losses"}  # in tests/suite/test_checks.py
    covering = {
        "not_reduced": "no_mean", "a_part": "last_row", "not_finite": "nan",
        "by_rows_or_columns": "row_shifted",
    }  # fmt: skip
    names = [observation.__name__ for observation in OBSERVATIONS]
    assert {covering.get(name, name) for name in names} - elsewhere <= tried
