"""The checks of training: `updates`, `trained_alike`, `learns`, `untrained_loss`, `independent`."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import nn

from grader.suite import current
from grader.suite.calls import call_text
from grader.suite.checks.cases import tried, wrong_if_raised
from grader.suite.checks.compare import Tolerance, compare, short, written
from grader.suite.checks.findings import Finding
from grader.suite.checks.mismatch import Problem, Show
from grader.suite.checks.readers import floats
from grader.suite.checks.shortcuts import Patterns, ShortcutRules
from grader.suite.checks.sides import Copies, argument_names, bound, name_of, side_of
from grader.suite.checks.trajectory import Parameters, Rerun, trajectory_slip
from grader.suite.checks.trial import Reader, call_theirs, changes, read_both
from grader.suite.checks.twins import Twins
from grader.suite.checks.verdict import claim, conclude


def updates(
    train: Callable[[], Any],
    model: nn.Module | Sequence[torch.Tensor],
    *,
    show: Show = "everything",
) -> Any:
    """`train()` changes at least one parameter of `model`. Returns what `train` gave.

    If nothing moves, everything else that a test would find wrong follows from that. So all tests
    of training fail for the same reason, which is reported once.
    """
    current.next_check()

    def numbers() -> list[torch.Tensor]:
        held = model.parameters() if isinstance(model, nn.Module) else model
        return [parameter.detach().clone() for parameter in held]

    before = numbers()
    value = train()
    if all(map(torch.equal, before, numbers())):
        still = Problem("claim", "training changes the parameters", "no parameter had changed", "")
        raise claim("updates", still, None, "", show)
    return value


def trained_alike(
    theirs: Callable[..., Any],
    ours: Callable[..., Any],
    pair: Twins,
    *args: Any,
    read: Reader | None = None,
    rtol: float | None = None,
    atol: float | None = None,
    in_place: bool = False,
    forbids: Patterns = (),
    requires: Patterns = (),
    show: Show = "everything",
    check: str = "trained_alike",
    **kwargs: Any,
) -> Any:
    """Both train from one state, land on the same parameters and give the same losses.

    The model (and the optimizer, if the pair has one) goes first among the arguments, unless
    `pair.model` is among them. Data is passed in copies and may not be changed.

    read: what the result may be; without it, where ours give a list of losses, theirs give as many
        Python floats, each the mean over the epoch's batches or over its samples. `anything`: it
        doesn't count.
    in_place: the very parameters that the model had before must be trained.

    Otherwise as `same`. Returns what theirs gave, as read.
    """
    current.next_check()
    given = args if any(arg is pair.model for arg in args) else (*pair.first, *args)
    tolerance = Tolerance(rtol, atol)
    held = list(pair.theirs.parameters())
    before = {name: value.clone() for name, _, value in pair.parameters() if value is not None}
    start = copy.deepcopy((pair.ours, pair.our_opt))
    names = argument_names(ours, given, kwargs)
    copies = Copies(side_of(given, True), side_of(kwargs, True), names, pair.device)
    mine = Copies(side_of(given, False), side_of(kwargs, False), names)
    call = call_text(name_of(theirs), copies.args, copies.kwargs)
    rules = ShortcutRules(forbids, requires)
    arguments = bound(ours, side_of(given, False), side_of(kwargs, False))
    with wrong_if_raised(arguments):
        raw = call_theirs(theirs, copies, rules)
    changed = changes(copies)
    run = Run(mine)
    wanted = ours(*run.args, **run.kwargs)
    rules.judge(name_of(theirs))

    pairs = pair.parameters(held if in_place else None)
    problems = [Problem("changed", name, "", "") for name in changed]
    for name, left, right in pairs:
        problems += compare(left, right, f"{name} after training", tolerance)
    value, wrong = _compare_results(raw, wanted, read, run, tolerance)
    problems += wrong
    after = {name: left for name, left, _ in pairs}
    landed = {name: ours_ for name, _, ours_ in pairs if ours_ is not None}
    again = RerunOfTwins(ours, side_of(given, False), side_of(kwargs, False), pair, start)
    finding = Finding(
        call,
        value,
        wanted,
        problems,
        _gave(raw, after, before),
        [value, *after.values()],
        slip=lambda: trajectory_slip(before, after, landed, value, wanted, again),
        seen={
            "before": before,
            "after": after,
            "wanted": landed,
            "losses": value,
            "wanted_losses": wanted,
            "recorded": run.losses,
        },
    )
    tried(arguments, not problems)
    conclude(check, [finding], show)
    return value


@dataclass
class Run:
    """The arguments of our own run, with a loss function that records its results."""

    copies: Copies
    losses: list[tuple[float, int]] = field(default_factory=list)  # each with its sample count

    @property
    def args(self) -> list[Any]:
        return [self._kept(arg) for arg in self.copies.args]

    @property
    def kwargs(self) -> dict[str, Any]:
        return {key: self._kept(arg) for key, arg in self.copies.kwargs.items()}

    def _kept(self, arg: Any) -> Any:
        is_model = isinstance(arg, nn.Module) and any(True for _ in arg.parameters())
        if not callable(arg) or is_model or isinstance(arg, (type, torch.optim.Optimizer)):
            return arg
        return lambda *args, **kwargs: self._keep(arg(*args, **kwargs), args)

    def _keep(self, value: Any, args: Sequence[Any]) -> Any:
        if isinstance(value, torch.Tensor) and value.numel() == 1 and args:
            self.losses.append((value.item(), len(args[0]) if args[0].dim() else 1))
        return value

    def over_samples(self, losses: list[Any]) -> list[float] | None:
        """The mean loss of each epoch over its samples, where `losses` are means over batches."""
        if not losses or not self.losses or len(self.losses) % len(losses):
            return None
        batches = len(self.losses) // len(losses)
        epochs = [self.losses[i : i + batches] for i in range(0, len(self.losses), batches)]
        for mean, epoch in zip(losses, epochs, strict=True):
            over_batches = sum(loss for loss, _ in epoch) / batches
            if not isinstance(mean, float) or not math.isclose(mean, over_batches, rel_tol=1e-5):
                return None
        return [sum(loss * n for loss, n in e) / sum(n for _, n in e) for e in epochs]


@dataclass
class RerunOfTwins(Rerun):
    """Our own training once more, starting from the models as they were."""

    pair: Twins
    start: tuple[nn.Module, Any]

    def run(self, arguments: dict[str, Any]) -> Parameters:
        """The model's parameters after training."""
        model, opt = copy.deepcopy(self.start)
        for name, value in arguments.items():
            if value is self.pair.ours:
                arguments[name] = model
            elif value is self.pair.our_opt and value is not None:
                arguments[name] = opt
        self.ours(**arguments)
        return {name: p.detach() for name, p in model.named_parameters()}


