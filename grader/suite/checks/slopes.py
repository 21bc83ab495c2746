"""The check of derivatives: `by_autograd`."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from grader.result import Outcome
from grader.suite import current
from grader.suite.checks.compare import Tolerance
from grader.suite.checks.shortcuts import Refused
from grader.suite.checks.sides import Copies, argument_names, name_of, pretending, side_of
from grader.suite.checks.trial import cases_of, is_called, read_both
from grader.suite.checks.values import same

BACKWARD, FORWARD = "torch.autograd.backward", "aten::_make_dual"


def by_autograd(
    theirs: Any,
    ours: Any,
    *args: Any,
    each: Iterable[Any] | None = None,
    read: Callable[[Any], Any] | None = None,
    **options: Any,
) -> Any:
    """Both give the same, as in `same`, and theirs computes it with autograd.

    That means by a backward pass, or in forward mode. Everything is called a second time while all
    gradients are made larger: a result that is right even then wasn't computed from them. An answer
    that raises then passes: it may compare the gradients with a formula of its own.

    Raises `Refused` where autograd didn't run, or ran for show.
    """
    cases = cases_of(args, each)
    values = same(
        theirs,
        ours,
        each=cases,
        read=read,
        requires=(BACKWARD, FORWARD),
        check="by_autograd",
        **options,
    )
    calls = current.provider().calls
    if FORWARD not in calls.ran:  # its slopes aren't made steeper
        try:
            with pretending("steep"):
                untouched = all(_is_right(theirs, ours, case, read) for case in cases)
        except Exception as error:
            if getattr(error, "outcome", Outcome.FAILED) is not Outcome.FAILED:
                raise  # it crashed, say
            untouched = False
        calls.begin()
        if untouched:
            ran = f"{name_of(theirs)} ran a backward pass"
            text = f"{ran}, but its result isn't what autograd computed."
            raise Refused(text, [BACKWARD])
    return values if each is not None else values[0]


def _is_right(theirs: Any, ours: Any, case: tuple[Any, ...], read: Any) -> bool:
    """Whether they give the same."""
    names = argument_names(ours, case, {}, theirs)
    copies = [Copies(side_of(case, is_theirs), {}, names) for is_theirs in (True, False)]
    raw, expected = theirs(*copies[0].args), ours
    if is_called(ours):
        expected = ours(*copies[1].args)
    return not read_both(raw, expected, read, Tolerance())[2]
