"""The checks of functions: `same`, `gradients`, `leaves_alone`, `by_hand`, `judged`."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Any

import torch
from torch import nn

from grader.suite import current
from grader.suite.calls import call_text
from grader.suite.checks.compare import Tolerance, compare, short
from grader.suite.checks.mismatch import Problem, Show
from grader.suite.checks.observed import Observation, Patterns
from grader.suite.checks.readers import Unreadable
from grader.suite.checks.sides import Copies, Device, argument_names, name_of, side_of
from grader.suite.checks.slips import Finding
from grader.suite.checks.verdict import claim, conclude

Reader = Callable[[Any], Any]


def same(
    theirs: Any,
    ours: Any,
    *args: Any,
    each: Iterable[Any] | None = None,
    read: Reader | None = None,
    rtol: float | None = None,
    atol: float | None = None,
    device: Device | None = None,
    forbids: Patterns = (),
    requires: Patterns = (),
    show: Show = "everything",
    check: str = "same",
    **kwargs: Any,
) -> Any:
    """Both give the same on copies of the arguments; no argument is changed.

    `ours` is a function, or the right value itself. A `theirs` that can't be called is a value.
    Arguments that require grad may be changed: afterwards they hold what ours hold.

    each: several inputs, a tuple of arguments each; all are tried before anything is said.
    read: what the result may be where its type is open (`number`, `loss`, `pair`, `floats`, …).
    rtol, atol: how far numbers may lie apart; without them, what the dtype can tell apart.
    device: where theirs works: tensors are moved there, and the result must be there.
    forbids, requires: names of what may not, or must, run in the call; see `by_hand`.
    show: what a learner is shown: "everything" that the suite may show, "theirs", "title".

    Returns what theirs gave, as read; a list of it with `each`.
    """
    current.next_check()
    tolerance = Tolerance(rtol, atol)
    observation = Observation(forbids, requires)
    findings = []
    for case in _cases(args, each):
        if not _called(theirs):
            finding = _of_value(theirs, ours, read, tolerance)
        else:
            finding = _of_call(theirs, ours, case, kwargs, read, tolerance, device, observation)
        findings.append(finding)
    observation.judge(name_of(theirs))
    conclude(check, findings, show)
    values = [finding.theirs for finding in findings]
    return values if each is not None else values[0]


def by_hand(theirs: Any, ours: Any, *args: Any, forbids: Patterns, **options: Any) -> Any:
    """What `forbids` names doesn't run in the call, and the call gives what ours gives.

    forbids: names of what ran, or patterns: operators ("aten::_log_softmax"), torch's module
    classes ("torch.nn.Linear"), optimizers ("torch.optim.*"), passes of autograd
    ("torch.autograd.backward").
    requires: of these names at least one must have run.

    Takes what `same` takes, or, with a pair of `twins` as the first argument, `trained_alike`.
    Raises `Refused` for a shortcut.
    """
    from grader.suite.checks.training import trained_alike
    from grader.suite.checks.twins import Twins

    if any(isinstance(arg, Twins) for arg in args):
        return trained_alike(theirs, ours, *args, forbids=forbids, check="by_hand", **options)
    return same(theirs, ours, *args, forbids=forbids, check="by_hand", **options)


def leaves_alone(
    theirs: Any,
    *args: Any,
    each: Iterable[Any] | None = None,
    show: Show = "everything",
    **kwargs: Any,
) -> Any:
    """No argument is changed, those that require grad included. Returns what theirs gave."""
    current.next_check()
    findings = []
    for case in _cases(args, each):
        names = argument_names(None, case, kwargs)
        copies = Copies(side_of(case, True), side_of(kwargs, True), names)
        value = _call(theirs, copies, Observation((), ()))
        changed = _changed(copies, leaves=True)
        call = call_text(name_of(theirs), copies.args, copies.kwargs)
        problems = [Problem("changed", name, "", "") for name in changed]
        findings.append(Finding(call, value, None, problems, short(value), value, case))
    conclude("leaves_alone", findings, show)
    values = [finding.theirs for finding in findings]
    return values if each is not None else values[0]


def gradients(
    theirs: Any,
    ours: Any,
    *args: Any,
    each: Iterable[Any] | None = None,
    read: Reader | None = None,
    incoming: torch.Tensor | None = None,
    exact: bool = False,
    rtol: float | None = None,
    atol: float | None = None,
    device: Device | None = None,
    show: Show = "everything",
    **kwargs: Any,
) -> Any:
    """Both give the same, and one incoming gradient sent back through both arrives alike.

    It arrives at every argument that requires grad (at every floating tensor, where none does),
    and at every parameter, where both sides are models with the same parameters (`twins`).

    ours: a function; or the right gradients themselves, a tensor for each argument that asks.
    incoming: the gradient to send back; without it, a random one, or ones where ours are values.
    exact: compare theirs with difference quotients too (`torch.autograd.gradcheck`, in float64).

    Otherwise as `same`. Returns what theirs gave, as read.
    """
    current.next_check()
    tolerance = Tolerance(rtol, atol)
    findings = [
        _sent_back(theirs, ours, case, kwargs, read, incoming, tolerance, device)
        for case in _cases(args, each)
    ]
    conclude("gradients", findings, show)
    if exact:
        for case in [finding.args for finding in findings]:
            _gradcheck(theirs, case, kwargs, show)
    values = [finding.seen["value"] for finding in findings]
    return values if each is not None else values[0]


def judged(
    value: Any, text: str, holds: bool | Callable[[Any], object], *, show: Show = "everything"
) -> Any:
    """A claim about a value of the student's, in words: `judged(n, "all 10 are drawn", n == 10)`.

    `text` is shown to the learner: it says what should be, and no secret. Returns the value.
    """
    current.next_check()
    if not (holds(value) if callable(holds) else holds):
        raise claim("judged", text, value, short(value), show)
    return value


# -- one input ----------------------------------------------------------------------------------


def _called(theirs: Any) -> bool:
    return callable(theirs) and not isinstance(theirs, torch.Tensor)


def _cases(args: Sequence[Any], each: Iterable[Any] | None) -> list[tuple[Any, ...]]:
    if each is None:
        return [tuple(args)]
    return [(*args, *(case if isinstance(case, tuple) else (case,))) for case in each]


def _call(theirs: Any, copies: Copies, observation: Observation) -> Any:
    with observation.watch():
        return theirs(*copies.args, **copies.kwargs)


def _changed(copies: Copies, *, leaves: bool = False) -> list[str]:
    """What the call changed: by the provider's log, or what the copies show."""
    changed = copies.changed(leaves=leaves)
    return changed or list(dict.fromkeys(current.provider().calls.changed))


