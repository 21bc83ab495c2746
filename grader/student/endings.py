"""How a public test ended: small enough to travel with pytest's reports between processes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, astuple, dataclass, field
from pathlib import Path
from typing import Any

import pytest

from grader.result import Outcome
from grader.student.attempts import target_of
from grader.student.fingerprints import hint_for
from grader.student.layout import wrap
from grader.suite import current
from grader.suite.checks.cases import of_a_target
from grader.suite.current import Case
from grader.suite.sight import sight_of

ATTRIBUTE = "torchgrade"


@dataclass(frozen=True)
class Ending:
    """One test of a public suite.

    `suite`: the number of test functions in its file. `ran`: whether the student's code was
    reached. `reason`: a text that is the same for tests failing for the same reason; '' if it
    passed. `sight`: what a failed test saw, for the fingerprint; None if it saw nothing.
    `cases`: the inputs that it tried: the traits of each, and whether it went right.
    """

    folder: str
    target: str
    name: str
    function: str
    suite: int
    outcome: str
    points: float
    bonus: bool
    ran: bool = True
    reason: str = ""
    sight: list[Any] | None = None
    cases: list[tuple[list[str], bool]] = field(default_factory=list)

    @property
    def passed(self) -> bool:
        return self.outcome == Outcome.PASSED.value

    @property
    def not_attempted(self) -> bool:
        return self.outcome == Outcome.NOT_ATTEMPTED.value

    @property
    def tried(self) -> list[Case]:
        return [Case(frozenset(traits), right) for traits, right in self.cases]

    @property
    def failing(self) -> bool:
        return not self.passed and not self.not_attempted and not self.bonus


def attach(
    report: pytest.TestReport,
    item: pytest.Item,
    outcome: Outcome,
    error: BaseException | None = None,
    *,
    ran: bool = True,
    reason: str = "",
) -> Ending:
    """Send an ending along with the report. `error`: what the test ended with, if it failed."""
    ended = outcome in (Outcome.FAILED, Outcome.REFUSED)
    points = item.get_closest_marker("points")
    module = vars(item.getparent(pytest.Module).obj)  # type: ignore[union-attr]
    ending = Ending(
        folder=str(item.path.parent),
        target=target_of(item),
        name=item.name,
        function=getattr(item, "originalname", item.name),
        suite=sum(name.startswith("test_") and callable(module[name]) for name in module),
        outcome=outcome.value,
        points=float(points.args[0]) if points else 1.0,
        bonus=item.get_closest_marker("bonus") is not None,
        ran=ran,
        reason=reason,
        sight=list(astuple(sight_of(error))) if error is not None and ended and ran else None,
        cases=[(sorted(case.traits), case.right) for case in current.cases()] if ran else [],
    )
    setattr(report, ATTRIBUTE, asdict(ending))
    return ending


def ending_of(report: object) -> Ending | None:
    """The ending that came with a report, None for any other report."""
    fields: dict[str, Any] | None = getattr(report, ATTRIBUTE, None)
    return Ending(**fields) if fields else None


def explained(told: Ending, run: Iterable[Ending]) -> str:
    """Why the target of `told` fails, by all of its tests in a run; '' if that is unknown.

    This is the hint for the known mistake that they saw, or else what the wrong inputs have in
    common.
    """
    mine = [end for end in run if (end.folder, end.target) == (told.folder, told.target)]
    base = [end for end in mine if not end.bonus]
    if all(end.passed or end.sight is not None for end in base):
        hint = hint_for(Path(told.folder), told.target, {end.name: end.sight for end in mine})
        if hint:
            return f"Hint: {hint}"
    fact = of_a_target([(Outcome(end.outcome), end.tried) for end in base])
    return fact.unrevealing if fact else ""


def note_of(explanation: str) -> str:
    """An explanation as it stands below a failure; '' for none."""
    return wrap(explanation) + "\n" if explanation else ""


def note_on_others(told: Ending, others: list[Ending], *, of_target: bool = False) -> str:
    """How many other tests failed, or were not run, for the reason of `told`; '' for none.

    of_target: the explanation of `told` holds for all tests of its target.
    """
    same = [
        other
        for other in others
        if other.failing
        and other.folder == told.folder
        and (other.reason == told.reason or (of_target and other.target == told.target))
    ]
    alike, left = [o for o in same if o.ran], [o for o in same if not o.ran]
    note = f"{_more(alike, 'fails', 'fail')} for the same reason.\n" if alike else ""
    return note + (f"{_more(left, 'was', 'were')} not run.\n" if left else "")


def _more(tests: list[Ending], one: str, many: str) -> str:
    return f"{len(tests)} more {f'test {one}' if len(tests) == 1 else f'tests {many}'}"
