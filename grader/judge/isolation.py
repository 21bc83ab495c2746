"""What the judge says of its own isolation: all that commands and reports know of it."""

from __future__ import annotations

import functools
from dataclasses import dataclass

from grader.lockdown.probe import probe


@dataclass(frozen=True)
class Protection:
    """One thing that student code is kept from on this machine, or could be."""

    name: str
    state: str
    """"on", "missing" or "not needed"."""

    gives: str
    why: str
    """Why it is missing or not needed; empty if it is on."""

    remedy: str
    """How to get it, if there is a way."""


@dataclass(frozen=True)
class Account:
    """The isolation that student code gets here: a name, such as `linux-full`, and its parts."""

    name: str
    protections: tuple[Protection, ...]

    @property
    def missing(self) -> list[Protection]:
        """The parts that this machine doesn't give; empty if isolation is full."""
        return [part for part in self.protections if part.state == "missing"]


@functools.cache
def account() -> Account:
    """What this machine gives. Each part is tried, once in a process."""
    found = probe()
    return Account(
        found.name,
        tuple(Protection(la.name, la.status, la.reason, la.why, la.remedy) for la in found.layers),
    )
