"""The defects of one exercise, found with its known answers, and what to do about them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from grader.assignment.exercises import Exercise
from grader.assignment.mistakes import Mistake, load_mistakes
from grader.grading.rehearsed import Met
from grader.result import ExerciseResult, Outcome, TestResult

MISTAKES_PER_TARGET = 3
MOST_OF_A_TOLERANCE = 0.5  # that the reference may use: other machines round differently
PUBLIC_SHARE = 0.92  # of the mistakes, that the public suite must catch too
REFERENCE, STUB = "=reference", "=stub"
HIDDEN, PUBLIC = "hidden", "public"


@dataclass(frozen=True)
class Defect:
    """A defect of an exercise, and what to do about it."""

    exercise: str
    what: str
    todo: str


@dataclass(frozen=True)
class Proof:
    """The tests that one mistake fails, by name."""

    mistake: Mistake
    hidden: list[str]
    public: list[str]


@dataclass
class Checked:
    """One exercise: its hidden tests, and which of them each mistake fails."""

    tests: list[str] = field(default_factory=list)
    styles: int = 0
    proofs: list[Proof] = field(default_factory=list)
    alike: list[list[Mistake]] = field(default_factory=list)
    """Mistakes that no check tells apart, where they are several."""

    @property
    def unseen(self) -> list[Mistake]:
        """The mistakes that pass the public suite."""
        return [proof.mistake for proof in self.proofs if not proof.public]

    @property
    def public_share(self) -> float:
        """The share of the mistakes that fail the public suite, from 0 to 1."""
        return 1 - len(self.unseen) / len(self.proofs) if self.proofs else 0.0


@dataclass
class KnownAnswers:
    """The results of the known answers to one exercise, by suite.

    `graded`: the right answers, the stub and some of the mistakes, across the boundary, by suite
    and name. `met`: the mistakes, in a rehearsal, by suite and name. `used`: the share of a
    tolerance that the reference needs, by suite and test. `alike`: mistakes that no check tells
    apart, where they are several.
    """

    exercise: Exercise
    styles: list[Path]
    graded: dict[tuple[str, str], ExerciseResult] = field(default_factory=dict)
    met: dict[tuple[str, str], Met] = field(default_factory=dict)
    used: dict[tuple[str, str], float] = field(default_factory=dict)
    alike: list[list[Mistake]] = field(default_factory=list)

    def tests(self, suite: str, name: str) -> list[TestResult]:
        """The tests of one graded answer; none where it isn't graded."""
        found = self.graded.get((suite, name))
        return found.tests if found else []

    @property
    def bonus(self) -> set[str]:
        """The names of both suites' bonus tests."""
        return {t.name for half in (HIDDEN, PUBLIC) for t in self.tests(half, REFERENCE) if t.bonus}

    def checked(self) -> Checked:
        """The exercise as it was checked."""
        return Checked(
            [test.name for test in self.tests(HIDDEN, REFERENCE)],
            len(self.styles),
            [
                Proof(mistake, hidden.failed, self._caught_in_public(mistake))
                for mistake in load_mistakes(self.exercise)
                if (hidden := self.met.get((HIDDEN, mistake.name)))
            ],
            self.alike,
        )

    def _caught_in_public(self, mistake: Mistake) -> list[str]:
        public, bonus = self.met.get((PUBLIC, mistake.name)), self.bonus
        return [name for name in public.failed if name not in bonus] if public else []


