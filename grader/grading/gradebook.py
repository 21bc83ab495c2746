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
from dataclasses import replace
from datetime import datetime, timezone
from pathlib import Path
from types import TracebackType

import msgspec

from grader.assignment.exercises import module_of
from grader.grading.basis import Basis
from grader.grading.gradebook_parts import Parts
from grader.grading.gradebook_records import (
    Decision,
    GradedRow,
    GradingRun,
    Handed,
    PastGrading,
    Sheet,
    names_of,
    student_key,
)
from grader.grading.gradebook_schema import columns_of, migrate, packed
from grader.result import ExerciseResult, Grades, Result, Student
from grader.submission import LineMap, Submission, Version
from grader.submission.arrival.times import FILES

PATIENCE_SECONDS = 60.0  # for another command that is writing


class GradebookError(Exception):
    """The file is not a gradebook, or can't be read or written."""


class _Details(msgspec.Struct, array_like=True):
    student: Student | None
    notes: list[str]
    cells: dict[str, LineMap]
    versions: dict[str, list[Version]] = {}


class Gradebook:
    """All that was ever graded into one file."""

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._db = sqlite3.connect(path, timeout=PATIENCE_SECONDS, isolation_level=None)
            self._db.execute("PRAGMA page_size = 1024")  # of a new file: its rows are small
            self._db.execute("PRAGMA journal_mode = WAL")
            self._db.execute("PRAGMA foreign_keys = ON")
            migrate(self._db)
            self._parts = Parts(self._db)
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
        """Write down what has arrived, where it isn't known yet; the attempts by name.

        A student's latest files are a new attempt if they aren't those of the latest one known.
        What came before them is one if its files were never seen.
        """
        found: dict[str, int] = {}
        with self._writing() as db:
            for one in submissions:
                for before in one.earlier:
                    self._arrive(db, before, run, earlier=True)
                found[one.name] = self._arrive(db, one, run)
        return found

    def _arrive(
        self, db: sqlite3.Connection, one: Submission, run: int, *, earlier: bool = False
    ) -> int:
        known = db.execute(
            "SELECT id, digest FROM submissions WHERE student = ? ORDER BY id DESC",
            (student_key(one),),
        ).fetchall()
        content = _content(one)
        same = [id for id, digest in (known if earlier else known[:1]) if digest == content]
        number = int(same[0]) if same else self._new(db, one, run)
        when = one.submitted.isoformat() if one.submitted else ""
        told = (when, one.time_source, one.late, msgspec.json.encode(one.student).decode())
        before = db.execute(
            "SELECT submitted_at, time_source, late, who FROM arrivals WHERE submission = ? "
            "ORDER BY id DESC LIMIT 1",
            (number,),
        ).fetchone()
        if told != before:
            db.execute(
                "INSERT INTO arrivals (run, submission, submitted_at, time_source, late, who) "
                "VALUES (?, ?, ?, ?, ?, ?)",
                (run, number, *told),
            )
        return number

    def _new(self, db: sqlite3.Connection, one: Submission, run: int) -> int:
        details = packed(_Details(one.student, one.notes, one.cells, one.versions))
        number = _number(
            db.execute(
                "INSERT INTO submissions (run, student, name, seen_at, digest, details) "
                "VALUES (?, ?, ?, ?, ?, ?)",
                (run, student_key(one), one.name, now(), _content(one), details),
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
                details, common = self._parts.write(exercise)
                db.execute(
                    "INSERT INTO results (grading, submission, exercise, score, earned, points, "
                    "bonus, files, suite, machinery, limits, details, common) "
                    "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                    (
                        grading, attempt, exercise.name, *columns_of(exercise),
                        basis.files, basis.suite, basis.machinery, basis.limits, details, common,
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
                if self._db.in_transaction:  # a full disk has ended it already
                    self._db.execute("ROLLBACK")
                raise
        except sqlite3.Error as error:
            raise GradebookError(f"{self.path} could not be written: {error}") from None

    def decide(self, decisions: Iterable[Decision]) -> None:
        """Write decisions down. The newest of a kind, on a student and an exercise, counts."""
        with self._writing() as db:
            for one in decisions:
                db.execute(
                    "INSERT INTO decisions (made_at, made_by, student, exercise, kind, value, "
                    "comment, source) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                    (now(), one.by, one.student, one.exercise, one.kind, one.value, one.comment,
                     one.source),
                )  # fmt: skip

    # -- reading ----------------------------------------------------------------------------------

    def students(self) -> list[str]:
        """The keys of all students, in the order of their names."""
        rows = self._db.execute("SELECT student FROM submissions GROUP BY student ORDER BY name")
        return [student for (student,) in rows]

    def people(self) -> dict[str, set[str]]:
        """All names of every student, by their keys."""
        found: dict[str, set[str]] = {}
        rows = self._db.execute("SELECT student, name, details FROM submissions ORDER BY id")
        for key, name, blob in rows:
            told = msgspec.msgpack.decode(zlib.decompress(blob), type=_Details)
            found.setdefault(key, set()).update(names_of(key, name, told.student))
        return found

    def exercises(self) -> list[str]:
        """The exercises that were ever graded."""
        rows = self._db.execute("SELECT DISTINCT exercise FROM results ORDER BY exercise")
        return [name for (name,) in rows]

    def runs(self) -> list[GradingRun]:
        """The runs that graded something, the oldest first."""
        rows = self._db.execute(
            "SELECT r.id, r.started_at, r.command, count(g.id) FROM runs r "
            "JOIN gradings g ON g.run = r.id GROUP BY r.id ORDER BY r.id"
        )
        return [GradingRun(*row) for row in rows]

    def isolation(self) -> str:
        """The isolation of the last run that graded something; '' if there was none."""
        row = self._db.execute(
            "SELECT r.isolation FROM runs r JOIN gradings g ON g.run = r.id "
            "ORDER BY r.id DESC LIMIT 1"
        ).fetchone()
        return str(row[0]) if row else ""

    def gradings(self, submission: int) -> list[PastGrading]:
        """When an attempt was graded, the oldest first, with the scores of what was graded then."""
        rows = self._db.execute(
            "SELECT g.id, g.graded_at, r.command, g.fault FROM gradings g JOIN runs r "
            "ON r.id = g.run WHERE g.submission = ? ORDER BY g.id",
            (submission,),
        ).fetchall()
        return [
            PastGrading(
                at,
                command,
                fault,
                dict(
                    self._db.execute(
                        "SELECT exercise, score FROM results WHERE grading = ? ORDER BY exercise",
                        (id,),
                    ).fetchall()
                ),
            )
            for id, at, command, fault in rows
        ]

    def attempts(self, student: str, *, latest: bool = False) -> list[Handed]:
        """All that a student has handed in, the oldest first; only the last one if `latest`."""
        rows = self._db.execute(
            "SELECT id FROM submissions WHERE student = ? ORDER BY id", (student,)
        )
        found = [self._handed(number, id) for number, (id,) in enumerate(rows, 1)]
        return found[-1:] if latest else found

    def _handed(self, number: int, id: int) -> Handed:
        when, source, late = None, "", False
        for said, who, flag in self._db.execute(
            "SELECT submitted_at, time_source, late FROM arrivals WHERE submission = ? ORDER BY id",
            (id,),
        ):
            late = bool(flag)
            told = datetime.fromisoformat(said) if said else None
            # Copying and unpacking make files younger; and any other word is worth more.
            if told and (who != FILES or when is None or (source == FILES and told < when)):
                when, source = told, who
        return Handed(id, number, when, source, late)

    def submission(self, id: int) -> Submission:
        """An attempt as it was handed in."""
        name, blob = self._db.execute(
            "SELECT name, details FROM submissions WHERE id = ?", (id,)
        ).fetchone()
        told = msgspec.msgpack.decode(zlib.decompress(blob), type=_Details)
        files = self._db.execute(
            "SELECT s.name, f.content FROM submission_files s JOIN files f ON f.digest = s.file "
            "WHERE s.submission = ? ORDER BY s.name",
            (id,),
        )
        newer = self._db.execute(
            "SELECT who FROM arrivals WHERE submission = ? AND who != 'null' "
            "ORDER BY id DESC LIMIT 1",
            (id,),
        ).fetchone()
        student = msgspec.json.decode(newer[0], type=Student) if newer else told.student
        sources = {file: zlib.decompress(data) for file, data in files}
        own: dict[str, dict[str, bytes]] = {}
        for path in [path for path in sources if "/" in path]:  # see `Submission.sources`
            module, _, below = path.partition("/")
            own.setdefault(module, {})[below] = sources.pop(path)
        return Submission(
            name,
            sources,
            told.notes,
            student,
            cells=told.cells,
            own=own,
            versions=told.versions,
        )

    def decisions(self) -> list[Decision]:
        """All decisions, the oldest first."""
        rows = self._db.execute(
            "SELECT student, exercise, kind, value, comment, made_by, source, made_at "
            "FROM decisions ORDER BY id"
        )
        return [Decision(*row) for row in rows]

    def entries(self, student: str) -> list[GradedRow]:
        """All results of a student's exercises, the newest first."""
        rows = self._db.execute(
            "SELECT r.id, r.grading, r.submission, g.run, r.exercise, "
            "r.score IS NOT NULL OR r.points = 0, g.seed, "
            "r.files, r.suite, r.machinery, r.limits FROM results r "
            "JOIN submissions s ON s.id = r.submission JOIN gradings g ON g.id = r.grading "
            "WHERE s.student = ? ORDER BY r.id DESC",
            (student,),
        )
        return [
            GradedRow(id, grading, submission, run, exercise, bool(graded), seed, Basis(*basis))
            for id, grading, submission, run, exercise, graded, seed, *basis in rows
        ]

    def exercise(self, entry: GradedRow, submission: Submission) -> ExerciseResult | None:
        """The result of one exercise, with its tests; None if it can't be read."""
        found = self._parts.read(entry.id)
        return found and replace(found, code=found.code or _code(submission, found.name))

    def sheet(self, grading: int) -> Sheet:
        """The rest of a grading, without its exercises."""
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
        if isinstance(error, sqlite3.Error):
            raise GradebookError(f"{self.path} could not be read: {error}") from None


def _content(submission: Submission) -> str:
    """A digest of the files, and of the cells that they were cut from."""
    if not submission.cells:
        return submission.digest
    cells = json.dumps([submission.cells], sort_keys=True)
    return hashlib.sha256(f"{submission.digest} {cells}".encode()).hexdigest()


def now() -> str:
    """This moment, as the gradebook writes times."""
    return datetime.now(timezone.utc).isoformat(timespec="seconds")


def _code(submission: Submission, exercise: str) -> str:
    return submission.files.get(f"{module_of(exercise)}.py", b"").decode("utf-8-sig", "replace")


def _number(cursor: sqlite3.Cursor) -> int:
    assert cursor.lastrowid is not None
    return cursor.lastrowid
