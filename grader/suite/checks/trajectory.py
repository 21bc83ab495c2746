"""The usual slips of training, recognised by where each leads from the same start."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch

from grader.suite.checks.compare import wide, written
from grader.suite.checks.findings import close
from grader.suite.checks.mismatch import Fact
from grader.suite.checks.sides import Copies, bound, undrawn

COUNTS = ("epochs", "n_epochs", "steps")
SIZES = ("bs", "batch_size")
LOSSES = ("loss_func", "loss_fn")

NEAR = 1e-4  # relative: what float32 can tell apart of a factor between two changes

Parameters = dict[str, torch.Tensor]


@dataclass
class Rerun:
    """Our own function, run on other arguments to see where a slip leads."""

    ours: Callable[..., Any]
    args: Sequence[Any]
    kwargs: Mapping[str, Any]

    @property
    def named(self) -> dict[str, Any]:
        """Our arguments by name, defaults included. Empty if our signature isn't known."""
        return bound(self.ours, self.args, self.kwargs)

    @property
    def data(self) -> Parameters:
        """What is trained on: tensors of samples."""
        return {
            name: value
            for name, value in self.named.items()
            if isinstance(value, torch.Tensor) and value.dim() > 0 and not value.requires_grad
        }

    @property
    def samples(self) -> int:
        """How many samples are trained on; 0 where none are."""
        return len(next(iter(self.data.values()), ()))

    def __call__(self, **other: Any) -> Parameters:
        """What becomes of the parameters with these arguments changed."""
        with undrawn():
            return self.run({**self.named, **other})

    def run(self, arguments: dict[str, Any]) -> Parameters:
        """What becomes of the arguments that require grad."""
        copies = Copies([], arguments, list(arguments))
        self.ours(**copies.kwargs)
        return {name: leaf.detach() for name, leaf in copies.leaves.items()}


def trajectory_slip(
    before: Parameters,
    after: dict[str, Any],
    wanted: Parameters,
    losses: Any,
    wanted_losses: Any,
    again: Rerun,
) -> Fact | None:
    """The slip that explains where training ended, or what it returned; None if none does."""
    if any(tensor is None or tensor.shape != before[name].shape for name, tensor in after.items()):
        return None
    if not wanted or _alike(before, wanted):
        return None  # right training changes nothing here: every slip fits
    if _alike(after, wanted):
        return _of_losses(losses, wanted_losses)
    if _alike(after, before):
        return Fact("unchanged", "No parameter changed: they all are what they were before.")
    for slip, other in _reruns(again):
        try:
            state = again(**other)
        except Exception:  # ours can't run with these arguments, so this slip isn't it
            continue
        if _alike(after, state) and not _alike(state, wanted):
            return slip
    return _of_ways(before, after, wanted, again) or _still(before, after)


def _still(before: Parameters, after: dict[str, Any]) -> Fact | None:
    """Some parameters are what they were before."""
    moved = {n: t for n, t in after.items() if not _alike({n: t}, before)}
    still = {n: t for n, t in after.items() if n not in moved}
    if not still:
        return None
    biases = [{t.dim() < 2 for t in those.values()} for those in (moved, still)]
    if biases == [{True}, {False}]:
        text = "Only the bias changed: the weights are what they were before."
    elif biases == [{False}, {True}]:
        text = "Only the weights changed: the bias is what it was before."
    else:
        names = ", ".join([*list(moved)[:3], *["…"] * (len(moved) > 3)])
        text = f"Only {names} changed: the other parameters are what they were before."
    return Fact("some_unchanged", text)


def _of_ways(
    before: Parameters, after: dict[str, Any], wanted: Parameters, again: Rerun
) -> Fact | None:
    """All parameters moved along the right line, by a wrong factor: one for all, or one each."""
    ways = {name: [_way(before, state, name) for state in (after, wanted)] for name in after}
    together = [torch.cat(sides) for sides in zip(*ways.values(), strict=True)]
    factor = _factor(*together)
    if factor is None:
        alone = [_factor(*sides) for sides in ways.values() if sides[1].any()]
        if len(alone) < 2 or None in alone or any(len(sides[1]) < 2 for sides in ways.values()):
            return None
        text = (
            "Each parameter moved along the right line, but too far or not far enough, each by its "
            "own factor."
        )
        return Fact("a_factor_each", text)
    if abs(factor + 1) < NEAR:
        return Fact(
            "uphill",
            "Each parameter moved exactly as far as it should, but in the opposite direction.",
        )
    sizes = [v for n, v in again.named.items() if n in SIZES] or [again.samples]
    of_batch = next((n for n in sizes if n > 1 and abs(factor / n - 1) < NEAR), 0)
    text = f"Each parameter moved {written(factor, 3)} times as far as it should"
    if of_batch:
        return Fact("factor_of_the_way", f"{text}: {of_batch} is the number of samples.")
    how = "the wrong way" if factor < 0 else "too far" if factor > 1 else "not far enough"
    return Fact(
        "factor_of_the_way",
        f"{text}.",
        f"Each parameter moved {how}, all by the same factor.",
    )


