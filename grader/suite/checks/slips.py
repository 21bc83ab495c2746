"""The usual slips: what wrong values would be under each. Said only of what fits every input."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import torch

from grader.suite.checks.compare import in_a_tensor, wide, written
from grader.suite.checks.mismatch import Problem, Slip

RTOL, ATOL = 1e-4, 2e-5

# Of one input: the slip isn't it; it fits, but so might others; it fits, and tells.
Verdict = Literal["no", "fits", "tells"]


@dataclass
class Finding:
    """What one input gave on both sides. `rerun` calls ours again, on other arguments.

    `slip`: what was found to explain this input already.
    """

    call: str
    theirs: Any
    ours: Any
    problems: list[Problem]
    gave: str = ""
    got: Any = None
    args: Sequence[Any] = ()
    rerun: Callable[..., Any] | None = None
    slip: Slip | None = None
    seen: dict[str, Any] = field(default_factory=dict)

    @property
    def numbers(self) -> tuple[torch.Tensor, torch.Tensor] | None:
        """Both sides' numbers, of the same shape; None where there are none to compare."""
        theirs, ours = _numbers(self.theirs), _numbers(self.ours)
        if theirs is None or ours is None or theirs.shape != ours.shape or not ours.numel():
            return None
        return theirs, ours

    @property
    def batch(self) -> int:
        """How many samples the first argument that is a batch holds; 0 where none is."""
        sizes = (len(arg) for arg in self.args if isinstance(arg, torch.Tensor) and arg.dim() > 0)
        return next(sizes, 0)


def find_slip(findings: Sequence[Finding]) -> Slip | None:
    """The slip that explains all findings of a check, if one does."""
    told = {finding.slip for finding in findings if finding.problems}
    if told != {None}:
        return told.pop() if len(told) == 1 else None
    if not any(p.kind in ("values", "shape") for f in findings for p in f.problems):
        return None
    for fits, slip in _SLIPS:
        verdicts = [fits(finding) for finding in findings]
        if "no" not in verdicts and "tells" in verdicts:
            return slip
    return _summed(findings) or _scaled(findings) or _shifted(findings)


def close(left: torch.Tensor, right: torch.Tensor) -> bool:
    return left.shape == right.shape and bool(
        torch.allclose(left, right, rtol=RTOL, atol=ATOL, equal_nan=True)
    )


def _verdict(fits: bool, tells: bool) -> Verdict:
    return "no" if not fits else "tells" if tells else "fits"


def _numbers(value: Any) -> torch.Tensor | None:
    if isinstance(value, torch.Tensor):
        usable = value.device.type != "meta" and not value.is_complex()
        return wide(value).double() if usable else None
    if isinstance(value, float):
        return torch.tensor(value, dtype=torch.float64)
    return in_a_tensor(value)


def _transposed(finding: Finding) -> Verdict:
    theirs, ours = _numbers(finding.theirs), _numbers(finding.ours)
    if theirs is None or ours is None or ours.dim() != 2:
        return "no"
    return _verdict(close(theirs, ours.T), not close(ours, ours.T))


def _other_dimension(finding: Finding) -> Verdict:
    both, tensors = finding.numbers, [a for a in finding.args if isinstance(a, torch.Tensor)]
    if both is None or finding.rerun is None or len(tensors) != 1 or len(finding.args) != 1:
        return "no"
    [x] = tensors
    theirs, ours = both
    if x.dim() != 2 or x.shape != ours.shape:
        return "no"
    try:
        other = _numbers(finding.rerun(x.detach().T))
    except Exception:  # ours takes no such input
        return "no"
    if other is None or other.dim() != 2:
        return "no"
    return _verdict(close(theirs, other.T), not close(other.T, ours))


def _negated(finding: Finding) -> Verdict:
    both = finding.numbers
    if both is None:
        return "no"
    theirs, ours = both
    return _verdict(close(theirs, -ours), not close(ours, -ours))


def _log_base(base: float) -> Callable[[Finding], Verdict]:
    """A logarithm of another base: of the whole result, or of what is subtracted from the input."""

    def fits(finding: Finding) -> Verdict:
        both = finding.numbers
        if both is None:
            return "no"
        theirs, ours = both
        scale = math.log(base)
        if close(theirs * scale, ours):
            return _verdict(True, not close(ours, theirs))
        x = _numbers(finding.args[0]) if len(finding.args) == 1 else None
        if x is None or x.shape != ours.shape:
            return "no"
        return _verdict(close((x - theirs) * scale, x - ours), not close(ours, theirs))

    return fits