def _of_value(theirs: Any, ours: Any, read: Reader | None, tolerance: Tolerance) -> Finding:
    value, expected, problems = _read(theirs, ours, read, tolerance)
    return Finding("", value, expected, problems, short(theirs), value)


def _of_call(
    theirs: Any,
    ours: Any,
    case: tuple[Any, ...],
    kwargs: dict[str, Any],
    read: Reader | None,
    tolerance: Tolerance,
    device: Device | None,
    observation: Observation,
) -> Finding:
    names = argument_names(ours, case, kwargs)
    mine = Copies(side_of(case, False), side_of(kwargs, False), names)
    copies = Copies(side_of(case, True), side_of(kwargs, True), names, device)
    call = call_text(name_of(theirs), copies.args, copies.kwargs)
    raw = _call(theirs, copies, observation)
    changed = _changed(copies)
    expected: Any = ours(*mine.args, **mine.kwargs) if _called(ours) else ours
    if device is not None:
        expected = moved(expected, device)
    value, expected, problems = _read(raw, expected, read, tolerance)
    problems += [Problem("changed", name, "", "") for name in changed]
    after = {name: leaf.detach() for name, leaf in copies.leaves.items()}
    if _called(ours):
        for name, leaf in mine.leaves.items():
            here = leaf.detach().to(after[name].device)
            problems += compare(after[name], here, f"{name} after the call", tolerance)
    return Finding(
        call,
        value,
        expected,
        problems,
        short(raw),
        [value, *after.values()],
        side_of(case, False),
        (lambda *other: ours(*other, **mine.kwargs)) if _called(ours) else None,
        {"after": after, "arguments": dict(zip(names, copies.args, strict=False))},
    )


def _read(
    raw: Any, expected: Any, read: Reader | None, tolerance: Tolerance, where: str = "the result"
) -> tuple[Any, Any, list[Problem]]:
    """Both sides as read, and what they have different."""
    if read is None:
        return raw, expected, compare(raw, expected, where, tolerance)
    wanted = read(expected)
    try:
        value = read(raw)
    except Unreadable as error:
        return raw, wanted, [Problem(error.kind, where, error.theirs, error.ours)]
    return value, wanted, compare(value, wanted, where, tolerance)


def moved(value: Any, device: Device) -> Any:
    """A value with its tensors on another device."""
    if isinstance(value, torch.Tensor):
        return value.detach().to(device)
    if isinstance(value, (list, tuple)) and not isinstance(value, torch.Size):
        return type(value)([moved(item, device) for item in value])
    return value


# -- gradients ----------------------------------------------------------------------------------