def _factor(theirs: torch.Tensor, ours: torch.Tensor) -> float | None:
    """The factor that turns ours into theirs; None if there is none."""
    if len(ours) < 2 or not ours.any() or not torch.isfinite(theirs).all():
        return None
    largest = ours.abs().argmax()
    factor = (theirs[largest] / ours[largest]).item()
    off = float((theirs - factor * ours).abs().max())
    fits = abs(factor) > NEAR and off <= NEAR * float(theirs.abs().max())
    return factor if fits else None


def _way(before: Parameters, after: dict[str, Any], name: str) -> torch.Tensor:
    return (wide(after[name]).double() - wide(before[name]).double()).flatten()


def _reruns(again: Rerun) -> Iterator[tuple[Fact, dict[str, Any]]]:
    """Each slip of the loop, and the arguments under which right code does the same."""
    named = again.named
    count = next((name for name in COUNTS if isinstance(named.get(name), int)), None)
    size = next((name for name in SIZES if isinstance(named.get(name), int)), None)
    data, n = again.data, again.samples
    yield from _rates(named, size, n)
    yield from _losses(named)
    if size is not None and n % named[size] and n > named[size]:
        text = "It ends where training ends without the last, short batch."
        full = {k: v[: n - n % named[size]] for k, v in data.items() if len(v) == n}
        yield Fact("last_batch_left_out", text, text), full
    if count is not None:
        unit = "step" if count == "steps" else "epoch"
        for change, said in ((1, f"one {unit} more"), (-1, f"one {unit} fewer")):
            if named[count] + change >= 0:
                text = f"It ends where training ends after {said} than asked for."
                yield Fact(said.replace(" ", "_"), text, text), {count: named[count] + change}
    if size is not None and count is not None and count != "steps" and n > named[size]:
        text = "It ends where training ends on the first batch alone."
        first = {k: v[: named[size]] for k, v in data.items() if len(v) == n}
        yield Fact("first_batch_only", text, text), first
        text = "It ends where training ends with all samples in one batch."
        yield Fact("one_large_batch", text, text), {size: n}


def _rates(named: dict[str, Any], size: str | None, n: int) -> Iterator[tuple[Fact, Any]]:
    """The learning rate times something else than 1."""
    if not isinstance(named.get("lr"), float):
        return
    samples = named[size] if size is not None else n
    factors = [(2.0, "twice the learning rate"), (0.5, "half the learning rate")]
    if samples > 2:
        factors.append(
            (float(samples), f"{samples} times the learning rate, the number of samples")
        )
        factors.append((1 / samples, "the learning rate divided by the number of samples"))
    for factor, said in factors:
        text = f"It ends where training ends with {said}."
        yield Fact("other_rate", text), {"lr": factor * named["lr"]}


def _losses(named: dict[str, Any]) -> Iterator[tuple[Fact, Any]]:
    """Each batch's loss times, or divided by, its number of samples."""
    name = next((name for name in LOSSES if callable(named.get(name))), None)
    if name is None:
        return
    loss = named[name]
    for power, said in ((1, "times"), (-1, "divided by")):
        text = f"It ends where training ends with each batch's loss {said} its number of samples."
        scaled = lambda out, y, power=power: loss(out, y) * float(len(y)) ** power  # noqa: E731
        yield Fact("other_reduction", text), {name: scaled}


def _of_losses(theirs: Any, ours: Any) -> Fact | None:
    """The parameters are right, and only the losses aren't."""
    left, right = _as_floats(theirs), _as_floats(ours)
    if left is None or right is None or len(left) != len(right) or len(right) < 3:
        return None
    if close(left[:-1], right[1:]) and not close(right[:-1], right[1:]):
        text = "Each loss is taken after the step, and should be taken before it."
        return Fact("loss_after_the_step", text, text)
    ratio = left / right
    if torch.isfinite(ratio).all() and close(ratio, ratio[0].expand_as(ratio)):
        text = "The losses are the right ones times a constant factor."
        return Fact("losses_off_by_a_factor", text, text)
    return None


def _as_floats(value: Any) -> torch.Tensor | None:
    known = isinstance(value, list) and all(isinstance(item, float) for item in value)
    return torch.tensor(value, dtype=torch.float64) if known else None


def _alike(left: dict[str, Any], right: Parameters) -> bool:
    return all(close(wide(tensor).double(), wide(right[n]).double()) for n, tensor in left.items())
