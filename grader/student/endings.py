"""How a public test ended: small enough to travel with pytest's reports between processes."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import pytest

from grader.result import Outcome

ATTRIBUTE = "torchgrade"


@dataclass(frozen=True)
class Ending:
    """One test of a public suite.

    `suite` is how many test functions its file holds. `ran`: whether the student's code was
    reached. `reason`: what went wrong, the same text for tests that fail for one reason; '' where
    nothing did.
    """

    folder: str
    function: str
    suite: int
    outcome: str
    points: float
    bonus: bool
    ran: bool = True
    reason: str = ""

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
    report: pytest.TestReport, item: pytest.Item, outcome: Outcome, *, ran: bool, reason: str
) -> Ending:
    """Send an ending along with the report."""
    points = item.get_closest_marker("points")
    module = vars(item.getparent(pytest.Module).obj)  # type: ignore[union-attr]
    ending = Ending(
        folder=str(item.path.parent),
        function=getattr(item, "originalname", item.name),
        suite=sum(name.startswith("test_") and callable(module[name]) for name in module),
        outcome=outcome.value,
        points=float(points.args[0]) if points else 1.0,
        bonus=item.get_closest_marker("bonus") is not None,
        ran=ran,
        reason=reason,
    )
    setattr(report, ATTRIBUTE, asdict(ending))
    return ending


def ending_of(report: object) -> Ending | None:
    """The ending that came with a report, None for any other report."""
    fields: dict[str, Any] | None = getattr(report, ATTRIBUTE, None)
    return Ending(**fields) if fields else None


def note_on_others(told: Ending, others: list[Ending]) -> str:
    """How many other tests failed as `told` did, in a line each; '' for none."""
    same = [o for o in others if o.failing and (o.folder, o.reason) == (told.folder, told.reason)]
    alike, left = [o for o in same if o.ran], [o for o in same if not o.ran]
    note = f"{_more(alike, 'fails', 'fail')} for the same reason.\n" if alike else ""
    return note + (f"{_more(left, 'was', 'were')} not run.\n" if left else "")


def _more(tests: list[Ending], one: str, many: str) -> str:
    return f"{len(tests)} more {f'test {one}' if len(tests) == 1 else f'tests {many}'}"
