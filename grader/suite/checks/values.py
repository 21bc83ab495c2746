"""The checks of functions: `same`, `leaves_alone`, `by_hand`, `judged`."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import torch

from grader.suite import current
from grader.suite.calls import call_text
from grader.suite.checks.cases import tried, wrong_if_raised
from grader.suite.checks.compare import Tolerance, compare, short
from grader.suite.checks.findings import Finding
from grader.suite.checks.mismatch import Problem, Show
from grader.suite.checks.readers import Unreadable
from grader.suite.checks.shortcuts import Patterns, ShortcutRules
from grader.suite.checks.sides import Copies, DeviceLike, argument_names, name_of, side_of
from grader.suite.checks.training import trained_alike
from grader.suite.checks.trajectory import Rerun, trajectory_slip
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
from grader.suite.checks.twins import Twins
from grader.suite.checks.verdict import claim, conclude


def same(
    theirs: Any,
    ours: Any,
    *args: Any,
    each: Iterable[Any] | None = None,
    read: Reader | None = None,
    rtol: float | None = None,
    atol: float | None = None,
    device: DeviceLike | None = None,
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
    rules = ShortcutRules(forbids, requires)
    findings = []
    for case in cases_of(args, each):
        if not is_called(theirs):
            finding = _of_value(theirs, ours, read, tolerance)
        else:
            finding = _of_call(theirs, ours, case, kwargs, read, tolerance, device, rules)
        findings.append(finding)
    rules.judge(name_of(theirs))
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
    for case in cases_of(args, each):
        names = argument_names(theirs, case, kwargs)
        copies = Copies(side_of(case, True), side_of(kwargs, True), names)
        value = call_theirs(theirs, copies, ShortcutRules((), ()))
        changed = changes(copies, leaves=True)
        call = call_text(name_of(theirs), copies.args, copies.kwargs)
        problems = [Problem("changed", name, "", "") for name in changed]
        findings.append(Finding(call, value, None, problems, short(value), value, case))
    conclude("leaves_alone", findings, show)
    values = [finding.theirs for finding in findings]
    return values if each is not None else values[0]


def judged(
    value: Any, text: str, holds: bool | Callable[[Any], object], *, show: Show = "everything"
) -> Any:
    """A claim about a value of the student's, in words: `judged(n, "all 10 are drawn", n == 10)`.

    `text` is shown to the learner: it says what should be, and no secret. Returns the value.
    """
    current.next_check()
    try:
        right = holds(value) if callable(holds) else holds
    except Unreadable as error:
        problem = Problem(error.kind, "the result", error.theirs, error.ours)
        raise claim("judged", problem, value, short(value), show) from None
    if not right:
        raise claim("judged", text, value, short(value), show)
    return value


# -- one input ----------------------------------------------------------------------------------


def _of_value(theirs: Any, ours: Any, read: Reader | None, tolerance: Tolerance) -> Finding:
    value, expected, problems = read_both(theirs, ours, read, tolerance)
    return Finding("", value, expected, problems, short(theirs), value)


def _of_call(
    theirs: Any,
    ours: Any,
    case: tuple[Any, ...],
    kwargs: dict[str, Any],
    read: Reader | None,
    tolerance: Tolerance,
    device: DeviceLike | None,
    rules: ShortcutRules,
) -> Finding:
    names = argument_names(ours, case, kwargs, theirs)
    mine = Copies(side_of(case, False), side_of(kwargs, False), names)
    copies = Copies(side_of(case, True), side_of(kwargs, True), names, device)
    call = call_text(name_of(theirs), copies.args, copies.kwargs)
    given = arguments_of(ours, case, kwargs)
    with wrong_if_raised(given):
        raw = call_theirs(theirs, copies, rules)
    changed = changes(copies)
    expected: Any = ours(*mine.args, **mine.kwargs) if is_called(ours) else ours
    if device is not None:
        expected = moved(expected, device)
    value, expected, problems = read_both(raw, expected, read, tolerance)
    problems += [Problem("changed", name, "", "") for name in changed]
    after = {name: leaf.detach() for name, leaf in copies.leaves.items()}
    landed: dict[str, torch.Tensor] = {}
    if is_called(ours):
        landed = {name: leaf.detach() for name, leaf in mine.leaves.items()}
        for name, leaf in landed.items():
            problems += compare(
                after[name], leaf.to(after[name].device), f"{name} after the call", tolerance
            )
    again = Rerun(ours, side_of(case, False), side_of(kwargs, False))
    tried(given, not problems)
    return Finding(
        call,
        value,
        expected,
        problems,
        short(raw),
        [value, *after.values()],
        side_of(case, False),
        (lambda *other: ours(*other, **mine.kwargs)) if is_called(ours) else None,
        lambda: trajectory_slip(mine.before, after, landed, None, None, again),
        seen={"after": after, "before": mine.before, "wanted": landed},
    )