def _compare_results(
    raw: Any, wanted: Any, read: Reader | None, run: Run, tolerance: Tolerance
) -> tuple[Any, list[Problem]]:
    if read is None and not isinstance(wanted, list):
        return raw, []
    where = "the losses" if read is None else "the result"
    value, expected, problems = read_both(raw, wanted, read or floats, tolerance, where)
    was_read = value is not raw  # otherwise they aren't floats, and no mean of them is right
    if problems and read is None and was_read and len(value) == len(expected):
        over_samples = run.over_samples(expected)
        if over_samples is not None and not compare(value, over_samples, where, tolerance):
            return value, []
    return value, problems


def _gave(raw: Any, after: dict[str, Any], before: dict[str, torch.Tensor]) -> str:
    """The result of training in words, and whether any parameter had changed."""
    still = [n for n, t in after.items() if t is not None and torch.equal(t, before[n])]
    if len(still) == len(after):
        return f"{short(raw)}, and no parameter had changed"
    return short(raw)


def learns(
    train: Callable[[], Any],
    measure: Callable[[], float],
    *,
    below: float | None = None,
    above: float | None = None,
    what: str = "the loss on data that your code never saw",
    show: Show = "everything",
) -> float:
    """After `train()`, the judge's own measure lies below (or above) a threshold.

    `train` calls the student's code, which may not change its arguments.

    `measure` is computed on our side, on data that the student's code doesn't get:
    `pair.loss(F.cross_entropy, x, y)`, `pair.accuracy(x, y)`. `what`: its name for the learner.
    It is kept in `current.measured()`, for `grader check --measure`. Returns the measure.
    """
    current.next_check()
    calls = current.provider().calls
    calls.begin()
    train()
    changed = [Problem("changed", name, "", "") for name in dict.fromkeys(calls.changed)]
    value = float(measure())
    current.measured().append(current.Measured(what, value, below, above))
    good = (below is None or value < below) and (above is None or value > above)
    problems = changed
    if not good:
        limits = [f"below {below:g}"] if below is not None else []
        limits += [f"above {above:g}"] if above is not None else []
        wanted = " and ".join(limits)
        problems += [Problem("values", f"{what} after training", written(value), wanted)]
    if problems:
        conclude("learns", [Finding("", value, None, problems, "", value)], show)
    return value