def _summed(findings: Sequence[Finding]) -> Slip | None:
    """A sum over the batch where a mean is right, or the other way round."""
    sizes = [finding.batch for finding in findings]
    if not all(sizes) or not _is_batch_size(findings):
        return None
    for name, power in (("sum_for_mean", 1), ("mean_for_sum", -1)):
        factors = [float(size) ** power for size in sizes]
        if _all_scaled_by(findings, factors):
            size = f", {sizes[0]} here" if len(set(sizes)) == 1 else ""
            times = "times" if power == 1 else "divided by"
            asked = ("sum", "mean") if power == 1 else ("mean", "sum")
            text = (
                f"It is the right result {times} the batch size{size}: a {asked[0]} over the "
                f"samples where the {asked[1]} is asked for?"
            )
            return Slip(name, text, text)
    return None


def _is_batch_size(findings: Sequence[Finding]) -> bool:
    """Whether a factor of that size can be nothing but the number of samples."""
    sizes = {finding.batch for finding in findings if finding.batch > 1}
    others = {
        size
        for finding in findings
        for arg in finding.args
        if isinstance(arg, torch.Tensor)
        for size in arg.shape[1:]
    }
    return len(sizes) > 1 or (bool(sizes) and min(sizes) > 2 and not sizes & others)


def _all_scaled_by(findings: Sequence[Finding], factors: Sequence[float]) -> bool:
    tells = False
    for finding, factor in zip(findings, factors, strict=True):
        both = finding.numbers
        if both is None or not close(both[0], both[1] * factor):
            return False
        tells |= not close(both[1], both[1] * factor)
    return tells


def _scaled(findings: Sequence[Finding]) -> Slip | None:
    """One factor between all of theirs and all of ours."""
    numbers = _varied(findings)
    if numbers is None:
        return None
    theirs, ours = numbers
    largest = ours.abs().argmax()
    if not ours[largest]:
        return None
    factor = (theirs[largest] / ours[largest]).item()
    if not math.isfinite(factor) or abs(factor) < 1e-6 or not close(theirs, ours * factor):
        return None
    text = f"Every number is {written(factor, 4)} times what it should be."
    return Slip("factor", text, "Every number is off by one and the same factor.")


def _shifted(findings: Sequence[Finding]) -> Slip | None:
    """One constant between all of theirs and all of ours."""
    numbers = _varied(findings)
    if numbers is None:
        return None
    theirs, ours = numbers
    shift = (theirs - ours)[0]
    if not torch.isfinite(shift) or not close(theirs, ours + shift):
        return None
    text = f"Every number is off by the same amount, {written(shift.item(), 4)}."
    return Slip("constant", text, "Every number is off by one and the same amount.")


def _varied(findings: Sequence[Finding]) -> tuple[torch.Tensor, torch.Tensor] | None:
    """All numbers of both sides in a row, if ours differ enough for a rule to show in them."""
    pairs = [finding.numbers for finding in findings]
    known = [pair for pair in pairs if pair is not None]
    if len(known) < len(pairs):
        return None
    theirs = torch.cat([pair[0].flatten() for pair in known])
    ours = torch.cat([pair[1].flatten() for pair in known])
    different = len(ours.mul(1e3).round().unique())
    return (theirs, ours) if different >= 3 and bool(torch.isfinite(ours).all()) else None


_SLIPS: tuple[tuple[Callable[[Finding], Verdict], Slip], ...] = (
    (
        _transposed,
        Slip("transposed", "It is the transpose of the right result.", "It is transposed."),
    ),
    (
        _other_dimension,
        Slip(
            "other_dimension",
            "It is right along the other dimension: columns where rows are meant.",
            "It is computed along the other dimension: columns where rows are meant.",
        ),
    ),
    (_negated, Slip("sign", "Only the sign is wrong.", "Only the sign is wrong.")),
    *(
        (
            _log_base(base),
            Slip(
                f"log{base}",
                f"It is right but for a logarithm to base {base} in place of the natural one.",
                f"It uses a logarithm to base {base} in place of the natural one.",
            ),
        )
        for base in (2, 10)
    ),
)
