"""Store exercises' results in the gradebook, with the parts that they share kept once.

Titles of tests and the band of right losses are the same for everybody, and more than half of it.
"""

from __future__ import annotations

import hashlib
import sqlite3
import zlib
from dataclasses import replace

import msgspec

from grader.grading.gradebook_schema import packed
from grader.result import ExerciseResult, Outcome, TestResult


class Parts:
    """Takes results apart for the tables `results` and `common`, and puts them together again."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db
        self._known: dict[int, ExerciseResult] = {}

    def write(self, result: ExerciseResult) -> tuple[bytes, int]:
        """The result's own part, and the number of the common one, written down if it is new."""
        common, own = apart(result)
        digest = hashlib.sha256(msgspec.msgpack.encode(common)).hexdigest()
        self._db.execute(
            "INSERT OR IGNORE INTO common (digest, details) VALUES (?, ?)", (digest, packed(common))
        )
        [[number]] = self._db.execute("SELECT id FROM common WHERE digest = ?", (digest,))
        return packed(own), int(number)

    def read(self, result: int) -> ExerciseResult | None:
        """The result of this number; None if it can't be read."""
        details, number = self._db.execute(
            "SELECT details, common FROM results WHERE id = ?", (result,)
        ).fetchone()
        try:
            found = _unpacked(details)
            # Those from before version 3 are whole.
            return found if number is None else together(self._common(number), found)
        except (msgspec.MsgspecError, zlib.error, ValueError):
            return None

    def _common(self, number: int) -> ExerciseResult:
        if number not in self._known:
            [[details]] = self._db.execute("SELECT details FROM common WHERE id = ?", (number,))
            self._known[number] = _unpacked(details)
        return self._known[number]


def apart(result: ExerciseResult) -> tuple[ExerciseResult, ExerciseResult]:
    """The part that others have too, and the rest: each is a result with fields left empty."""
    tests = [
        TestResult(t.name, t.target, t.title, Outcome.PASSED, t.points, t.bonus)
        for t in result.tests
    ]
    own = [replace(t, name="", target="", title="", points=0.0, bonus=False) for t in result.tests]
    common = ExerciseResult(result.name, tests, band=result.band)
    return common, replace(result, tests=own, band=[])


def together(common: ExerciseResult, own: ExerciseResult) -> ExerciseResult:
    """The result that `apart` has taken apart."""
    tests = [
        replace(mine, name=t.name, target=t.target, title=t.title, points=t.points, bonus=t.bonus)
        for t, mine in zip(common.tests, own.tests, strict=True)
    ]
    return replace(own, tests=tests, band=common.band)


def _unpacked(details: bytes) -> ExerciseResult:
    return msgspec.msgpack.decode(zlib.decompress(details), type=ExerciseResult)