def untrained_loss(
    build: Callable[[], Any],
    loss: Callable[..., torch.Tensor],
    x: torch.Tensor,
    y: torch.Tensor,
    *,
    low: float,
    high: float,
    show: Show = "everything",
) -> None:
    """A new model's loss lies between `low` and `high`, so it favours no class."""
    current.next_check()
    for _ in range(2):
        with torch.no_grad():
            value = loss(build()(x.clone()), y).item()
        if not low < value < high:
            text = f"an untrained model's loss lies between {low:g} and {high:g}"
            raise claim("untrained_loss", text, value, written(value), show)


def independent(build: Callable[[], Any], x: torch.Tensor, *, show: Show = "everything") -> None:
    """Two models share nothing: changing the numbers of one leaves the other's results alone."""
    current.next_check()
    first, second = build(), build()
    with torch.no_grad():
        before, again = (second(x.clone()).detach().clone() for _ in range(2))
        if not torch.equal(before, again):
            text = "a model gives the same answer when it gets the same input again"
            raise claim("independent", text, None, "", show)
        for parameter in first.parameters():
            parameter.copy_(torch.randn(parameter.shape, dtype=parameter.dtype))
        after = second(x.clone()).detach()
    if not torch.equal(before, after):
        text = "two models share nothing: changing one leaves the other as it was"
        raise claim("independent", text, None, "", show)


def random_batches(used: Callable[[int, int, int], Any], *, show: Show = "everything") -> None:
    """Each step draws its batch at random, from all samples.

    used: `used(n, steps, batch_size)` trains anew and says how often each of n samples was used.
    A right answer fails with a chance below 1e-7, whether it draws with replacement or without.
    """
    current.next_check()

    def claimed(counts: Any, text: str, holds: bool) -> None:
        if not holds:
            raise claim("random_batches", text, counts, short(counts), show)

    for n, steps, size in [(60, 3, 1), (60, 4, 5), (60, 2, 30)]:
        counts = torch.as_tensor(used(n, steps, size)).round()
        text = f"{steps} batches of {size} have {steps * size} samples in all, counting repetitions"
        claimed(counts, text, int(counts.sum()) == steps * size)
    counts = torch.as_tensor(used(400, 25, 8)).round()  # some 157 different samples, or 200
    claimed(counts, "25 batches of 8 differ from each other", int((counts > 0).sum()) > 80)
    halves = bool(counts[:200].any()) and bool(counts[200:].any())
    claimed(counts, "25 batches of 8 come from both halves of 400 samples", halves)
    counts = torch.as_tensor(used(5, 100, 2)).round()
    claimed(counts, "none of 5 samples is left out in 100 batches of 2", bool((counts > 0).all()))


def uses(train: Callable[..., Any]) -> Callable[[int, int, int], torch.Tensor]:
    """What `random_batches` asks of `train(model, opt, loss, x, y, steps, batch_size)`.

    Sample i is 1 in place i and the loss is the outputs' sum: each use takes 1 from weight i.
    """
    lab = current.provider().lab

    def used(n: int, steps: int, batch_size: int) -> torch.Tensor:
        model = lab.nn.Linear(n, 1, bias=False)
        model.load_state_dict({"weight": torch.zeros(1, n)})
        opt = lab.optim.SGD(model.parameters(), lr=1.0)
        given = lab.define(total), torch.eye(n), torch.zeros(n, 1), steps, batch_size
        updates(lambda: train(model, opt, *given), model)
        return -model.state_dict()["weight"][0]  # type: ignore[no-any-return]

    return used


def total(prediction: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
    """A loss for which each sample counts the same, whatever its target: the outputs' sum."""
    return prediction.sum()


def row_uses(train: Callable[..., Any]) -> Callable[[int, int, int], torch.Tensor]:
    """What `random_batches` asks of `train(x, y, weights, bias, steps, batch_size, lr)`.

    Sample i is 1 in place i of 2n, and of class 0 of two: each use moves row i of the weights, by
    half of lr / batch_size as long as the steps are so short that both classes stay equally likely.
    """

    def used(n: int, steps: int, batch_size: int) -> torch.Tensor:
        weights, bias, lr = torch.zeros(2 * n, 2), torch.zeros(2), 1e-3
        samples = torch.eye(n, 2 * n), torch.zeros(n, dtype=torch.int64)
        params = weights.requires_grad_(), bias.requires_grad_()
        updates(lambda: train(*samples, *params, steps, batch_size, lr), params)
        return (weights.detach()[:n, 0] * 2 * batch_size / lr).nan_to_num()

    return used
