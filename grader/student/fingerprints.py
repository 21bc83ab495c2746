"""Recognise known mistakes at home: by what they give in the public tests, each with its hint.

`desk.json` beside a public suite is written when the students' repository is released. It holds no
answer, and no hint that can be read: each hint is locked with what the tests see of its mistake,
and only a run that sees the same can open it. It also holds the stubs, to start anew from.

Numbers are rounded to steps before they are compared, so that rounding errors don't matter. If a
number of the mistake lies near the border of a step, the steps are moved by half of one; the file
says for which numbers.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from grader.assignment.sealing import sealed, unsealed

FILE = "desk.json"
STEP = 0.002  # relative; below NEAR_ZERO it is absolute, 0.002 of that
NEAR_ZERO = 0.01

# What the tests of a target saw, by test: None where it passed, else check, place, problem and what
# the student's code gave (`grader.suite.sight.Sight`, as a plain list).
Sights = Mapping[str, Sequence[Any] | None]


@dataclass(frozen=True)
class Fingerprint:
    """What a target's tests saw: the numbers, and everything else as text (the form)."""

    form: str
    numbers: tuple[float, ...]

    @classmethod
    def of(cls, sights: Sights) -> Fingerprint:
        """The fingerprint of what each test saw, by the tests' names."""
        numbers: list[float] = []
        form = [[test, _form(sights[test], numbers)] for test in sorted(sights)]
        return cls(json.dumps(form), tuple(numbers))

    @property
    def moved(self) -> int:
        """The numbers to be compared in moved steps: a bit for each."""
        return sum(_near_a_border(number) << place for place, number in enumerate(self.numbers))

    def fits(self, known: Fingerprint) -> bool:
        """Whether this equals `known`, up to rounding."""
        return self.key("", known.moved) == known.key("", known.moved)

    def key(self, salt: str, moved: int) -> bytes:
        """The key that locks and opens a hint."""
        steps = [
            math.floor(_steps(number) + 0.5 * (moved >> place & 1))
            for place, number in enumerate(self.numbers)
        ]
        return hashlib.sha256(f"{salt}\n{self.form}\n{steps}".encode()).digest()


def lock(fingerprint: Fingerprint, salt: str, hint: str) -> list[str]:
    """An entry of the file: the moved steps, a name of the fingerprint, and the locked hint."""
    key = fingerprint.key(salt, fingerprint.moved)
    return [f"{fingerprint.moved:x}", _name(key), sealed(hint, key)]


def hint_for(folder: Path, target: str, sights: Sights) -> str:
    """The hint of the known mistake that gives the same in all of a target's tests, or ''.

    `folder`: the exercise's. `sights` may hold more tests than the file knows, never fewer.
    """
    known = read(folder).get("targets", {}).get(target)
    if not known or not known["tests"] or not set(known["tests"]) <= set(sights):
        return ""
    fingerprint = Fingerprint.of({test: sights[test] for test in known["tests"]})
    for moved, name, locked in known["mistakes"]:
        key = fingerprint.key(known["salt"], int(moved, 16))
        if name == _name(key):
            return unsealed(locked, key)
    return ""


@lru_cache(1)
def read(folder: Path) -> dict[str, Any]:
    """An exercise's `desk.json`; empty where there is none, or something else in it."""
    try:
        content = json.loads((folder / FILE).read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}


def _form(value: Any, numbers: list[float]) -> Any:
    """A value with its finite floats taken out, into `numbers`."""
    if isinstance(value, float):
        if not math.isfinite(value):
            return str(value)
        numbers.append(value)
        return "#"
    if isinstance(value, (list, tuple)):
        return [_form(item, numbers) for item in value]
    return value


def _steps(number: float) -> float:
    return math.asinh(number / NEAR_ZERO) / STEP


def _near_a_border(number: float) -> bool:
    return not 0.25 <= _steps(number) % 1 < 0.75


def _name(key: bytes) -> str:
    return hashlib.sha256(b"name" + key).hexdigest()[:16]
