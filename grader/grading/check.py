"""Prove an assignment: answers known to be right pass, and those known to be wrong fail."""

from __future__ import annotations

import functools
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeVar

import grader
from grader.assignment.exercises import Exercise, syntax_error
from grader.assignment.guides import FILE as GUIDES
from grader.assignment.guides import missing
from grader.assignment.mistakes import Mistake, MistakesError, load_mistakes, splice
from grader.grading.defects import (
    HIDDEN,
    MISTAKES_PER_TARGET,
    PUBLIC,
    REFERENCE,
    STUB,
    Checked,
    Defect,
    Defects,
    KnownAnswers,
)  # fmt: skip
from grader.grading.engine import Setup, Task, judge
from grader.grading.rehearsed import in_processes, meet_mistakes
from grader.grading.secrets import leaks
from grader.result import Result
from grader.submission import Submission

SEED = 20
T = TypeVar("T")


@dataclass
class Report:
    """What `grader check` found. Without problems, the assignment holds."""

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
        """The file that students start from."""
        return self.stubs / exercise.name / exercise.file.name

    def public(self, exercise: Exercise) -> Exercise:
        """The exercise's public half."""
        return Exercise(self.stubs / exercise.name)

    def styles_of(self, exercise: Exercise) -> list[Path]:
        """The right answers that are kept beside the reference, sorted by name."""
        return sorted((self.styles / exercise.name).glob("*.py"))


def check(assignment: Assignment, workers: int, advance: Callable[[int, int], None]) -> Report:
    """Check the exercises; `advance` is called with (done, of).

    Right answers and stubs are graded like submissions, across the boundary. The mistakes run in
    rehearsals; one of each target is graded, too, to see that it is recognised.

    Raises `AssignmentError` where suites don't load.
    """
    report = Report()
    report.problems += [p for e in assignment.exercises for p in _unread(e, assignment)]
    if report.problems:
        return report
    known = {e.name: KnownAnswers(e, assignment.styles_of(e)) for e in assignment.exercises}
    hidden = [task for exercise in assignment.exercises for task in _hidden(assignment, exercise)]
    public = [task for exercise in assignment.exercises for task in _public(assignment, exercise)]
    wrong = _mistakes(assignment)
    # The long ones first, so that none of them is left over for one process at the end.
    work = [*((meet_mistakes, *w) for w in wrong), *((judge, task) for task in (*hidden, *public))]
    for done, (place, found) in enumerate(in_processes(_call, work, workers), 1):
        advance(done, len(work))
        if isinstance(found, Result):
            name, suite, answer = found.submission.split("/", 2)
            if found.graded:
                known[name].graded[suite, answer] = found.exercises[0]
            else:
                why = found.fault or "a test could not be run"
                todo = "see `grader doctor`"
                report.problems.append(Defect(name, f"{answer} could not be graded: {why}", todo))
            continue
        _, exercise, half, _ = wrong[place]
        suite = HIDDEN if half == exercise else PUBLIC
        known[exercise.name].met |= {(suite, one.mistake): one for one in found.met}
        known[exercise.name].used |= {(suite, test): share for test, share in found.used.items()}
        if suite == HIDDEN:
            by_name = {mistake.name: mistake for mistake in load_mistakes(exercise)}
            alike = [[by_name[name] for name in names] for names in found.confused]
            known[exercise.name].alike += alike
    report.exercises = {name: answers.checked() for name, answers in known.items()}
    for name, answers in known.items():
        report.problems += Defects(answers, report.exercises[name])
    shipped = [assignment.stubs, Path(grader.__file__).parent]
    for leak in leaks(assignment.exercises, assignment.stubs, shipped):
        report.problems.append(Defect("", leak, "take it out, or write it differently"))
    return report


def _unread(exercise: Exercise, assignment: Assignment) -> Iterator[Defect]:
    """Files that are missing or can't be read, so that nothing can be graded yet."""
    problem = functools.partial(Defect, exercise.name)
    if not exercise.suite.is_file():
        yield problem(f"{exercise.suite.name} is missing", "write the hidden suite")
    if not assignment.stub(exercise).is_file():
        yield problem(
            f"there is no stub file in {assignment.stubs.name}/{exercise.name}/",
            f"write {exercise.file.name} with a `raise NotImplementedError` in each target",
        )
    public = Exercise(assignment.stubs / exercise.name)
    if public.file.is_file():
        try:
            for lack in missing(public):
                yield problem(f"{GUIDES}: {lack}", "add it: `grader watch` shows it to students")
        except SyntaxError as error:
            yield problem(
                f"{assignment.stubs.name}/{exercise.name}/{syntax_error(error)}", "mend it"
            )
        except ValueError as error:
            yield problem(str(error), "mend it")
    if not exercise.mistakes.is_file():
        yield problem("mistakes.py is missing", f"write {MISTAKES_PER_TARGET} mistakes a target")
        return
    try:
        load_mistakes(exercise)
    except SyntaxError as error:
        yield problem(syntax_error(error), "mend it")
    except MistakesError as error:
        for what, todo in error.problems:
            yield problem(what, todo)


def _call(function: Callable[..., T], *args: Any) -> T:
    return function(*args)


def _hidden(assignment: Assignment, exercise: Exercise) -> Iterator[Task]:
    """The right answers, the stub and some mistakes, for the hidden suite."""
    hidden = functools.partial(_task, assignment.setup, exercise, HIDDEN)
    yield hidden(REFERENCE, exercise.file.read_text("utf-8"))
    yield hidden(STUB, assignment.stub(exercise).read_text("utf-8"))
    for style in assignment.styles_of(exercise):
        yield hidden(f"={style.stem}", style.read_text("utf-8"))
    for mistake in handed_in(exercise):
        yield hidden(mistake.name, splice(exercise, mistake))


def handed_in(exercise: Exercise) -> Iterator[Mistake]:
    """The mistakes that are graded like submissions: one of each target."""
    known = load_mistakes(exercise)
    for target in exercise.targets:
        if mine := [mistake for mistake in known if mistake.target == target]:
            yield random.Random(f"{SEED} {target}").choice(mine)


def _public(assignment: Assignment, exercise: Exercise) -> Iterator[Task]:
    """The reference, for the public suite."""
    if assignment.public(exercise).suite.is_file():
        setup = replace(assignment.setup, suites=assignment.stubs, diagnose=False)
        yield _task(setup, exercise, PUBLIC, REFERENCE, exercise.file.read_text("utf-8"))


def _task(setup: Setup, exercise: Exercise, suite: str, name: str, source: str) -> Task:
    files = {exercise.file.name: source.encode()}
    submission = Submission(f"{exercise.name}/{suite}/{name}", files)
    return Task(setup, submission, SEED, frozenset([exercise.name]))


def _mistakes(assignment: Assignment) -> list[tuple[Setup, Exercise, Exercise, int]]:
    """What `meet_mistakes` is called with: both suites of each exercise."""
    return [
        (assignment.setup, exercise, half, SEED)
        for exercise in assignment.exercises
        for half in (exercise, assignment.public(exercise))
        if half.suite.is_file()
    ]
