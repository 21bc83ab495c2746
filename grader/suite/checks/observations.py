"""Observations: facts about everything that a check saw, in words that a beginner understands.

Each observation is a function; `OBSERVATIONS` lists them, the most informative ones first. A
function gives its sentence only if that is true of every input that went wrong. The sentences are
the same at home and in the feedback on hidden tests.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import torch

from grader.suite.checks.compare import written
from grader.suite.checks.findings import GRADIENT, RESULT, Finding, close, numbers_of
from grader.suite.checks.mismatch import Fact
from grader.suite.checks.slips import VARIETY, find_slip

MOST = 2  # observations that are told about one check

Wrong = Sequence[Finding]
Observe = Callable[[Wrong], Fact | None]


def observe(findings: Sequence[Finding]) -> tuple[Fact, ...]:
    """The observations that are true of a check's findings, the most informative ones first."""
    if slip := find_slip(findings):
        return (slip,)
    wrong = [finding for finding in findings if finding.problems]
    facts = (observation(wrong) for observation in OBSERVATIONS)
    return tuple([fact for fact in facts if fact is not None][:MOST])


def differs_each_time(wrong: Wrong) -> Fact | None:
    """Two equal inputs have different results."""
    for place, one in enumerate(wrong):
        for other in wrong[place + 1 :]:
            inputs = [_close(*pair) for pair in zip(one.args, other.args, strict=True)]
            if inputs and all(inputs) and _close(one.theirs, other.theirs) is False:
                text = "Called twice with the same input, it gives two different results."
                return Fact("differs_each_time", text)
    return None


def _close(left: Any, right: Any) -> bool | None:
    """Whether two values hold the same numbers; None where one of them holds no numbers."""
    numbers = numbers_of(left), numbers_of(right)
    return None if numbers[0] is None or numbers[1] is None else close(numbers[0], numbers[1])


def never_arrived(wrong: Wrong) -> Fact | None:
    """The gradient doesn't reach an argument or a parameter."""
    missing = [
        [p.where.removeprefix(GRADIENT) for p in f.problems if p.kind == "missing"] for f in wrong
    ]
    if not all(missing) or len({tuple(names) for names in missing}) > 1:
        return None
    names = " and ".join(missing[0][:3])
    right = not any(f.has("values", "dtype", "shape", "rank", "type") for f in wrong)
    known = any(finding.ours is not None for finding in wrong)
    also = " The result itself is right." if right and known else ""
    return Fact("never_arrived", f"The gradient never reached {names}.{also}")


def only_the_gradient(wrong: Wrong) -> Fact | None:
    """The result is right on every input; the gradients aren't."""
    those = [problem for finding in wrong for problem in finding.problems]
    backward = all(p.kind == "values" and p.where.startswith(GRADIENT) for p in those)
    if not backward or any(finding.ours is None for finding in wrong):
        return None
    return Fact("only_the_gradient", "The result is right; only the gradient is wrong.")


def only_the_dtype(wrong: Wrong) -> Fact | None:
    """The numbers are right in another dtype."""
    if any({p.kind for p in f.problems} != {"dtype"} or f.numbers is None for f in wrong):
        return None
    return Fact("only_the_dtype", "The numbers are right; only their dtype is wrong.")


def only_changes(wrong: Wrong) -> Fact | None:
    """The result is right, and an argument was changed on the way to it."""
    if any({p.kind for p in f.problems} != {"changed"} or f.numbers is None for f in wrong):
        return None
    names = dict.fromkeys(problem.where for finding in wrong for problem in finding.problems)
    text = f"The result is right, but {' and '.join(names)} is overwritten on the way."
    return Fact("only_changes", text) if len(names) == 1 else None


def only_the_shape(wrong: Wrong) -> Fact | None:
    """The same numbers in the same order, in another shape."""
    for finding in wrong:
        theirs, ours = numbers_of(finding.theirs), numbers_of(finding.ours)
        if theirs is None or ours is None or theirs.shape == ours.shape or not ours.numel():
            return None
        if not close(theirs.flatten(), ours.flatten()):
            return None
    return Fact("only_the_shape", "The numbers are right; only their shape is wrong.")


