"""How a check ends: without a word, or with one `Mismatched` for its worst finding."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from grader.suite import current
from grader.suite.checks.compare import KEPT_NUMBERS, compact
from grader.suite.checks.findings import Finding
from grader.suite.checks.mismatch import RANKS, Mismatch, Mismatched, Problem, Show
from grader.suite.checks.observations import observe


def conclude(check: str, findings: Sequence[Finding], show: Show = "everything") -> None:
    """Raise `Mismatched` for the most informative finding, if any went wrong."""
    wrong = [finding for finding in findings if finding.problems]
    if not wrong:
        return
    worst = min(wrong, key=lambda f: (min(RANKS.index(p.kind) for p in f.problems), _size(f)))
    room = max(8, KEPT_NUMBERS // len(findings))
    sight = [
        [i, compact(f.got, room), sorted(p.kind for p in f.problems)]
        for i, f in enumerate(findings)
        if f.problems
    ]
    raise Mismatched(
        Mismatch(
            check=check,
            problems=tuple(worst.problems),
            place=current.place(),
            call=worst.call,
            gave=worst.gave,
            got=worst.theirs,
            wanted=worst.ours,
            sight=sight,
            cases=len(findings),
            wrong=len(wrong),
            observing=lambda: observe(findings),
            show=show,
            seen=worst.seen,
        )
    )


def claim(
    check: str, what: str | Problem, value: Any, gave: str, show: Show = "everything"
) -> Mismatched:
    """The exception for a claim about a value that doesn't hold, or for another problem of it."""
    problem = what if isinstance(what, Problem) else Problem("claim", what, gave, "")
    return Mismatched(
        Mismatch(
            check=check,
            problems=(problem,),
            place=current.place(),
            gave=gave,
            got=value,
            sight=compact(value),
            show=show,
        )
    )


def _size(finding: Finding) -> int:
    """The size of a finding's arguments: small examples are understood best."""
    numels = (getattr(arg, "numel", None) for arg in finding.args)
    return sum(numel() for numel in numels if callable(numel))
