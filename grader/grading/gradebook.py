"""SQLite: every submission, result and decision as soon as it exists. Nothing is overwritten.

docs/gradebook.md describes the tables. Only the command writes, in short transactions, so several
commands can have one gradebook open.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
import zlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from pathlib import Path
from types import TracebackType

import msgspec

from grader.grading.basis import Basis
from grader.grading.gradebook_schema import columns_of, migrate, packed
from grader.result import ExerciseResult, Grades, Result, Student
from grader.submission import Submission

PATIENCE_SECONDS = 60.0  # for another command that is writing


class GradebookError(Exception):
    """The file is not a gradebook, or can't be written."""


@dataclass(frozen=True)
class GradedRow:
    """An exercise's result in the gradebook, without its tests; `id` leads to those."""

    id: int
    grading: int
    exercise: str
    graded: bool
    seed: int
    basis: Basis


@dataclass(frozen=True)
class Sheet:
    """What a grading says besides its exercises. `notes`: those that the submission's own lack."""

    seed: int
    isolation: str
    accelerator: str
    seconds: float
    notes: list[str]


class Gradebook:
    """All that was ever graded into one file."""

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._db = sqlite3.connect(path, timeout=PATIENCE_SECONDS, isolation_level=None)
            self._db.execute("PRAGMA journal_mode = WAL")
            self._db.execute("PRAGMA foreign_keys = ON")
            migrate(self._db)
        except (sqlite3.Error, OSError, ValueError) as error:
            raise GradebookError(
                f"{path}: {error}. Move it away, or choose another --out."
            ) from None

    # -- writing ----------------------------------------------------------------------------------

    def begin(self, command: str, grades: Grades) -> int:
        """Write down that a run begins; its number."""
        with self._writing() as db:
            return _number(
                db.execute(
                    "INSERT INTO runs (started_at, command, title, seed, isolation) "
                    "VALUES (?, ?, ?, ?, ?)",
                    (now(), command, grades.title, grades.seed, grades.isolation),
                )
            )

    def arrive(self, submissions: Iterable[Submission], run: int) -> dict[str, int]:
        """Write down what has arrived, where it isn't known yet; the attempts' numbers by name.

        A student's files are a new attempt if they aren't those of the student's latest one.
        """
        with self._writing() as db:
            return {one.name: self._arrive(db, one, run) for one in submissions}

    def _arrive(self, db: sqlite3.Connection, one: Submission, run: int) -> int:
        latest = db.execute(
            "SELECT id, digest FROM submissions WHERE student = ? ORDER BY id DESC LIMIT 1",
            (student_key(one),),
        ).fetchone()
        if latest and latest[1] == one.digest:
            return int(latest[0])
        details = packed([one.student, one.notes, one.cells])
        number = _number(
            db.execute(
                "INSERT INTO submissions (run, student, name, seen_at, submitted_at, time_source, "
                "late, digest, details) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (run, student_key(one), one.name, now(), "", "", one.late, one.digest, details),
            )
        )
        for name, content in one.sources.items():
            digest = hashlib.sha256(content).hexdigest()
            db.execute(
                "INSERT OR IGNORE INTO files (digest, content) VALUES (?, ?)",
                (digest, zlib.compress(content, 9)),
            )
            db.execute(
                "INSERT INTO submission_files (submission, name, file) VALUES (?, ?, ?)",
                (number, name, digest),
            )
        return number

    def add(
        self,
        result: Result,
        submission: Submission,
        attempt: int,
        run: int,
        bases: Mapping[str, Basis],
    ) -> None:
        """Write a result down, for good, before anything else happens."""
        own = [note for note in result.notes if note not in submission.notes]
        with self._writing() as db:
            grading = _number(
                db.execute(
                    "INSERT INTO gradings (run, submission, graded_at, seed, isolation, "
                    "accelerator, seconds, fault, notes) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                    (
                        run, attempt, now(), result.seed, result.isolation, result.accelerator,
                        result.seconds, result.fault, json.dumps(own),
                    ),
                )
            )  # fmt: skip
            for exercise in result.exercises:
                basis = bases[exercise.name]
                if exercise.code == _code(submission, exercise.name):
                    exercise = replace(exercise, code="")  # it is in `files` already
                db.execute(
                    "INSERT INTO results (grading, submission, exercise, score, earned, points, "
                    "bonus, files, suite, machinery, limits, details) "
                    "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                    (
                        grading, attempt, exercise.name, *columns_of(exercise),
                        basis.files, basis.suite, basis.machinery, basis.limits, packed(exercise),
                    ),
                )  # fmt: skip

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        """A transaction: all of it is written, or nothing."""
        try:
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield self._db
                self._db.execute("COMMIT")
            except BaseException:
                self._db.execute("ROLLBACK")
                raise
        except sqlite3.Error as error:
            raise GradebookError(f"{self.path} could not be written: {error}") from None

    # -- reading ----------------------------------------------------------------------------------

    def entries(self, submission: Submission) -> list[GradedRow]:
        """All results of this student's exercises, the newest first."""
        rows = self._db.execute(
            "SELECT r.id, r.grading, r.exercise, r.score IS NOT NULL OR r.points = 0, g.seed, "
            "r.files, r.suite, r.machinery, r.limits FROM results r "
            "JOIN submissions s ON s.id = r.submission JOIN gradings g ON g.id = r.grading "
            "WHERE s.student = ? ORDER BY r.id DESC",
            (student_key(submission),),
        )
        return [
            GradedRow(id, grading, exercise, bool(graded), seed, Basis(*basis))
            for id, grading, exercise, graded, seed, *basis in rows
        ]

    def exercise(self, entry: GradedRow, submission: Submission) -> ExerciseResult | None:
        """The result of one exercise, with its tests; None if it can't be read."""
        row = self._db.execute("SELECT details FROM results WHERE id = ?", (entry.id,)).fetchone()
        try:
            found = msgspec.msgpack.decode(zlib.decompress(row[0]), type=ExerciseResult)
        except (msgspec.MsgspecError, zlib.error):
            return None
        return replace(found, code=found.code or _code(submission, found.name))

    def sheet(self, grading: int) -> Sheet:
        """What a grading says besides its exercises."""
        seed, isolation, accelerator, seconds, notes = self._db.execute(
            "SELECT seed, isolation, accelerator, seconds, notes FROM gradings WHERE id = ?",
            (grading,),
        ).fetchone()
        return Sheet(seed, isolation, accelerator, seconds, json.loads(notes))

    def __enter__(self) -> Gradebook:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._db.close()


def student_key(submission: Submission) -> str:
    """What a student goes by in the gradebook: an id if there is one, else the submission's name.

    Names of submissions depend on who else has handed in, if two students have one name.
    """
    who = submission.student or Student("")
    return who.id or who.email or who.login or submission.name


def now() -> str:
    """This moment, as the gradebook writes times."""
    return datetime.now(timezone.utc).isoformat(timespec="seconds")


def _code(submission: Submission, exercise: str) -> str:
    module = exercise.split("_", 1)[-1]
    return submission.files.get(f"{module}.py", b"").decode("utf-8-sig", "replace")


def _number(cursor: sqlite3.Cursor) -> int:
    assert cursor.lastrowid is not None
    return cursor.lastrowid
