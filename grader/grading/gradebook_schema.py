"""The tables of the gradebook, by version; docs/gradebook.md describes them.

`PRAGMA user_version` says which version a file has. A new version gets a step in `STEPS`; old steps
stay as they are, since files of every older version are brought up by them, one after the other.
"""

from __future__ import annotations

import sqlite3
import zlib
from collections.abc import Callable

import msgspec

from grader.result import ExerciseResult, Result

NO_FILES = "From an older gradebook, which holds no files: it can't be graded anew."

TABLES = """
CREATE TABLE runs (
    id INTEGER PRIMARY KEY,
    started_at TEXT NOT NULL,
    command TEXT NOT NULL,
    title TEXT NOT NULL,
    seed INTEGER NOT NULL,
    isolation TEXT NOT NULL
);
CREATE TABLE files (
    digest TEXT PRIMARY KEY,
    content BLOB NOT NULL
) WITHOUT ROWID;
CREATE TABLE submissions (
    id INTEGER PRIMARY KEY,
    run INTEGER NOT NULL REFERENCES runs,
    student TEXT NOT NULL,
    name TEXT NOT NULL,
    seen_at TEXT NOT NULL,
    digest TEXT NOT NULL,
    details BLOB NOT NULL
);
CREATE INDEX submissions_by_student ON submissions (student, id);
CREATE TABLE arrivals (
    id INTEGER PRIMARY KEY,
    run INTEGER NOT NULL REFERENCES runs,
    submission INTEGER NOT NULL REFERENCES submissions,
    submitted_at TEXT NOT NULL,
    time_source TEXT NOT NULL,
    late INTEGER NOT NULL
);
CREATE INDEX arrivals_by_submission ON arrivals (submission, id);
CREATE TABLE submission_files (
    submission INTEGER NOT NULL REFERENCES submissions,
    name TEXT NOT NULL,
    file TEXT NOT NULL REFERENCES files,
    PRIMARY KEY (submission, name)
) WITHOUT ROWID;
CREATE TABLE gradings (
    id INTEGER PRIMARY KEY,
    run INTEGER NOT NULL REFERENCES runs,
    submission INTEGER NOT NULL REFERENCES submissions,
    graded_at TEXT NOT NULL,
    seed INTEGER NOT NULL,
    isolation TEXT NOT NULL,
    accelerator TEXT NOT NULL,
    seconds REAL NOT NULL,
    fault TEXT NOT NULL,
    notes TEXT NOT NULL
);
CREATE INDEX gradings_by_submission ON gradings (submission, id);
CREATE TABLE results (
    id INTEGER PRIMARY KEY,
    grading INTEGER NOT NULL REFERENCES gradings,
    submission INTEGER NOT NULL REFERENCES submissions,
    exercise TEXT NOT NULL,
    score REAL,
    earned REAL NOT NULL,
    points REAL NOT NULL,
    bonus REAL NOT NULL,
    files TEXT NOT NULL,
    suite TEXT NOT NULL,
    machinery TEXT NOT NULL,
    limits TEXT NOT NULL,
    details BLOB NOT NULL
);
CREATE INDEX results_by_submission ON results (submission, exercise, id);
CREATE TABLE decisions (
    id INTEGER PRIMARY KEY,
    made_at TEXT NOT NULL,
    made_by TEXT NOT NULL,
    student TEXT NOT NULL,
    exercise TEXT NOT NULL,
    kind TEXT NOT NULL,
    value TEXT NOT NULL,
    comment TEXT NOT NULL,
    source TEXT NOT NULL
);
"""


def packed(value: object) -> bytes:
    """A value as the blobs of the gradebook hold it: MessagePack, compressed by zlib."""
    return zlib.compress(msgspec.msgpack.encode(value), 9)


def columns_of(result: ExerciseResult) -> tuple[float | None, float, float, float]:
    """What of a result is in columns of its own, for those who read the file with SQL."""
    return result.score, result.earned, result.points, result.bonus


