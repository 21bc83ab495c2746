"""The part of a result that its student may see.

Reports for students are made from these classes, never from results: what isn't a field here can't
leak.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from grader.report import text
from grader.result import ExerciseResult, Outcome, Result, TestResult

FAULT = (
    "This submission could not be graded because of a fault in the grader, not in your work. "
    "It has no score; your instructor has to grade it again."
)


@dataclass(frozen=True)
class SeenTest:
    """One hidden test, known by its title."""

    title: str
    target: str
    outcome: Outcome
    points: float
    bonus: bool
    feedback: str
    observed: tuple[str, ...]
    hint: str
    cause: str
    seconds: float

    @property
    def earned(self) -> float:
        """Its points if it passed, else 0."""
        return self.points if self.outcome is Outcome.PASSED else 0.0

    @property
    def why(self) -> tuple[str, ...]:
        """What explains it, in sentences: the hint, or else what was observed."""
        return (self.hint,) if self.hint else self.observed

    @property
    def tried(self) -> bool:
        """Whether there was an answer to test."""
        return self.outcome is not Outcome.NOT_ATTEMPTED


@dataclass(frozen=True)
class Cause:
    """Tests with the same cause: the first is shown in full, of the others only the titles."""

    tests: tuple[SeenTest, ...]

    @property
    def first(self) -> SeenTest:
        return self.tests[0]

    @property
    def more(self) -> tuple[SeenTest, ...]:
        return self.tests[1:]

    @property
    def why(self) -> str:
        """What explains them: a hint, or what was observed. '' where nothing is known."""
        return " ".join(self.first.why)


@dataclass(frozen=True)
class SeenExercise:
    """One exercise, with the student's own output and losses. `bonus` is scaled like the score.

    All tests of an exercise that only adds to the total are bonus tests.
    """

    name: str
    tests: list[SeenTest]
    score: float | None
    bonus: float
    outcome: Outcome
    printed: str
    curve: list[float]
    band: list[tuple[float, float]]
    excused: bool = False
    extra_credit: bool = False

    @property
    def base(self) -> list[SeenTest]:
        """The tests that can cost something: all but the bonus tests."""
        return [t for t in self.tests if not t.bonus]

    @property
    def earned(self) -> float:
        """Base points earned, out of `points`."""
        return sum(t.earned for t in self.base)

    @property
    def points(self) -> float:
        """What the base tests are worth."""
        return sum(t.points for t in self.base)

    @property
    def passed(self) -> str:
        """How many of the tests passed, and of how many: of the base tests, if there are any."""
        tests = self.base or self.tests
        return f"{sum(t.outcome is Outcome.PASSED for t in tests)} of {len(tests)}"

    @property
    def missed(self) -> list[SeenTest]:
        """The base tests that didn't pass: there are still points to earn."""
        return [t for t in self.base if t.outcome is not Outcome.PASSED]

    @property
    def missed_bonus(self) -> list[SeenTest]:
        """The bonus tests that didn't pass: nothing is lost by them."""
        return [t for t in self.tests if t.bonus and t.outcome is not Outcome.PASSED]

    @property
    def to_write(self) -> dict[str, float]:
        """The targets that aren't attempted yet, each with the points of its base tests."""
        points: dict[str, float] = {}
        for test in self.missed:
            if not test.tried:
                points[test.target] = points.get(test.target, 0) + test.points
        return points


@dataclass(frozen=True)
class Seen:
    """One submission as its student may see it. `fault` is '' if everything was graded.

    `reasons` say, a line each, what rules and people's decisions have made of the score. `late`:
    how many days begun. `ruled`: the total isn't simply the share of the points.
    """

    submission: str
    name: str
    exercises: list[SeenExercise]
    notes: list[str]
    fault: str
    total: float | None
    bonus: float
    reasons: list[str] = field(default_factory=list)
    excused: bool = False
    late: int = 0
    ruled: bool = False

    @property
    def earned(self) -> float:
        """Base points earned, out of `points`."""
        return sum(e.earned for e in self.exercises)

    @property
    def points(self) -> float:
        """What all base tests are worth."""
        return sum(e.points for e in self.exercises)

    @property
    def graded(self) -> bool:
        return self.total is not None

    @property
    def full_by_rules(self) -> bool:
        """Whether rules make a full mark of it: an exercise that only adds, or the one that is
        dropped, fails nobody."""
        return self.ruled and self.total is not None and self.total >= 100


def seen(result: Result) -> Seen:
    """The student's view of a result, with every text made harmless."""
    return Seen(
        submission=text.line(result.submission),
        name=text.labels([result])[0],
        exercises=[_exercise(exercise) for exercise in result.exercises],
        notes=[text.line(note) for note in result.notes],
        fault=FAULT if result.total is None and not result.excused else "",
        total=result.total,
        bonus=result.bonus,
        reasons=[text.line(reason) for reason in result.mark.reasons] if result.mark else [],
        excused=result.excused,
        late=max((attempt.late for attempt in result.attempts if attempt.counts), default=0),
        ruled=result.mark is not None,
    )


def _exercise(exercise: ExerciseResult) -> SeenExercise:
    return SeenExercise(
        name=text.line(exercise.name),
        tests=[
            SeenTest(
                title=title,
                target=text.line(test.target),
                outcome=test.outcome,
                points=test.points,
                bonus=test.bonus or exercise.extra_credit,
                feedback=text.block(test.feedback).strip("\n"),
                observed=tuple(map(text.line, test.observed)),
                hint=text.line(test.hint),
                cause=text.line(test.cause),
                seconds=test.seconds,
            )
            for test, title in zip(exercise.tests, titles(exercise.tests), strict=True)
        ],
        score=exercise.score,
        bonus=bonus_score(exercise),
        outcome=exercise.outcome,
        printed=text.block(exercise.printed).strip("\n"),
        curve=list(exercise.curve),
        band=list(exercise.band),
        excused=exercise.excused,
        extra_credit=exercise.extra_credit,
    )


def by_cause(tests: Iterable[SeenTest]) -> list[Cause]:
    """The tests that were tried, those that one cause explains together.

    That is one hint, or what the judge calls their cause, or else the same feedback.
    """
    groups: dict[tuple[bool, str, str], list[SeenTest]] = {}
    for test in tests:
        if test.tried:
            call, _, what = test.feedback.partition("\n")
            told = test.hint or test.cause or "".join(test.observed[:1])
            key = told or what or call or test.title
            groups.setdefault((test.bonus, test.target, key), []).append(test)
    return [Cause(tuple(group)) for group in groups.values()]


def bonus_score(exercise: ExerciseResult) -> float:
    """The bonus on the scale of the score."""
    return 100 * exercise.bonus / exercise.points if exercise.points else 0.0


def titles(tests: list[TestResult]) -> list[str]:
    """A title for each test: never a function's name, and numbered if several tests share one."""
    plain = [_title(test) for test in tests]
    total, count = Counter(plain), Counter[str]()
    numbered = []
    for title in plain:
        count[title] += 1
        many = total[title] > 1
        numbered.append(f"{title} ({count[title]} of {total[title]})" if many else title)
    return numbered


def _title(test: TestResult) -> str:
    title = text.line(test.title)
    # The title of a test without a docstring is its function's name.
    if not title or title.startswith("test_") or title == text.line(test.name):
        return f"A test of {text.line(test.target)}" if test.target else "A test"
    return title
