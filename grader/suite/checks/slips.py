"""The usual slips: recognise the wrong values that each one causes, on every input."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Literal

import torch

from grader.suite.checks.compare import written
from grader.suite.checks.findings import GRADIENT, Finding, close, numbers_of
from grader.suite.checks.mismatch import Fact

# For one input: the slip doesn't fit; it fits, but others may, too; it fits, and no other does.
Verdict = Literal["no", "fits", "tells"]
VARIETY = 3  # a rule that fits so many different numbers is no coincidence


def find_slip(findings: Sequence[Finding]) -> Fact | None:
    """The slip that explains all findings of a check, if one does.

    It is about the result if that is wrong, and else about the gradient.
    """
    told = {finding.slip() for finding in findings if finding.problems}
    if told != {None}:
        return told.pop() if len(told) == 1 else None
    if any(finding.has("values", "shape") for finding in findings):
        return _slip(findings, "It", "result")
    if any(finding.has("values", about=GRADIENT) for finding in findings):
        backward = [replace(f, theirs=f.back[0], ours=f.back[1], rerun=None) for f in findings]
        return _slip(backward, "The gradient", "one")
    return None


def _slip(findings: Sequence[Finding], it: str, one: str) -> Fact | None:
    """The slip that explains the numbers. `it` and `one`: what they are called."""
    for fits, name, text in _SLIPS:
        verdicts = [fits(finding) for finding in findings]
        if "no" not in verdicts and "tells" in verdicts:
            return Fact(name, text.format(It=it, one=one))
    for made in (_summed, _over_a_fixed_size, _scaled, _shifted, _mapped, _times_an_argument):
        if fact := made(findings, it, one):
            return fact
    return None


def _verdict(fits: bool, tells: bool) -> Verdict:
    return "no" if not fits else "tells" if tells else "fits"


def _transposed(finding: Finding) -> Verdict:
    theirs, ours = numbers_of(finding.theirs), numbers_of(finding.ours)
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
        other = numbers_of(finding.rerun(x.detach().T))
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
        x = numbers_of(finding.args[0]) if len(finding.args) == 1 else None
        if x is None or x.shape != ours.shape:
            return "no"
        return _verdict(close((x - theirs) * scale, x - ours), not close(ours, theirs))

    return fits


def _summed(findings: Sequence[Finding], it: str, one: str) -> Fact | None:
    """A sum over the batch where a mean is right, or the other way round."""
    sizes = [finding.batch for finding in findings]
    if not all(sizes) or not _is_batch_size(findings):
        return None
    for name, power, sign, times in (
        ("sum_for_mean", 1, 1, "times"),
        ("mean_for_sum", -1, 1, "divided by"),
        ("minus_sum_for_mean", 1, -1, "with the wrong sign, times"),
    ):
        factors = [sign * float(size) ** power for size in sizes]
        if _all_scaled_by(findings, factors):
            size = f", {sizes[0]} here" if len(set(sizes)) == 1 else ""
            return Fact(name, f"{it} is the right {one} {times} the batch size{size}.")
    return None


def _over_a_fixed_size(findings: Sequence[Finding], it: str, one: str) -> Fact | None:
    """A sum divided by a fixed number instead of the number of samples."""
    sizes = [finding.batch for finding in findings]
    numbers = varied(findings)
    if numbers is None or len(set(sizes)) < VARIETY or not all(sizes):
        return None
    first = findings[0].numbers
    if first is None or not first[0].any():
        return None
    largest = first[0].abs().argmax()
    number = sizes[0] * (first[1].flatten()[largest] / first[0].flatten()[largest]).item()
    if not number or not math.isfinite(number):
        return None
    if not _all_scaled_by(findings, [n / number for n in sizes]):
        return None
    by = f"the batch size and divided by {written(number, 4)}, whatever the batch size is"
    text = f"{it} is the right {one} times {by}."
    return Fact("over_a_fixed_size", text, text)


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


def _scaled(findings: Sequence[Finding], it: str, one: str) -> Fact | None:
    """One factor between all of theirs and all of ours."""
    numbers = varied(findings)
    if numbers is None:
        return None
    theirs, ours = numbers
    largest = ours.abs().argmax()
    if not ours[largest]:
        return None
    factor = (theirs[largest] / ours[largest]).item()
    if not math.isfinite(factor) or abs(factor) < 1e-6 or not close(theirs, ours * factor):
        return None
    return Fact(
        "factor",
        f"{it} is the right {one} times {written(factor, 4)}.",
        f"{it} is the right {one} times a constant factor.",
    )


def _shifted(findings: Sequence[Finding], it: str, one: str) -> Fact | None:
    """One constant between all of theirs and all of ours."""
    numbers = varied(findings)
    if numbers is None:
        return None
    theirs, ours = numbers
    shift = (theirs - ours)[0]
    if not torch.isfinite(shift) or not close(theirs, ours + shift):
        return None
    return Fact(
        "constant",
        f"{it} is the right {one} plus {written(shift.item(), 4)}.",
        f"{it} is the right {one} plus a constant.",
    )


_MAPS: tuple[tuple[str, Callable[[torch.Tensor], torch.Tensor], str], ...] = (
    ("exp", torch.exp, "exp() of the right {one}"),
    ("log", torch.log, "the logarithm of the right {one}"),
    ("cut_at_zero", torch.relu, "the right {one} with every negative number cut to 0"),
    ("abs", torch.abs, "the right {one} without its minus signs"),
    ("one_minus", lambda right: 1 - right, "1 minus the right {one}"),
    ("squared", torch.square, "the square of the right {one}"),
    ("root", torch.sqrt, "the square root of the right {one}"),
    ("sigmoid", torch.sigmoid, "sigmoid() of the right {one}"),
    ("tanh", torch.tanh, "tanh() of the right {one}"),
    ("softmax", lambda right: right.softmax(-1), "softmax() of the right {one}, row by row"),
    (
        "log_softmax",
        lambda right: right.log_softmax(-1),
        "log_softmax() of the right {one}, row by row",
    ),
)


def _mapped(findings: Sequence[Finding], it: str, one: str) -> Fact | None:
    """One function between all of theirs and all of ours."""
    numbers = varied(findings)
    if numbers is None or len(numbers[0].mul(1e3).round().unique()) < VARIETY:
        return None
    pairs = [finding.numbers for finding in findings]
    for name, function, text in _MAPS:
        if name.endswith("softmax") and any(pair is None or not pair[1].dim() for pair in pairs):
            continue
        made = [(pair[0], function(pair[1])) for pair in pairs if pair is not None]
        if all(right.isfinite().all() and close(theirs, right) for theirs, right in made):
            return Fact(name, f"{it} is {text.format(one=one)}.")
    return None


def _times_an_argument(findings: Sequence[Finding], it: str, one: str) -> Fact | None:
    """A factor that is one of the arguments, a number."""
    if varied(findings) is None:
        return None
    for place in range(min(len(finding.args) for finding in findings)):
        numbers = [numbers_of(finding.args[place]) for finding in findings]
        factors = [n.item() for n in numbers if n is not None and n.numel() == 1]
        if len(factors) < len(findings) or len(set(factors)) < VARIETY:
            continue
        if _all_scaled_by(findings, factors):
            which = "argument" if len(findings[0].args) == 1 else f"argument {place + 1}"
            return Fact("times_an_argument", f"{it} is the right {one} times the {which}.")
    return None


def varied(findings: Sequence[Finding]) -> tuple[torch.Tensor, torch.Tensor] | None:
    """All numbers of both sides in a row, if ours differ enough to show a rule.

    None if they don't, or if both sides are alike.
    """
    pairs = [finding.numbers for finding in findings]
    known = [pair for pair in pairs if pair is not None]
    if len(known) < len(pairs):
        return None
    theirs = torch.cat([pair[0].flatten() for pair in known])
    ours = torch.cat([pair[1].flatten() for pair in known])
    different = len(ours.mul(1e3).round().unique())
    if different < VARIETY or not torch.isfinite(ours).all() or close(theirs, ours):
        return None
    return theirs, ours


_SLIPS: tuple[tuple[Callable[[Finding], Verdict], str, str], ...] = (
    (_transposed, "transposed", "{It} is the transpose of the right {one}."),
    (
        _other_dimension,
        "other_dimension",
        "{It} is computed along the other dimension: columns where rows are meant.",
    ),
    (_negated, "sign", "{It} is the right {one} with the wrong sign."),
    *(
        (
            _log_base(base),
            f"log{base}",
            f"{{It}} is the right {{one}} but for a logarithm to base {base} in place of the "
            "natural one.",
        )
        for base in (2, 10)
    ),
)