def migrate(connection: sqlite3.Connection) -> None:
    """Bring a file up to this version, all at once or not at all. Raises `sqlite3.Error`.

    A file of a later version is left alone, and `ValueError` says so.
    """
    [[version]] = connection.execute("PRAGMA user_version")
    if version > len(STEPS):
        raise ValueError(
            f"it was written by a newer version of the grader (its schema is {version}, "
            f"this one knows {len(STEPS)})"
        )
    if version == len(STEPS):
        return
    connection.execute("BEGIN IMMEDIATE")
    try:
        # Another command may have done it while this one waited for its turn.
        [[version]] = connection.execute("PRAGMA user_version")
        for step in STEPS[version:]:
            step(connection)
        connection.execute(f"PRAGMA user_version = {len(STEPS)}")
        connection.execute("COMMIT")
    except BaseException:
        connection.execute("ROLLBACK")
        raise


def _first(connection: sqlite3.Connection) -> None:
    """Version 1. Files from before there were versions have one table of whole results."""
    old = connection.execute(
        "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'results'"
    ).fetchone()
    if old:
        connection.execute("ALTER TABLE results RENAME TO old_results")
    for statement in TABLES.split(";"):
        connection.execute(statement)
    if old:
        _copy_old_results(connection)
        connection.execute("DROP TABLE old_results")


def _copy_old_results(connection: sqlite3.Connection) -> None:
    """They are history. What they were graded with isn't known by exercise: none is used again."""
    run = connection.execute(
        "INSERT INTO runs (started_at, command, title, seed, isolation) "
        "SELECT coalesce(min(graded_at), ''), 'migration', '', 0, '' FROM old_results"
    ).lastrowid
    rows = connection.execute("SELECT graded_at, submission, digest, result FROM old_results")
    attempts: dict[tuple[str, str], int | None] = {}
    for graded_at, name, digest, blob in rows:
        try:
            result = msgspec.msgpack.decode(blob, type=Result)
        except msgspec.MsgspecError:
            continue
        who = result.student
        key = next(filter(None, (who.id, who.email, who.login)), name) if who else name
        if (key, digest) not in attempts:
            attempts[key, digest] = connection.execute(
                "INSERT INTO submissions (run, student, name, seen_at, digest, details) "
                "VALUES (?, ?, ?, ?, ?, ?)",
                # No digest: the same files, when they arrive, are an attempt that can be graded.
                (run, key, name, graded_at, "", packed([who, [NO_FILES], {}])),
            ).lastrowid
        attempt = attempts[key, digest]
        grading = connection.execute(
            "INSERT INTO gradings (run, submission, graded_at, seed, isolation, accelerator, "
            "seconds, fault, notes) VALUES (?, ?, ?, ?, ?, ?, ?, ?, '[]')",
            (
                run, attempt, graded_at, result.seed, result.isolation, result.accelerator,
                result.seconds, result.fault,
            ),
        ).lastrowid  # fmt: skip
        for exercise in result.exercises:
            connection.execute(
                "INSERT INTO results (grading, submission, exercise, score, earned, points, bonus, "
                "files, suite, machinery, limits, details) "
                "VALUES (?, ?, ?, ?, ?, ?, ?, '', '', '', '', ?)",
                (grading, attempt, exercise.name, *columns_of(exercise), packed(exercise)),
            )


def _second(connection: sqlite3.Connection) -> None:
    """Version 2. What is said of a student may change without another attempt."""
    connection.execute("ALTER TABLE arrivals ADD COLUMN who TEXT NOT NULL DEFAULT 'null'")


def _third(connection: sqlite3.Connection) -> None:
    """Version 3. What results have in common is kept once; older results stay whole."""
    connection.execute(
        "CREATE TABLE common (id INTEGER PRIMARY KEY, digest TEXT NOT NULL UNIQUE, "
        "details BLOB NOT NULL)"
    )
    connection.execute("ALTER TABLE results ADD COLUMN common INTEGER REFERENCES common")


STEPS: tuple[Callable[[sqlite3.Connection], None], ...] = (_first, _second, _third)
