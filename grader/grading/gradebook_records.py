"""The records of the gradebook, as its readers get them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from grader.grading.basis import Basis
from grader.result import Student
from grader.submission import Submission


@dataclass(frozen=True)
class GradedRow:
    """An exercise's result in the gradebook, without its tests; `id` leads to those."""

    id: int
    grading: int
    submission: int
    run: int
    exercise: str
    graded: bool
    seed: int
    basis: Basis


@dataclass(frozen=True)
class Sheet:
    """The rest of a grading, without its exercises. `notes`: all but the submission's own."""

    seed: int
    isolation: str
    accelerator: str
    seconds: float
    notes: list[str]


@dataclass(frozen=True)
class Handed:
    """One of a student's attempts: `number` counts them from 1.

    `when` it was handed in (None if unknown), as `source` says. `late`: the platform's word.
    """

    id: int = 0
    number: int = 1
    when: datetime | None = None
    source: str = ""
    late: bool = False


@dataclass(frozen=True)
class GradingRun:
    """A run, and how many submissions it gave to a judge."""

    id: int
    started_at: str
    command: str
    graded: int


@dataclass(frozen=True)
class PastGrading:
    """One time that a submission was given to a judge; `scores` by exercise."""

    at: str
    command: str
    fault: str
    scores: dict[str, float | None]


@dataclass(frozen=True)
class Decision:
    """What somebody has decided about a student. `exercise`: '' for the whole submission.

    `kind` is score, excuse, comment or extension. An empty `value` withdraws it.
    """

    student: str
    exercise: str
    kind: str
    value: str
    comment: str = ""
    by: str = ""
    source: str = ""
    made_at: str = ""


def student_key(submission: Submission) -> str:
    """The key of a student in the gradebook: the id, or else the submission's name.

    Names of submissions depend on who else has handed in, if two students have one name.
    """
    who = submission.student or Student("")
    return who.id or who.email or who.login or submission.name


def names_of(key: str, submission: str, student: Student | None) -> set[str]:
    """All that a student can be called by."""
    who = student or Student("")
    return {key, submission, who.name, who.id, who.login, who.email} - {""}
