"""The usual slips of training: what it would have led to under each, from the same start."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch

from grader.suite.checks.compare import wide
from grader.suite.checks.mismatch import Slip
from grader.suite.checks.sides import Copies, undrawn
from grader.suite.checks.slips import close

COUNTS = ("epochs", "n_epochs", "steps")
SIZES = ("bs", "batch_size")

State = dict[str, torch.Tensor]


@dataclass
class Rerun:
    """Our own function on other arguments: what a slip would have led to."""

    ours: Callable[..., Any]
    args: Sequence[Any]
    kwargs: Mapping[str, Any]

    @property
    def named(self) -> dict[str, Any]:
        """Our arguments by name, defaults included. Empty if our signature isn't known."""
        try:
            bound = inspect.signature(self.ours).bind(*self.args, **self.kwargs)
        except (TypeError, ValueError):
            return {}
        bound.apply_defaults()
        return dict(bound.arguments)

    def __call__(self, **other: Any) -> State:
        """What becomes of the parameters with these arguments changed."""
        with undrawn():
            return self.run({**self.named, **other})

    def run(self, arguments: dict[str, Any]) -> State:
        """What becomes of the arguments that require grad."""
        copies = Copies([], arguments, list(arguments))
        self.ours(**copies.kwargs)
        return {name: leaf.detach() for name, leaf in copies.leaves.items()}


def trajectory_slip(
    before: State,
    after: dict[str, Any],
    wanted: State,
    losses: Any,
    wanted_losses: Any,
    again: Rerun,
) -> Slip | None:
    """The slip that explains where training ended, or what it returned; None if none does."""
    if any(tensor is None or tensor.shape != before[name].shape for name, tensor in after.items()):
        return None
    if not wanted or _alike(before, wanted):
        return None  # nothing was to be learned: everything fits
    if _alike(after, wanted):
        return _of_losses(losses, wanted_losses)
    if _alike(after, before):
        return _UNCHANGED
    moved = [name for name in after if not _alike({name: after[name]}, before)]
    for slip, other in _reruns(again):
        try:
            state = again(**other)
        except Exception:  # ours can't run so: then theirs didn't either
            continue
        if _alike(after, state) and not _alike(state, wanted):
            return slip
    if len(moved) < len(after):
        still = ", ".join(name for name in after if name not in moved)
        text = f"Training left some parameters as they were: {still}."
        return Slip("some_unchanged", text, "Training left some parameters as they were.")
    return None


_UNCHANGED = Slip(
    "unchanged",
    "After training no parameter had changed: no update reached the model.",
    "After training no parameter had changed: no update reached the model.",
)


def _reruns(again: Rerun) -> Iterator[tuple[Slip, dict[str, Any]]]:
    """Each slip of the loop, and the arguments under which right code does the same."""
    named = again.named
    count = next((name for name in COUNTS if isinstance(named.get(name), int)), None)
    size = next((name for name in SIZES if isinstance(named.get(name), int)), None)
    data = {
        k: v
        for k, v in named.items()
        if isinstance(v, torch.Tensor) and v.dim() > 0 and not v.requires_grad
    }
    n = len(next(iter(data.values()))) if data else 0
    if size is not None and n % named[size] and n > named[size]:
        text = "It ends where training ends without the last, short batch."
        full = {k: v[: n - n % named[size]] for k, v in data.items() if len(v) == n}
        yield Slip("last_batch_left_out", text, text), full
    if count is not None:
        unit = "step" if count == "steps" else "epoch"
        for change, said in ((1, f"one {unit} more"), (-1, f"one {unit} fewer")):
            if named[count] + change >= 0:
                text = f"It ends where training ends after {said} than asked for."
                yield Slip(said.replace(" ", "_"), text, text), {count: named[count] + change}
    if size is not None and count is not None and count != "steps" and n > named[size]:
        text = "It ends where training ends on the first batch alone."
        first = {k: v[: named[size]] for k, v in data.items() if len(v) == n}
        yield Slip("first_batch_only", text, text), first
        text = "It ends where training ends with all samples in one batch."
        yield Slip("one_large_batch", text, text), {size: n}


def _of_losses(theirs: Any, ours: Any) -> Slip | None:
    """The parameters are right, and only the losses aren't."""
    left, right = _as_floats(theirs), _as_floats(ours)
    if left is None or right is None or len(left) != len(right) or len(right) < 3:
        return None
    if close(left[:-1], right[1:]) and not close(right[:-1], right[1:]):
        text = "Each loss is that of the epoch after: it is taken after the step, not before."
        return Slip("loss_after_the_step", text, text)
    ratio = left / right
    if torch.isfinite(ratio).all() and close(ratio, ratio[0].expand_as(ratio)):
        text = "The losses are all off by one and the same factor: a sum for a mean?"
        return Slip("losses_off_by_a_factor", text, text)
    return None


def _as_floats(value: Any) -> torch.Tensor | None:
    known = isinstance(value, list) and all(isinstance(item, float) for item in value)
    return torch.tensor(value, dtype=torch.float64) if known else None


def _alike(left: dict[str, Any], right: State) -> bool:
    return all(close(wide(tensor).double(), wide(right[n]).double()) for n, tensor in left.items())
