"""How a public test ended: small enough to travel with pytest's reports between processes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, astuple, dataclass
from pathlib import Path
from typing import Any

import pytest

from grader.result import Outcome
from grader.student.attempts import target_of
from grader.student.fingerprints import hint_for
from grader.student.layout import wrap
from grader.suite.seen import sight_of

ATTRIBUTE = "torchgrade"


@dataclass(frozen=True)
class Ending:
    """One test of a public suite.

    `suite` is how many test functions its file holds. `ran`: whether the student's code was
    reached. `reason`: what went wrong, the same text for tests that fail for one reason; '' where
    nothing did. `sight`: what a failed test saw, for the fingerprint; None where it saw nothing.
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

    @property
    def passed(self) -> bool:
        return self.outcome == Outcome.PASSED.value

    @property
    def not_attempted(self) -> bool:
        return self.outcome == Outcome.NOT_ATTEMPTED.value

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
    )
    setattr(report, ATTRIBUTE, asdict(ending))
    return ending


def ending_of(report: object) -> Ending | None:
    """The ending that came with a report, None for any other report."""
    fields: dict[str, Any] | None = getattr(report, ATTRIBUTE, None)
    return Ending(**fields) if fields else None


def known_hint(told: Ending, run: Iterable[Ending]) -> str:
    """The hint for the known mistake that all tests of the target of `told` saw, or ''."""
    mine = [end for end in run if (end.folder, end.target) == (told.folder, told.target)]
    if any(not end.passed and end.sight is None and not end.bonus for end in mine):
        return ""
    return hint_for(Path(told.folder), told.target, {end.name: end.sight for end in mine})


def note_of_hint(hint: str) -> str:
    """A hint below an explanation; '' for none."""
    return wrap(f"Hint: {hint}") + "\n" if hint else ""


def note_on_others(told: Ending, others: list[Ending]) -> str:
    """How many other tests failed as `told` did, in a line each; '' for none."""
    same = [o for o in others if o.failing and (o.folder, o.reason) == (told.folder, told.reason)]
    alike, left = [o for o in same if o.ran], [o for o in same if not o.ran]
    note = f"{_more(alike, 'fails', 'fail')} for the same reason.\n" if alike else ""
    return note + (f"{_more(left, 'was', 'were')} not run.\n" if left else "")


def _more(tests: list[Ending], one: str, many: str) -> str:
    return f"{len(tests)} more {f'test {one}' if len(tests) == 1 else f'tests {many}'}"
