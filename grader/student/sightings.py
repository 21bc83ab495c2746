"""What a run saw of each test: small enough to travel with pytest's reports between processes."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import pytest

from grader.result import Outcome

ATTRIBUTE = "torchgrade"


@dataclass(frozen=True)
class Sighting:
    """One test of a public suite. `suite` is how many test functions there are beside it."""

    folder: str
    function: str
    suite: int
    outcome: str
    points: float
    bonus: bool
    broken: bool  # the student's file could not be loaded

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
    report: pytest.TestReport, item: pytest.Item, outcome: Outcome, broken: bool
) -> Sighting:
    """Send a sighting along with the report."""
    points = item.get_closest_marker("points")
    module = vars(item.getparent(pytest.Module).obj)  # type: ignore[union-attr]
    sighting = Sighting(
        folder=str(item.path.parent),
        function=getattr(item, "originalname", item.name),
        suite=sum(name.startswith("test_") and callable(module[name]) for name in module),
        outcome=outcome.value,
        points=float(points.args[0]) if points else 1.0,
        bonus=item.get_closest_marker("bonus") is not None,
        broken=broken,
    )
    setattr(report, ATTRIBUTE, asdict(sighting))
    return sighting


def sighting_of(report: object) -> Sighting | None:
    """The sighting that came with a report, None for any other report."""
    fields: dict[str, Any] | None = getattr(report, ATTRIBUTE, None)
    return Sighting(**fields) if fields else None
