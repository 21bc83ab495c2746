"""The running test: the provider of the student's side, and what its checks have recorded.

`grader.suite.plugin` sets it; checks read it. There is one at a time in a process.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from grader.suite.provider import Provider


@dataclass(frozen=True)
class Measured:
    """What `learns` measured, and the threshold that right answers must keep to."""

    name: str
    value: float
    below: float | None
    above: float | None


@dataclass(frozen=True)
class Case:
    """An input that a check tried: what is special about it, and whether all was right.

    `traits`: names of `grader.suite.checks.cases`.
    """

    traits: frozenset[str]
    right: bool


@dataclass
class _Running:
    provider: Provider | None = None
    checks: int = 0
    measured: list[Measured] = field(default_factory=list)
    cases: list[Case] = field(default_factory=list)
    tolerance_used: float = 0.0


_running = _Running()


def begin(provider: Provider) -> None:
    """A test begins."""
    global _running
    _running = _Running(provider)


def provider() -> Provider:
    """The provider of the running test. Raises `RuntimeError` outside a test."""
    if _running.provider is None:
        raise RuntimeError("checks are for tests: no test is running")
    return _running.provider


def next_check() -> None:
    """A check of the running test begins."""
    _running.checks += 1


def place() -> int:
    """The number of the latest check in its test, from 0."""
    return max(0, _running.checks - 1)


def measured() -> list[Measured]:
    """What the running test has measured of trained models; `learns` adds to it."""
    return _running.measured


def within(share: float) -> None:
    """Record that two values were accepted as equal, and which share of the tolerance they used."""
    _running.tolerance_used = max(_running.tolerance_used, share)


def tolerance_used() -> float:
    """The largest share of a tolerance that the running test has needed so far, from 0 to 1."""
    return _running.tolerance_used


def cases() -> list[Case]:
    """The inputs that the running test's checks of values have tried; checks add to them."""
    return _running.cases
