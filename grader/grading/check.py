"""Prove an assignment: what is known to be right passes, and what is known to be wrong fails."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import grader
from grader.assignment.exercises import Exercise
from grader.assignment.mistakes import Mistake, load_mistakes, splice
from grader.grading.engine import Setup, Task, grade_all
from grader.grading.rehearsed import alike_mistakes, in_processes
from grader.grading.secrets import leaks
from grader.result import ExerciseResult, Outcome, TestResult
from grader.submission import Submission

MISTAKES_PER_TARGET = 3
PUBLIC_SHARE = 0.92  # of the mistakes, that the public suite must catch too
SEED = 20
REFERENCE, STUB = "=reference", "=stub"


@dataclass(frozen=True)
class Defect:
    """Something that doesn't hold, and what to do about it."""

    exercise: str
    what: str
    todo: str


@dataclass(frozen=True)
class Proof:
    """What one mistake does to the tests of its exercise: the names of those it fails."""

    mistake: Mistake
    hidden: list[str]
    public: list[str]


@dataclass
class Checked:
    """One exercise: its hidden tests, and what became of each mistake."""

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
class Report:
    """What `grader check` found: no problems, and the assignment holds."""

    exercises: dict[str, Checked] = field(default_factory=dict)
    problems: list[Defect] = field(default_factory=list)


@dataclass(frozen=True)
class Assignment:
    """What is checked, and the folders around it.

    `stubs`: the public half, `exercises/`. `styles`: right answers, a folder an exercise.
    """

    setup: Setup
    exercises: list[Exercise]
    stubs: Path
    styles: Path

    def stub(self, exercise: Exercise) -> Path:
        return self.stubs / exercise.name / exercise.file.name

    def styles_of(self, exercise: Exercise) -> list[Path]:
        return sorted((self.styles / exercise.name).glob("*.py"))


def check(assignment: Assignment, workers: int, advance: Callable[[int, int], None]) -> Report:
    """Check the exercises; `advance` is called with (done, of).

    Raises `AssignmentError` where suites don't load.
    """
    report = Report()
    report.problems += [p for e in assignment.exercises for p in _unread(e, assignment)]
    if report.problems:
        return report
    hidden = [task for exercise in assignment.exercises for task in _hidden(assignment, exercise)]
    public = [task for exercise in assignment.exercises for task in _public(assignment, exercise)]
    # One after the other: a process knows only one suite of a name.
    results = itertools.chain(grade_all(hidden, workers), grade_all(public, workers))
    total = len(hidden) + len(public) + len(assignment.exercises)
    report.exercises = {exercise.name: Checked() for exercise in assignment.exercises}
    graded: dict[str, ExerciseResult] = {}
    for done, result in enumerate(results, 1):
        advance(done, total)
        if result.graded:
            graded[result.submission] = result.exercises[0]
        else:
            name, _, answer = result.submission.partition("/")
            why = result.fault or "a test could not be run"
            report.problems.append(
                Defect(name, f"{answer} could not be graded: {why}", "see `grader doctor`")
            )
    rehearsed = [(assignment.setup, exercise, SEED) for exercise in assignment.exercises]
    for done, (place, classes) in enumerate(in_processes(alike_mistakes, rehearsed, workers), 1):
        advance(len(hidden) + len(public) + done, total)
        exercise = assignment.exercises[place]
        by_name = {mistake.name: mistake for mistake in load_mistakes(exercise)}
        alike = [[by_name[name] for name in names] for names in classes]
        report.exercises[exercise.name].alike = alike
    for exercise in assignment.exercises:
        checked = report.exercises[exercise.name]
        report.problems += _Judged(assignment, exercise, graded, checked).problems()
    shipped = [assignment.stubs, Path(grader.__file__).parent]
    for leak in leaks(assignment.exercises, assignment.stubs, shipped):
        report.problems.append(Defect("", leak, "take it out, or write it differently"))
    return report


def _unread(exercise: Exercise, assignment: Assignment) -> Iterator[Defect]:
    """What is missing or can't be read, so that nothing can be graded yet."""
    problem = functools.partial(Defect, exercise.name)
    if not exercise.suite.is_file():
        yield problem(f"{exercise.suite.name} is missing", "write the hidden suite")
    if not assignment.stub(exercise).is_file():
        yield problem(
            f"there is no stub file in {assignment.stubs.name}/{exercise.name}/",
            f"write {exercise.file.name} with a `raise NotImplementedError` in each target",
        )
    if not exercise.mistakes.is_file():
        yield problem("mistakes.py is missing", f"write {MISTAKES_PER_TARGET} mistakes a target")
        return
    try:
        load_mistakes(exercise)
    except SyntaxError as error:
        yield problem(f"mistakes.py, line {error.lineno}: {error.msg}", "mend it")
    except ValueError as error:
        for line in str(error).splitlines():
            what, _, todo = line.rpartition(": ")
            yield problem(f"mistakes.py, {what}", todo)


def _hidden(assignment: Assignment, exercise: Exercise) -> Iterator[Task]:
    """Every known answer, for the hidden suite."""
    setup = replace(assignment.setup, diagnose=False)
    hidden = functools.partial(_task, setup, exercise, "hidden")
    yield hidden(REFERENCE, exercise.file.read_text("utf-8"))
    yield hidden(STUB, assignment.stub(exercise).read_text("utf-8"))
    for style in assignment.styles_of(exercise):
        yield hidden(f"={style.stem}", style.read_text("utf-8"))
    for mistake in load_mistakes(exercise):
        yield hidden(mistake.name, splice(exercise, mistake))