def not_reduced(wrong: Wrong) -> Fact | None:
    """One number is wanted; theirs are several, and their mean or sum is that number."""
    for name in ("mean", "sum"):
        if all(_reduces(finding, name) for finding in wrong):
            text = f"It gave several numbers. Their {name} is the right result."
            return Fact(f"no_{name}", text)
    return None


def _reduces(finding: Finding, how: str) -> bool:
    theirs, ours = numbers_of(finding.theirs), numbers_of(finding.ours)
    if theirs is None or ours is None or theirs.numel() < 2 or ours.numel() != 1:
        return False
    if _all_alike(theirs, tuple(range(theirs.dim()))):
        return False  # if all are equal, each one is the mean
    return close(getattr(theirs, how)(), ours.reshape(()))


def _all_alike(numbers: torch.Tensor | None, dim: int | tuple[int, ...]) -> bool:
    """Whether all numbers along a dimension are equal: then a rule may fit by chance."""
    if numbers is None or not numbers.numel():
        return True
    return close(numbers, numbers.mean(dim, keepdim=True).expand_as(numbers))


def a_part(wrong: Wrong) -> Fact | None:
    """One row of the right result, the same for every input."""
    for row, name in ((-1, "last"), (0, "first")):
        tells = any(f.ours is not None and not _all_alike(numbers_of(f.ours), 0) for f in wrong)
        if tells and all(_is_row(finding, row) for finding in wrong):
            return Fact(f"{name}_row", f"It is the {name} row of the right result, and no more.")
    return None


def _is_row(finding: Finding, row: int) -> bool:
    theirs, ours = numbers_of(finding.theirs), numbers_of(finding.ours)
    if theirs is None or ours is None or ours.dim() < 1 or not len(ours):
        return False
    return theirs.shape == ours.shape[1:] and close(theirs, ours[row])


def not_finite(wrong: Wrong) -> Fact | None:
    """The result has NaN or infinity in it, and neither the input nor the right result has."""
    for name, has, text in (
        ("nan", torch.isnan, "NaN, as the logarithm of a negative number, 0/0 and inf/inf are."),
        (
            "infinite",
            torch.isinf,
            "infinite, as exp() of a large number and the logarithm of 0 are.",
        ),
    ):
        if all(_appears(finding, has) for finding in wrong):
            return Fact(name, f"Some of its numbers are {text}")
    return None


def _appears(finding: Finding, has: Callable[[torch.Tensor], torch.Tensor]) -> bool:
    if not finding.has("values"):
        return False
    theirs, ours = numbers_of(finding.theirs), numbers_of(finding.ours)
    given = [numbers_of(arg) for arg in finding.args]
    innocent = [ours, *(arg for arg in given if arg is not None)]
    if theirs is None or ours is None or any(bool(has(t).any()) for t in innocent if t is not None):
        return False
    return bool(has(theirs).any())


def by_rows_or_columns(wrong: Wrong) -> Fact | None:
    """The difference from the right result is constant in each row, or in each column."""
    for name, dim in (("row", 1), ("column", 0)):
        amounts = [_amounts(finding, dim) for finding in wrong]
        known = [found for found in amounts if found is not None]
        if len(known) < len(amounts):
            continue
        every = torch.cat([found.flatten() for found in known])
        tells = any(
            f.numbers and f.numbers[1].shape[dim] >= VARIETY and not _all_alike(f.numbers[1], dim)
            for f in wrong
        )
        if tells and not close(every, every[:1].expand_as(every)):
            text = f"All numbers in a {name} are off by the same amount, in each {name} by another."
            return Fact(f"{name}_shifted", text)
    return None


def _amounts(finding: Finding, dim: int) -> torch.Tensor | None:
    """How far each row (or column) of the result is off, if all of its numbers are equally off."""
    both = finding.numbers
    if both is None or both[0].dim() != 2 or not finding.has("values"):
        return None
    off = both[0] - both[1]
    amounts = off.mean(dim, keepdim=True)
    even = bool(off.isfinite().all()) and close(off, amounts.expand_as(off))
    return amounts if even else None


