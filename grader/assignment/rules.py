"""`assignment.toml` beside `solutions/`: how scores become a grade. Without it, points decide.

docs/assignment.md describes the file.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec

FILE = "assignment.toml"
UNITS = {"minute": 60, "min": 60, "hour": 3600, "h": 3600, "day": 86400, "d": 86400, "week": 604800}
_AMOUNT = re.compile(r"(\d+(?:\.\d+)?)\s*([a-z]+)")

Positive = Annotated[float, msgspec.Meta(gt=0)]
Percent = Annotated[float, msgspec.Meta(ge=0, le=100)]


class RulesError(Exception):
    """The file can't be used. The message says where, and what to do."""


@dataclass(frozen=True)
class ExerciseRules:
    """`weight`: None where the exercise's points decide. `bonus`: it only adds."""

    weight: float | None = None
    bonus: bool = False


@dataclass(frozen=True)
class Lateness:
    """What late work costs: `penalty` points of 100 a day begun, at most `cap`."""

    due: datetime | None = None
    grace: timedelta = timedelta()
    penalty: float = 0.0
    cap: float = 100.0


@dataclass(frozen=True)
class Rules:
    """How an assignment's scores become a grade. `extensions`: by what a student goes by."""

    title: str = ""
    attempts: Literal["latest", "best", "average"] = "latest"
    drop_lowest: int = 0
    lateness: Lateness = field(default_factory=Lateness)
    extensions: Mapping[str, datetime | timedelta] = field(default_factory=dict)
    exercises: Mapping[str, ExerciseRules] = field(default_factory=dict)

    @property
    def plain(self) -> bool:
        """Whether points alone decide what an attempt is worth."""
        return not self.drop_lowest and not self.exercises


class _Lateness(msgspec.Struct, forbid_unknown_fields=True):
    due: datetime | None = None
    grace: str = "0 minutes"
    penalty: Percent = 0.0
    cap: Percent = 100.0


class _Exercise(msgspec.Struct, forbid_unknown_fields=True):
    weight: Positive | None = None
    bonus: bool = False


class _File(msgspec.Struct, forbid_unknown_fields=True):
    title: str = ""
    attempts: Literal["latest", "best", "average"] = "latest"
    drop_lowest: Annotated[int, msgspec.Meta(ge=0)] = 0
    lateness: _Lateness = msgspec.field(default_factory=_Lateness)
    extensions: dict[str, Any] = {}
    exercises: dict[str, _Exercise] = {}


def read_rules(path: Path, exercises: Collection[str]) -> Rules:
    """The rules in the file at `path`, for these exercises; plain ones if there is no file.

    Raises `RulesError`.
    """
    try:
        text = path.read_text("utf-8")
    except FileNotFoundError:
        return Rules()
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it isn't UTF-8"
        raise RulesError(f"{path.name}: could not be read ({reason}).") from None
    try:
        # msgspec's messages end in the place: "Expected `float`, got `str` - at `$.lateness.cap`".
        return _rules(msgspec.toml.decode(text, type=_File, strict=True), exercises)
    except msgspec.ValidationError as error:
        what, _, where = str(error).partition(" - at ")
        place = where.strip("`").removeprefix("$").lstrip(".")
        raise RulesError(f"{path.name}: {place + ': ' if place else ''}{what}.") from None
    except (msgspec.DecodeError, ValueError) as error:
        raise RulesError(f"{path.name}: {error}.") from None


def _rules(file: _File, exercises: Collection[str]) -> Rules:
    unknown = sorted(set(file.exercises) - set(exercises))
    if unknown:
        known = ", ".join(exercises)
        raise ValueError(f"exercises: there is no exercise {unknown[0]}; there are: {known}")
    weighed = [name for name, one in file.exercises.items() if one.weight is not None]
    left = [name for name in exercises if name not in weighed]
    if weighed and left:
        raise ValueError(
            f"exercises: {', '.join(left)} has no weight; give one to every exercise, or to none"
        )
    counting = [e for e in exercises if not file.exercises.get(e, _Exercise()).bonus]
    if not counting and exercises:
        raise ValueError("exercises: all of them are bonus; at least one has to count")
    if file.drop_lowest >= len(counting) and exercises:
        raise ValueError(f"drop_lowest: {file.drop_lowest} of {len(counting)} leaves nothing")
    late = file.lateness
    return Rules(
        file.title,
        file.attempts,
        file.drop_lowest,
        Lateness(
            _instant(late.due, "lateness.due") if late.due else None,
            duration(late.grace, "lateness.grace"),
            late.penalty,
            late.cap,
        ),
        {who: extension(until, f"extensions.{who}") for who, until in file.extensions.items()},
        {name: ExerciseRules(one.weight, one.bonus) for name, one in file.exercises.items()},
    )


def extension(until: object, place: str = "extension") -> datetime | timedelta:
    """A new due date, or a time that is added to it. Raises `ValueError`."""
    if isinstance(until, datetime):
        return _instant(until, place)
    if not isinstance(until, str):
        raise ValueError(f"{place}: {until} is neither '2 days' nor 2026-11-27T23:59:00+01:00")
    if re.match(r"\d{4}-", until.strip()):
        try:
            when = datetime.fromisoformat(until.strip().replace("Z", "+00:00"))
        except ValueError:
            raise ValueError(
                f"{place}: {until!r} is not a time; write 2026-11-27T23:59:00+01:00"
            ) from None
        return _instant(when, place)
    return duration(until, place)


def duration(text: str, place: str = "") -> timedelta:
    """`15 minutes`, `2 days`, `1 day 12 hours`. Raises `ValueError`."""
    rest = text.strip().lower()
    seconds = 0.0
    while rest:
        amount = _AMOUNT.match(rest)
        unit = amount[2].rstrip("s") if amount else ""
        if amount is None or unit not in UNITS:
            raise ValueError(
                f"{place}: {text!r} is not a length of time; write '2 days' or '90 min'"
            )
        seconds += float(amount[1]) * UNITS[unit]
        rest = rest[amount.end() :].lstrip(" ,")
    if not text.strip():
        raise ValueError(f"{place}: empty; write '2 days' or '90 min'")
    return timedelta(seconds=seconds)


def _instant(when: datetime, place: str) -> datetime:
    if when.tzinfo is None:
        raise ValueError(f"{place}: say the offset from UTC too, as in {when.isoformat()}+01:00")
    return when.astimezone(timezone.utc)


def beside(solutions: Path) -> Path:
    """Where the file of the assignment with this `solutions/` is."""
    return solutions.parent / FILE


def without_students(content: bytes) -> str:
    """The text of an `assignment.toml` without the students that it names, for others to read.

    Comments are left out too. Raises `RulesError`.
    """
    try:
        file = msgspec.toml.decode(content, type=_File)
    except msgspec.DecodeError as error:
        raise RulesError(f"{FILE}: {error}.") from None

    def text(value: str) -> str:  # JSON's strings are TOML's too
        return msgspec.json.encode(value).decode()

    late = file.lateness
    lines = [f"title = {text(file.title)}", f"attempts = {text(file.attempts)}"]
    lines += [f"drop_lowest = {file.drop_lowest}", "", "[lateness]"]
    lines += [f"due = {late.due.isoformat()}"] if late.due else []
    lines += [f"grace = {text(late.grace)}", f"penalty = {late.penalty}", f"cap = {late.cap}"]
    for name, one in file.exercises.items():
        lines += ["", f"[exercises.{text(name)}]", f"bonus = {str(one.bonus).lower()}"]
        lines += [f"weight = {one.weight}"] if one.weight is not None else []
    return "\n".join(lines) + "\n"