class Defects:
    """Finds the defects of one exercise in the results of its known answers."""

    def __init__(self, known: KnownAnswers, checked: Checked) -> None:
        self._known, self._exercise, self._checked = known, known.exercise, checked
        self._tests = known.tests
        self._mistakes = load_mistakes(known.exercise)

    def __iter__(self) -> Iterator[Defect]:
        for what, todo in (
            *self._suite(),
            *self._right_answers(),
            *self._tolerances(),
            *self._stub(),
            *self._all_mistakes(),
            *self._recognised(),
            *self._useless_tests(),
            *self._classes(),
            *self._public(),
        ):
            yield Defect(self._exercise.name, what, todo)

    def _suite(self) -> Iterator[tuple[str, str]]:
        for test in self._tests(HIDDEN, REFERENCE):
            if not test.target:
                yield f"{test.name} names no target", "call it test_<target>_<what>"
            if test.title == test.name:
                yield f"{test.name} has no docstring", "students read it: say what is checked"
        for suite in (HIDDEN, PUBLIC):
            for test in self._tests(suite, REFERENCE):
                if test.left:
                    yield (
                        f"the {suite} {test.name} leaves torch changed: {test.left}",
                        "restore it, in a fixture or with a `with` block",
                    )

    def _right_answers(self) -> Iterator[tuple[str, str]]:
        for suite in (HIDDEN, PUBLIC):
            for test in self._tests(suite, REFERENCE):
                if not test.passed:
                    yield (
                        f"the reference doesn't pass the {suite} {_said(test)}",
                        f"mend {self._exercise.file.name} or the test",
                    )
        for style in self._known.styles:
            for test in self._tests(HIDDEN, f"={style.stem}"):
                if not test.passed and not test.bonus:
                    yield (
                        f"the right answer {style.name} doesn't pass {_said(test)}",
                        "a right answer that fails is the worst fault: mend the test",
                    )

    def _tolerances(self) -> Iterator[tuple[str, str]]:
        for (suite, test), share in sorted(self._known.used.items()):
            if share > MOST_OF_A_TOLERANCE:
                yield (
                    f"the reference passes the {suite} {test} with {share:.0%} of the tolerance: "
                    "on another machine it may fail",
                    "write what is expected with more digits, in the dtype that is compared",
                )

    def _stub(self) -> Iterator[tuple[str, str]]:
        for test in self._tests(HIDDEN, STUB):
            if test.outcome is not Outcome.NOT_ATTEMPTED:
                yield (
                    f"the stub is '{test.outcome.value}' in {test.name}",
                    "the test must call its target, and the stub must raise NotImplementedError",
                )

    def _all_mistakes(self) -> Iterator[tuple[str, str]]:
        for target in self._exercise.targets:
            count = sum(mistake.target == target for mistake in self._mistakes)
            if count < MISTAKES_PER_TARGET:
                yield (
                    f"{target} has {count} mistakes, at least {MISTAKES_PER_TARGET} are wanted",
                    "add wrong answers that students give to mistakes.py",
                )
        for mistake in self._mistakes:
            if met := self._known.met.get((HIDDEN, mistake.name)):
                yield from self._mistake(mistake, met)

    def _mistake(self, mistake: Mistake, met: Met) -> Iterator[tuple[str, str]]:
        target_of, bonus = self._exercise.target_of, self._known.bonus
        if not any(target_of(name) == mistake.target and name not in bonus for name in met.failed):
            yield (
                f"{mistake.name} passes every base test of {mistake.target}",
                "add a test that it fails; if it is right, delete it",
            )
        for name in met.failed:
            if target_of(name) != mistake.target:
                yield (
                    f"{mistake.name}, a mistake in {mistake.target}, fails {name}",
                    f"let {name} use nothing but {target_of(name) or 'its target'}",
                )
        for name, outcome in met.broken.items():
            yield (
                f"{mistake.name} is '{outcome.value}' in {name}",
                "a mistake is an answer: let it run to its end",
            )

    def _recognised(self) -> Iterator[tuple[str, str]]:
        """A mistake that is handed in must be recognised, or nobody gets its hint."""
        several = {m.name for same in self._checked.alike for m in same if not _one_hint(same)}
        for mistake in self._mistakes:
            tests = self._tests(HIDDEN, mistake.name)
            failed = [t for t in tests if t.target == mistake.target and not (t.passed or t.bonus)]
            if {test.hint for test in failed} - {mistake.hint} and mistake.name not in several:
                yield (
                    f"{mistake.name} isn't recognised when it is handed in",
                    "does a test of its target time out, or see something else each time?",
                )

    def _useless_tests(self) -> Iterator[tuple[str, str]]:
        caught = {test for proof in self._checked.proofs for test in proof.hidden}
        caught |= {test.name for test in self._tests(HIDDEN, STUB) if not test.passed}
        for name in self._checked.tests:
            if name not in caught:
                yield (
                    f"no mistake or stub fails {name}",
                    "delete it, or add a mistake that it finds",
                )

    def _classes(self) -> Iterator[tuple[str, str]]:
        """Mistakes that no check tells apart must share one hint."""
        for same in self._checked.alike:
            if not _one_hint(same):
                yield (
                    f"no check tells these apart: {_names(same)}",
                    "give them one hint that is true of all, or add a check that differs",
                )

    def _public(self) -> Iterator[tuple[str, str]]:
        checked = self._checked
        if checked.proofs and checked.public_share < PUBLIC_SHARE:
            yield (
                f"only {checked.public_share:.0%} of the mistakes fail the public suite: "
                f"{_names(checked.unseen)} pass it",
                f"let the public suite catch {PUBLIC_SHARE:.0%}, all that the lesson warns of",
            )


def _said(test: TestResult) -> str:
    """A test that was not passed, in a line."""
    why = " ".join(test.feedback.split())
    return f"{test.name} ({test.outcome.value}{': ' + why[:200] if why else ''})"


def _one_hint(mistakes: Iterable[Mistake]) -> bool:
    return len({mistake.hint for mistake in mistakes}) == 1


def _names(mistakes: Iterable[Mistake]) -> str:
    return ", ".join(mistake.name for mistake in mistakes)
