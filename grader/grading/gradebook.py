"""SQLite: every Result as soon as it exists, so that nothing graded is ever lost."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterable
from datetime import datetime, timezone
from importlib import metadata
from pathlib import Path
from types import TracebackType

import msgspec

import grader
from grader.assignment.exercises import DATA
from grader.judge.sandboxes import data_folder
from grader.result import Result
from grader.submission import Submission

_TABLE = """
CREATE TABLE IF NOT EXISTS results (
    id INTEGER PRIMARY KEY,
    graded_at TEXT NOT NULL,
    submission TEXT NOT NULL,
    digest TEXT NOT NULL,
    assignment TEXT NOT NULL,
    result BLOB NOT NULL
)
"""


class GradebookError(Exception):
    """The file is not a gradebook, or can't be written."""


class Gradebook:
    """All results ever graded into one file; the newest for a submission counts."""

    def __init__(self, path: Path, assignment: str) -> None:
        """`assignment`: the digest of what it is graded with (see `digest_of`)."""
        self._assignment = assignment
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._connection = sqlite3.connect(path)
            self._connection.execute(_TABLE)
        except (sqlite3.Error, OSError) as error:
            raise GradebookError(
                f"{path}: {error}. Move it away, or choose another --out."
            ) from None

    def add(self, result: Result) -> None:
        """Write a result down, for good, before anything else happens."""
        now = datetime.now(timezone.utc).isoformat(timespec="seconds")
        row = (
            now,
            result.submission,
            result.digest,
            self._assignment,
            msgspec.msgpack.encode(result),
        )
        try:
            with self._connection:
                self._connection.execute(
                    "INSERT INTO results (graded_at, submission, digest, assignment, result) "
                    "VALUES (?, ?, ?, ?, ?)",
                    row,
                )
        except sqlite3.Error as error:
            raise GradebookError(f"a result could not be written down: {error}") from None

    def find(self, submission: str, digest: str) -> Result | None:
        """The result of the same files under the same assignment, if all of it was graded."""
        row = self._connection.execute(
            "SELECT result FROM results WHERE submission = ? AND digest = ? AND assignment = ? "
            "ORDER BY id DESC LIMIT 1",
            (submission, digest, self._assignment),
        ).fetchone()
        if row is None:
            return None
        try:
            result = msgspec.msgpack.decode(row[0], type=Result)
        except msgspec.MsgspecError:
            return None
        return result if result.graded else None

    def find_all(self, submissions: Iterable[Submission]) -> dict[str, Result]:
        """Those that need no grading, by name."""
        found = ((s.name, self.find(s.name, s.digest)) for s in submissions)
        return {name: result for name, result in found if result is not None}

    def __enter__(self) -> Gradebook:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._connection.close()


def digest_of(suites: Path, *also: str) -> str:
    """Changes with all that a grade depends on besides the submission.

    That is the suites and references, the grader itself, torch, the data that student code may
    read, and the words `also`.
    """
    total = hashlib.sha256("\0".join(also).encode())
    for package in ("torchgrade", "torch", "numpy", "pytest"):
        total.update(f"{package} {_version(package)}\0".encode())
    code = Path(grader.__file__).parent
    data = data_folder()
    files = [*suites.rglob("*.py"), *code.rglob("*.py"), *(data / name for name in DATA)]
    for file in sorted(file for file in files if file.is_file()):
        folder = next(folder for folder in (suites, code, data) if folder in file.parents)
        total.update(f"{file.relative_to(folder)}\0".encode() + file.read_bytes())
    return total.hexdigest()


def _version(package: str) -> str:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:  # it lies in a folder on the path
        return ""
