"""What grading gives: outcomes of tests, results of exercises and submissions. Everyone speaks it.

`results.json` is these dataclasses, as `msgspec.json` writes them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum

SCHEMA = "torchgrade/results/v1"


class Outcome(str, Enum):
    """How a test ended."""

    PASSED = "passed"
    FAILED = "failed"
    NOT_ATTEMPTED = "not attempted"
    TIMED_OUT = "timed out"
    CRASHED = "crashed"
    REFUSED = "refused"
    NOT_GRADED = "not graded"


# What matters most comes first: the outcome that stands for several tests.
GRAVITY = (
    Outcome.NOT_GRADED,
    Outcome.CRASHED,
    Outcome.TIMED_OUT,
    Outcome.REFUSED,
    Outcome.FAILED,
    Outcome.NOT_ATTEMPTED,
    Outcome.PASSED,
)


class OutcomeError(Exception):
    """An exception that says how the test which it ends has ended; students read its message."""

    outcome = Outcome.FAILED


def outcome_of(error: BaseException | None) -> Outcome:
    """The outcome of a test that ended with `error`; any other exception is a failure."""
    if error is None:
        return Outcome.PASSED
    if isinstance(error, OutcomeError):
        return error.outcome
    return Outcome.NOT_ATTEMPTED if isinstance(error, NotImplementedError) else Outcome.FAILED


@dataclass
class TestResult:
    """One hidden test.

    Only `title`, `outcome`, points, `feedback`, `observed` and `hint` are for students.

    `feedback`: what their own code gave or raised. `observed`: what is true of it, in sentences.
    `cause`: tests of a target with the same fail for one reason; '' for one of its own.

    `left` names what the test itself left changed in the judge's torch ("default dtype"): a fault
    of the suite, put right before the next test.
    """

    __test__ = False  # not a test, whatever pytest makes of its name

    name: str
    target: str
    title: str
    outcome: Outcome
    points: float
    bonus: bool = False
    seconds: float = 0.0
    feedback: str = ""
    observed: list[str] = field(default_factory=list)
    cause: str = ""
    mistake: str = ""
    hint: str = ""
    detail: str = ""
    left: str = ""

    @property
    def passed(self) -> bool:
        return self.outcome is Outcome.PASSED


@dataclass
class ExerciseResult:
    """One exercise of one submission.

    `printed` is what the student's code printed, `code` the text of their file, `curve` the losses
    that their own training loop returned, and `band` where a right one's lie, epoch by epoch.
    `decided` is a score that a person has set; `excused` says that it doesn't count.
    `extra_credit`: by the assignment's rules it adds to the total, and takes nothing.
    """

    name: str
    tests: list[TestResult]
    printed: str = ""
    code: str = ""
    curve: list[float] = field(default_factory=list)
    band: list[tuple[float, float]] = field(default_factory=list)
    decided: float | None = None
    excused: bool = False
    extra_credit: bool = False

    @property
    def points(self) -> float:
        """What the base tests are worth."""
        return sum(test.points for test in self.tests if not test.bonus)

    @property
    def earned(self) -> float:
        return sum(test.points for test in self.tests if test.passed and not test.bonus)

    @property
    def bonus(self) -> float:
        return sum(test.points for test in self.tests if test.passed and test.bonus)

    @property
    def graded(self) -> bool:
        """Whether every test was graded: nothing of ours broke."""
        return all(test.outcome is not Outcome.NOT_GRADED for test in self.tests)

    @property
    def score(self) -> float | None:
        """The share of points, out of 100; None where a fault of ours left tests ungraded."""
        if self.decided is not None:
            return self.decided
        if not self.graded or not self.points:
            return None
        return 100 * self.earned / self.points

    @property
    def outcome(self) -> Outcome:
        """The outcome that matters most among the base tests."""
        found = {test.outcome for test in self.tests if not test.bonus}
        return next((outcome for outcome in GRAVITY if outcome in found), Outcome.NOT_ATTEMPTED)


@dataclass
class Student:
    """Who handed it in, as the roster or the download says."""

    name: str
    id: str = ""
    login: str = ""
    email: str = ""
    section: str = ""


@dataclass
class Attempt:
    """One of a student's submissions. `total`: what it is worth, out of 100; `late`: in days begun.

    `submitted` is when it was handed in (ISO 8601, '' if unknown), and `source` who says so.
    """

    number: int
    submitted: str = ""
    source: str = ""
    late: int = 0
    total: float | None = None
    bonus: float = 0.0
    counts: bool = False


@dataclass
class Mark:
    """What the assignment's rules and people's decisions make of the tests' scores.

    `reasons` say it in words, for the student too. `decided`: a person has decided something.
    """

    total: float | None
    bonus: float = 0.0
    reasons: list[str] = field(default_factory=list)
    decided: bool = False
    excused: bool = False


@dataclass
class Result:
    """One submission, graded. `fault` says what of ours broke, if anything did.

    `mark`: what counts, where it isn't simply the share of points. `attempts`: all that the student
    has handed in, the oldest first.
    """

    submission: str
    student: Student | None = None
    exercises: list[ExerciseResult] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    fault: str = ""
    seed: int = 0
    digest: str = ""
    isolation: str = ""
    accelerator: str = ""
    seconds: float = 0.0
    mark: Mark | None = None
    attempts: list[Attempt] = field(default_factory=list)

    @property
    def graded(self) -> bool:
        return not self.fault and all(exercise.graded for exercise in self.exercises)

    @property
    def excused(self) -> bool:
        """Whether a person has decided that nothing of it counts."""
        return self.mark is not None and self.mark.excused

    @property
    def total(self) -> float | None:
        """The grade, out of 100; None where it could not be graded, or is excused.

        Without a mark it is the share of all base points.
        """
        if self.mark is not None:
            return self.mark.total
        points = sum(exercise.points for exercise in self.exercises)
        if not self.graded or not points:
            return None
        return 100 * sum(exercise.earned for exercise in self.exercises) / points

    @property
    def bonus(self) -> float:
        """The bonus on the same scale: what it adds to `total`."""
        if self.mark is not None:
            return self.mark.bonus
        points = sum(exercise.points for exercise in self.exercises)
        return 100 * sum(e.bonus for e in self.exercises) / points if points else 0.0


@dataclass
class Grades:
    """A whole grading run: what `results.json` holds."""

    results: list[Result]
    schema: str = SCHEMA
    title: str = ""
    graded_at: str = ""
    seed: int = 0
    isolation: str = ""
    notes: list[str] = field(default_factory=list)