def _public(assignment: Assignment, exercise: Exercise) -> Iterator[Task]:
    """The reference and the mistakes, for the public suite."""
    if Exercise(assignment.stubs / exercise.name).suite.is_file():
        setup = replace(assignment.setup, suites=assignment.stubs, diagnose=False)
        public = functools.partial(_task, setup, exercise, "public")
        yield public(REFERENCE, exercise.file.read_text("utf-8"))
        for mistake in load_mistakes(exercise):
            yield public(mistake.name, splice(exercise, mistake))


def _task(setup: Setup, exercise: Exercise, suite: str, name: str, source: str) -> Task:
    files = {exercise.file.name: source.encode()}
    submission = Submission(f"{exercise.name}/{suite}/{name}", files)
    return Task(setup, submission, SEED, frozenset([exercise.name]))


class _Judged:
    """What the grades of one exercise's known answers say about it."""

    def __init__(
        self,
        assignment: Assignment,
        exercise: Exercise,
        graded: dict[str, ExerciseResult],
        checked: Checked,
    ) -> None:
        self._assignment, self._exercise = assignment, exercise
        self._graded, self._checked = graded, checked
        self._mistakes = load_mistakes(exercise)

    def _tests(self, suite: str, name: str) -> list[TestResult]:
        found = self._graded.get(f"{self._exercise.name}/{suite}/{name}")
        return found.tests if found else []

    def problems(self) -> Iterator[Defect]:
        for what, todo in (
            *self._suite(),
            *self._right_answers(),
            *self._stub(),
            *self._all_mistakes(),
            *self._useless_tests(),
            *self._classes(),
            *self._public(),
        ):
            yield Defect(self._exercise.name, what, todo)

    def _suite(self) -> Iterator[tuple[str, str]]:
        tests = self._tests("hidden", REFERENCE)
        self._checked.tests = [test.name for test in tests]
        for test in tests:
            if not test.target:
                yield f"{test.name} names no target", "call it test_<target>_<what>"
            if test.title == test.name:
                yield f"{test.name} has no docstring", "students read it: say what is checked"
        for suite in ("hidden", "public"):
            for test in self._tests(suite, REFERENCE):
                if test.left:
                    yield (
                        f"the {suite} {test.name} leaves torch changed: {test.left}",
                        "put it back, in a fixture or with a `with` block",
                    )

    def _right_answers(self) -> Iterator[tuple[str, str]]:
        for suite in ("hidden", "public"):
            for test in self._tests(suite, REFERENCE):
                if not test.passed:
                    yield (
                        f"the reference doesn't pass the {suite} {_said(test)}",
                        f"mend {self._exercise.file.name} or the test",
                    )
        styles = self._assignment.styles_of(self._exercise)
        self._checked.styles = len(styles)
        for style in styles:
            for test in self._tests("hidden", f"={style.stem}"):
                if not test.passed and not test.bonus:
                    yield (
                        f"the right answer {style.name} doesn't pass {_said(test)}",
                        "a right answer that fails is the worst fault: mend the test",
                    )

    def _stub(self) -> Iterator[tuple[str, str]]:
        for test in self._tests("hidden", STUB):
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
            tests = self._tests("hidden", mistake.name)
            if tests:
                yield from self._mistake(mistake, tests)

    def _mistake(self, mistake: Mistake, tests: list[TestResult]) -> Iterator[tuple[str, str]]:
        failed = [test for test in tests if not test.passed]
        public = [t.name for t in self._tests("public", mistake.name) if not (t.passed or t.bonus)]
        self._checked.proofs.append(Proof(mistake, [test.name for test in failed], public))
        if not any(test.target == mistake.target and not test.bonus for test in failed):
            yield (
                f"{mistake.name} passes every base test of {mistake.target}",
                "add a test that it fails; if it is right, delete it",
            )
        for test in failed:
            if test.target != mistake.target:
                yield (
                    f"{mistake.name}, a mistake in {mistake.target}, fails {test.name}",
                    f"let {test.name} use nothing but {test.target or 'its target'}",
                )
            if test.outcome in (Outcome.CRASHED, Outcome.NOT_ATTEMPTED):
                yield (
                    f"{mistake.name} is '{test.outcome.value}' in {test.name}",
                    "a mistake is an answer: let it run to its end",
                )

    def _useless_tests(self) -> Iterator[tuple[str, str]]:
        caught = {test for proof in self._checked.proofs for test in proof.hidden}
        caught |= {test.name for test in self._tests("hidden", STUB) if not test.passed}
        for name in self._checked.tests:
            if name not in caught:
                yield (
                    f"no mistake or stub fails {name}",
                    "delete it, or add a mistake that it finds",
                )

    def _classes(self) -> Iterator[tuple[str, str]]:
        """Mistakes that give the same to every check must share one hint."""
        for same in self._checked.alike:
            if len({mistake.hint for mistake in same}) > 1:
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


def _names(mistakes: Iterable[Mistake]) -> str:
    return ", ".join(mistake.name for mistake in mistakes)