def _sent_back(
    theirs: Any,
    ours: Any,
    case: tuple[Any, ...],
    kwargs: dict[str, Any],
    read: Reader | None,
    incoming: torch.Tensor | None,
    tolerance: Tolerance,
    device: Device | None,
) -> Finding:
    names = argument_names(ours, case, kwargs)
    copies = Copies(side_of(case, True), side_of(kwargs, True), names, device)
    mine = Copies(side_of(case, False), side_of(kwargs, False), names)
    for side in (copies, mine):
        side.make_leaves()
    call = call_text(name_of(theirs), copies.args, copies.kwargs)
    models = isinstance(theirs, nn.Module) and isinstance(ours, nn.Module)
    if models:
        theirs.zero_grad()
        ours.zero_grad()
    raw = _call(theirs, copies, Observation((), ()))
    changed = _changed(copies)
    if _called(ours):
        wanted = ours(*mine.args, **mine.kwargs)
        here = moved(wanted, device) if device is not None else wanted
        value, _, problems = _read(raw, here, read, tolerance)
        outputs = _outputs(wanted)
        back = [torch.randn(o.shape, dtype=o.dtype) for o in outputs]
        back = [incoming] if incoming is not None else back
        torch.autograd.backward(outputs, back)
        expected = {name: leaf.grad for name, leaf in mine.leaves.items()}
    else:
        value, problems = (read or (lambda v: v))(raw), []
        back = [incoming] if incoming is not None else []
        rights = ours if isinstance(ours, (tuple, list)) else (ours,)
        expected = dict(zip(mine.leaves, rights, strict=True))
    problems += [Problem("changed", name, "", "") for name in changed]
    arrived: dict[str, Any] = {}
    if not any(p.kind in ("type", "rank", "shape") for p in problems):
        cut = _send(raw, back)
        if cut:
            first = next(iter(copies.leaves), "its parameters")
            problems.append(Problem("type", f"the gradient of {first}", cut, "a tensor"))
        else:
            arrived = {name: leaf.grad for name, leaf in copies.leaves.items()}
            for name, right in expected.items():
                problems += _compare_gradients(arrived[name], right, name, tolerance)
            if models:
                problems += _parameter_gradients(theirs, ours, arrived, tolerance)
    return Finding(
        call,
        _in_a_row(arrived.values()),
        _in_a_row(expected.values()) if not models else None,
        problems,
        short(raw),
        [value, *arrived.values()],
        side_of(case, False),
        seen={"value": value, "gradients": arrived},
    )


def _outputs(value: Any) -> list[torch.Tensor]:
    if isinstance(value, torch.Tensor):
        return [value]
    found = [item for item in value if isinstance(item, torch.Tensor)]
    return [item for item in found if item.requires_grad]


def _send(raw: Any, back: Sequence[torch.Tensor]) -> str:
    """Send gradients back through theirs; what stands in the way, in words, or ''."""
    outputs = _outputs(raw)
    if not outputs or not all(output.requires_grad for output in outputs):
        return "none: the result has no graph that leads back"
    given = [g.to(o.device).reshape(o.shape) for g, o in zip(back, outputs, strict=False)]
    torch.autograd.backward(outputs, given or [torch.ones_like(o) for o in outputs])
    return ""


def _compare_gradients(theirs: Any, ours: Any, name: str, tolerance: Tolerance) -> list[Problem]:
    where = f"the gradient of {name}"
    if theirs is None and isinstance(ours, torch.Tensor):
        if not ours.any():
            return []
        return [Problem("type", where, "none: it never arrives there", "a tensor")]
    if ours is None:
        ours = torch.zeros_like(theirs) if isinstance(theirs, torch.Tensor) else None
    if isinstance(theirs, torch.Tensor) and isinstance(ours, torch.Tensor):
        ours = ours.detach().to(theirs.device)
    return compare(theirs, ours, where, tolerance)


def _parameter_gradients(
    theirs: nn.Module, ours: nn.Module, arrived: dict[str, Any], tolerance: Tolerance
) -> list[Problem]:
    from grader.suite.checks.twins import layout_of

    problems = []
    for name, left, right in layout_of(theirs, ours).gradients(theirs, ours):
        arrived[name] = left
        problems += _compare_gradients(left, right, name, tolerance)
    return problems


def _in_a_row(gradients: Collection[Any]) -> torch.Tensor | None:
    known = [g.detach().cpu().double().flatten() for g in gradients if g is not None]
    return torch.cat(known) if known and len(known) == len(gradients) else None


def _gradcheck(theirs: Any, case: Sequence[Any], kwargs: dict[str, Any], show: Show) -> None:
    precise = [
        arg.detach().double().requires_grad_()
        if isinstance(arg, torch.Tensor) and arg.is_floating_point()
        else arg
        for arg in case
    ]
    try:
        torch.autograd.gradcheck(
            lambda *args: theirs(*args, **kwargs), precise, nondet_tol=1e-9,
            check_undefined_grad=False,
        )  # fmt: skip
    except torch.autograd.gradcheck.GradcheckError:  # type: ignore[attr-defined]
        call = call_text(name_of(theirs), precise, kwargs)
        text = f"{call}: the gradient in float64 is not how the result changes"
        raise claim("gradients", text, None, "", show) from None
