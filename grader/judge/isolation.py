"""The isolation of sandboxes: what is asked for, and what this machine gives, in words too."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import msgspec

import grader
from grader.assignment.exercises import DATA
from grader.judge.packages import Package
from grader.lockdown.limits import Limits
from grader.lockdown.probe import machine_profile
from grader.lockdown.records import Profile
from grader.sandbox.control import Orders

LIMITS_ONLY = Profile("limits only", ())


@dataclass(frozen=True)
class Isolation:
    """How sandboxes are to be locked down. `allowed`: what they may import besides the usual."""

    limits: Limits = field(default_factory=Limits)
    lock_down: bool = True
    allowed: tuple[Package, ...] = ()

    @property
    def profile(self) -> Profile:
        """The layers that sandboxes get here."""
        return machine_profile() if self.lock_down else LIMITS_ONLY

    def orders(self) -> bytes:
        """The same as an encoded `Orders`, for the zygote and the sandboxes."""
        ours = Path(grader.__file__).parent
        # The files by name: submissions may lie in that folder too, as the sample class does.
        data = [data_folder() / name for name in DATA]
        readable = [str(path) for path in (ours, *data) if path.exists()]
        readable += [package.place for package in self.allowed]
        folders = [package.place for package in self.allowed if package.whole]
        modules = {package.name: package.place for package in self.allowed if not package.whole}
        orders = Orders(self.limits, readable, self.profile, folders, modules)
        return msgspec.json.encode(orders)


def data_folder() -> Path:
    """The kit's data beside the package."""
    return Path(grader.__file__).parents[1] / "data"


@dataclass(frozen=True)
class Protection:
    """One thing that student code is kept from on this machine, or could be."""

    name: str
    status: str
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
        return [part for part in self.protections if part.status == "missing"]


def account() -> Account:
    """What this machine gives, as all that commands and reports know of it."""
    found = machine_profile()
    return Account(
        found.name,
        tuple(Protection(la.name, la.status, la.gives, la.why, la.remedy) for la in found.layers),
    )