def nearly(wrong: Wrong) -> Fact | None:
    """Right to some digits: as many as float32 has, or within a hundredth."""
    largest = [_relative(finding) for finding in wrong]
    if any(error is None for error in largest):
        return None
    worst = max(error for error in largest if error is not None)
    double = all(getattr(f.theirs, "dtype", None) is torch.float64 for f in wrong)
    if double and worst < 1e-5:
        text = "The numbers are right to about 7 digits, as many as float32 has: float64 has 16."
        return Fact("single_precision", text)
    if worst < 0.01:
        return Fact("nearly", "Every number is nearly right: off by less than 1 %.")
    return None


def _relative(finding: Finding) -> float | None:
    both = finding.numbers
    told = [(p.kind, p.where.startswith(RESULT)) for p in finding.problems]
    if both is None or set(told) != {("values", True)}:
        return None
    error = ((both[0] - both[1]).abs() / both[1].abs().clamp(min=1e-12)).max().item()
    return error if math.isfinite(error) else None


def always_the_same(wrong: Wrong) -> Fact | None:
    """The result is the same number whatever the input is."""
    numbers = [finding.numbers for finding in wrong]
    if len(wrong) < VARIETY or any(pair is None or pair[1].numel() != 1 for pair in numbers):
        return None
    theirs = torch.cat([pair[0].reshape(1) for pair in numbers if pair is not None])
    ours = torch.cat([pair[1].reshape(1) for pair in numbers if pair is not None])
    if not close(theirs, theirs[:1].expand_as(theirs)) or len(ours.mul(1e3).round().unique()) < 2:
        return None
    text = f"It gave {written(theirs[0].item(), 4)} for every input that went wrong."
    return Fact("always_the_same", text)


def only_the_losses(wrong: Wrong) -> Fact | None:
    """The trained parameters are right, and the returned losses aren't."""
    ends = all(
        finding.seen.get("wanted") and all(p.where == "the losses" for p in finding.problems)
        for finding in wrong
    )
    text = "The parameters end where they should. Only the returned losses are wrong."
    return Fact("only_the_losses", text) if ends else None


def the_losses(wrong: Wrong) -> Fact | None:
    """The losses that training returned become NaN, grow, or stay the same."""
    curves = [(_curve(f.seen.get("losses")), _curve(f.seen.get("wanted_losses"))) for f in wrong]
    if not all(len(theirs) > 1 and len(ours) > 1 for theirs, ours in curves):
        return None
    if not all(math.isfinite(loss) for _, ours in curves for loss in ours):
        return None
    if any(not math.isfinite(loss) for theirs, _ in curves for loss in theirs):
        name, text = "losses_not_finite", "The loss becomes NaN or infinite during the training."
        holds = all(not all(map(math.isfinite, theirs)) for theirs, _ in curves)
    elif all(max(theirs) == min(theirs) for theirs, _ in curves):
        name, text = "losses_stay", "The loss is the same in every epoch."
        holds = all(max(ours) > min(ours) for _, ours in curves)
    else:
        first, last = curves[0][0][0], curves[0][0][-1]
        name = "losses_grow"
        text = f"The loss grows, from {written(first, 4)} to {written(last, 4)}. It should fall."
        holds = all(t[-1] > t[0] and o[-1] < o[0] for t, o in curves)
    return Fact(name, text) if holds else None


def _curve(value: Any) -> list[float]:
    """The losses per epoch; of (train, val) pairs, the training losses."""
    if not isinstance(value, (list, tuple)):
        return []
    firsts = [item[0] if isinstance(item, (list, tuple)) and item else item for item in value]
    return firsts if all(isinstance(loss, float) for loss in firsts) else []


OBSERVATIONS: tuple[Observe, ...] = (
    differs_each_time,
    never_arrived,
    only_the_losses,
    only_changes,
    only_the_dtype,
    only_the_shape,
    not_reduced,
    a_part,
    always_the_same,
    not_finite,
    by_rows_or_columns,
    nearly,
    only_the_gradient,
    the_losses,
)
