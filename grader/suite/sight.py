"""The fingerprint of a failed test: what it saw, by which known mistakes are recognised.

Two answers with the same fingerprints in all tests can't be told apart.
"""

from __future__ import annotations

import math
import re
import traceback
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from grader.suite.current import place

KEPT_CHARACTERS = 300
_OURS = Path(__file__).parents[1]
_NUMBER = re.compile(r"(?<![\w.])[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?(?![\w.])")
_ADDRESS = re.compile(r"0x[0-9a-fA-F]+")


@dataclass(frozen=True)
class Sight:
    """What a failed test saw; made only of str, int, float, bool, None, list and tuple.

    `check`: "same", "gradients", … or "assert" for a plain assertion, "raised" for an exception.
    `place`: the number of the failed check in its test, from 0.
    `problem`: one of `grader.suite.checks.mismatch.RANKS`.
    `got`: what the student's code gave, cut short; of an exception its type and message.
    """

    check: str
    place: int
    problem: str
    got: Any


def sight_of(error: BaseException) -> Sight:
    """The fingerprint of a test that ended with `error`."""
    mismatch = getattr(error, "mismatch", None)
    if mismatch is not None:
        return Sight(mismatch.check, mismatch.place, mismatch.problem, mismatch.sight)
    ran = getattr(error, "shortcuts", None)
    if ran is not None:
        return Sight("by_hand", place(), "shortcut", sorted(ran))
    if isinstance(error, AssertionError) and not hasattr(error, "raised"):
        return Sight("assert", place(), "claim", _assertion(error))
    return Sight("raised", place(), "raised", [_type_name(error), *_raised(error)])


def alike(a: Sight, b: Sight) -> bool:
    """Whether both saw the same, up to rounding."""
    same_place = (a.check, a.place, a.problem) == (b.check, b.place, b.problem)
    return same_place and _close(a.got, b.got)


def _close(a: Any, b: Any) -> bool:
    if isinstance(a, (list, tuple)) and isinstance(b, (list, tuple)):
        return len(a) == len(b) and all(map(_close, a, b))
    if isinstance(a, float) and isinstance(b, float):
        both_nan = math.isnan(a) and math.isnan(b)
        return both_nan or math.isclose(a, b, rel_tol=1e-3, abs_tol=1e-5)
    return type(a) is type(b) and bool(a == b)


def _assertion(error: AssertionError) -> list[Any]:
    """The line of a plain assertion, and the numbers in its message."""
    frames = traceback.extract_tb(error.__traceback__)
    line = next((f.line or "" for f in reversed(frames) if f.name.startswith("test_")), "")
    said = _ADDRESS.sub("", str(error))[: 10 * KEPT_CHARACTERS]
    return [line[:KEPT_CHARACTERS], [float(number) for number in _NUMBER.findall(said)]]


def _raised(error: BaseException) -> tuple[str, str]:
    """The message of an exception, and the call in the student's own line that raised it."""
    raised = getattr(error, "raised", None)
    if raised is not None:  # it crossed the boundary
        message, lines = str(raised.message), [frame.text for frame in raised.frames]
    else:
        frames = traceback.extract_tb(error.__traceback__)
        message = str(error)
        found = [f for f in frames if not _is_library(f.filename)]
        theirs = [*found]
        while theirs and Path(theirs[-1].filename).is_relative_to(_OURS):
            theirs.pop()
        # A function that the suite passed in may raise, too, called by a line of theirs.
        by_a_test = bool(theirs) and Path(theirs[-1].filename).name.startswith("test_")
        lines = [] if theirs != found and by_a_test else [f.line or "" for f in theirs]
    first = _ADDRESS.sub("", message).strip().splitlines()[:1]
    return (first or [""])[0][:KEPT_CHARACTERS], _operation(error, lines[-1] if lines else "")


def _operation(error: BaseException, line: str) -> str:
    """The last call in a line of code, or else its operators, as a name for what raised."""
    if calls := re.findall(r"(\w+)\(", line):
        return str(calls[-1])
    named = _type_name(error) in ("NameError", "UnboundLocalError")  # no operation is at fault
    return "" if named else " ".join(sorted(set(re.findall(r"[-+*/%@]+", line))))


def _is_library(file: str) -> bool:
    return any(part in file.replace("\\", "/") for part in ("/site-packages/", "/lib/python"))


def _type_name(error: BaseException) -> str:
    """The built-in class of an exception, by which both sides of the boundary name it."""
    names = [c.__name__ for c in type(error).__mro__ if c.__module__ == "builtins"]
    plain = not names or names[0] in ("Exception", "BaseException")
    return type(error).__name__ if plain else names[0]
