"""The check `gradients`: what goes back through both sides arrives alike."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Any

import torch
from torch import nn
from torch.autograd.gradcheck import GradcheckError

from grader.suite import current
from grader.suite.calls import call_text
from grader.suite.checks.cases import tried, wrong_if_raised
from grader.suite.checks.compare import Tolerance, compare, short
from grader.suite.checks.findings import Finding
from grader.suite.checks.mismatch import Problem, Show
from grader.suite.checks.readers import described
from grader.suite.checks.shortcuts import ShortcutRules
from grader.suite.checks.sides import Copies, DeviceLike, argument_names, name_of, side_of
from grader.suite.checks.trial import (
    Reader,
    arguments_of,
    call_theirs,
    cases_of,
    changes,
    is_called,
    moved,
    read_both,
)
from grader.suite.checks.twins import layout_of
from grader.suite.checks.verdict import claim, conclude


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
    device: DeviceLike | None = None,
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
        for case in cases_of(args, each)
    ]
    conclude("gradients", findings, show)
    if exact:
        for case in [finding.args for finding in findings]:
            _gradcheck(theirs, case, kwargs, show)
    values = [finding.seen["value"] for finding in findings]
    return values if each is not None else values[0]


def _sent_back(
    theirs: Any,
    ours: Any,
    case: tuple[Any, ...],
    kwargs: dict[str, Any],
    read: Reader | None,
    incoming: torch.Tensor | None,
    tolerance: Tolerance,
    device: DeviceLike | None,
) -> Finding:
    names = argument_names(ours, case, kwargs, theirs)
    copies = Copies(side_of(case, True), side_of(kwargs, True), names, device)
    mine = Copies(side_of(case, False), side_of(kwargs, False), names)
    for side in (copies, mine):
        side.make_leaves()
    call = call_text(name_of(theirs), copies.args, copies.kwargs)
    models = isinstance(theirs, nn.Module) and isinstance(ours, nn.Module)
    if models:
        theirs.zero_grad()
        ours.zero_grad()
    given = arguments_of(ours, case, kwargs)
    with wrong_if_raised(given):
        raw = call_theirs(theirs, copies, ShortcutRules((), ()))
    changed = changes(copies)
    if is_called(ours):
        wanted = ours(*mine.args, **mine.kwargs)
        here = moved(wanted, device) if device is not None else wanted
        value, right, problems = read_both(raw, here, read, tolerance)
        outputs = _outputs(wanted)
        back = [torch.randn(o.shape, dtype=o.dtype) for o in outputs]
        back = [incoming] if incoming is not None else back
        torch.autograd.backward(outputs, back)
        expected = {name: leaf.grad for name, leaf in mine.leaves.items()}
    else:
        value, right, problems = (read or (lambda v: v))(raw), None, []
        if not isinstance(raw, (torch.Tensor, tuple, list)):
            problems.append(Problem("type", "the result", described(raw), "a tensor"))
        back = [incoming] if incoming is not None else []
        rights = ours if isinstance(ours, (tuple, list)) else (ours,)
        expected = dict(zip(mine.leaves, rights, strict=True))
    problems += [Problem("changed", name, "", "") for name in changed]
    arrived: dict[str, Any] = {}
    if not any(p.kind in ("type", "rank", "shape") for p in problems):
        cut = _send(raw, back)
        if cut:
            first = next(iter(copies.leaves), "its parameters")
            problems.append(Problem("missing", f"the gradient of {first}", cut, "a tensor"))
        else:
            arrived = {name: leaf.grad for name, leaf in copies.leaves.items()}
            for name, grad in expected.items():
                problems += _compare_gradients(arrived[name], grad, name, tolerance)
            if models:
                problems += _parameter_gradients(theirs, ours, arrived, expected, tolerance)
    tried(given, not problems)
    return Finding(
        call,
        value,
        right,
        problems,
        short(raw),
        [value, *arrived.values()],
        side_of(case, False),
        back=(_in_a_row(arrived.values()), _in_a_row(expected.values())),
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
        return "the result has no graph that leads back"
    given = [g.to(o.device).reshape(o.shape) for g, o in zip(back, outputs, strict=False)]
    torch.autograd.backward(outputs, given or [torch.ones_like(o) for o in outputs])
    return ""


def _compare_gradients(theirs: Any, ours: Any, name: str, tolerance: Tolerance) -> list[Problem]:
    where = f"the gradient of {name}"
    if theirs is None and isinstance(ours, torch.Tensor):
        if not ours.any():
            return []
        return [Problem("missing", where, "it never arrives there", "a tensor")]
    if ours is None:
        ours = torch.zeros_like(theirs) if isinstance(theirs, torch.Tensor) else None
    if isinstance(theirs, torch.Tensor) and isinstance(ours, torch.Tensor):
        ours = ours.detach().to(theirs.device)
    return compare(theirs, ours, where, tolerance)


def _parameter_gradients(
    theirs: nn.Module,
    ours: nn.Module,
    arrived: dict[str, Any],
    expected: dict[str, Any],
    tolerance: Tolerance,
) -> list[Problem]:
    problems = []
    for name, left, right in layout_of(theirs, ours).gradients(theirs, ours):
        arrived[name], expected[name] = left, right
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
            check_undefined_grad=False, fast_mode=True,
        )  # fmt: skip
    except GradcheckError:
        call = call_text(name_of(theirs), precise, kwargs)
        text = f"{call}: the gradient in float64 is not how the result changes"
        raise claim("gradients", text, None, "", show) from None
