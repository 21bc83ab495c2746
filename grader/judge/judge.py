"""Grade one submission: run the hidden suites here, the student's code behind the boundary."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from grader.assignment.exercises import (
    AssignmentError,
    Exercise,
    find_exercises,
    syntax_error,
)
from grader.assignment.mistakes import MistakesError, load_mistakes
from grader.judge.bounds import HOPELESS, Stopwatch
from grader.judge.diagnosis import Diagnosis, with_cases
from grader.judge.errors import fault_or
from grader.judge.feedback import cause, detail, explain, observed
from grader.judge.harmless import clean, without_places
from grader.judge.paths import RemoteLab, RemoteStudent
from grader.judge.rehearsal import Rehearsal
from grader.judge.sandboxes import Forker
from grader.judge.session import Session
from grader.lockdown.limits import Patience
from grader.result import ExerciseResult, Outcome, Result, TestResult, outcome_of
from grader.submission import Submission
from grader.suite import current
from grader.suite.current import Case
from grader.suite.plugin import device_group, device_of
from grader.suite.session import Ended, PytestFault, Suites, limit_of
from grader.suite.sight import Sight, sight_of
from grader.torchside.accelerator import fallback_reason, is_simulated
from grader.torchside.ran import STOPPED

_SIGHTED = (Outcome.FAILED, Outcome.REFUSED)


class Judge:
    """A warm judge: the suites are collected once, and run anew for every submission."""

    def __init__(
        self,
        suites: Path,
        forker: Forker,
        patience: Patience | None = None,
        shared: Path | None = None,
        stopwatch: Stopwatch | None = None,
    ) -> None:
        """`suites`: `solutions/`. `shared`: a folder in which the judges of one run share results.

        `stopwatch`: ends this process if checking takes too long.

        Raises `AssignmentError` if the suites' tests don't load.
        """
        self._forker = forker
        self._patience = patience or Patience()
        self._stopwatch = stopwatch
        suites = suites.absolute()
        self.exercises = find_exercises(suites)
        files = [e.suite for e in self.exercises if e.suite.is_file()]
        if not files:
            raise AssignmentError(f"there are no hidden suites in {suites.name}/")
        try:
            self._suites = Suites(files, suites)
        except PytestFault as error:
            raise AssignmentError(str(error)) from None
        every = self._suites.tests
        usable = {"", "cpu", "simulated"}
        if any(device_of(test) not in usable for test in every):
            usable |= forker.devices()
        self._tests = [test for test in every if device_of(test) in usable]
        self.accelerator = _accelerators(every, usable)
        self.tests = {
            e.name: _blanks([test for test in self._tests if test.path == e.suite], e)
            for e in self.exercises
        }
        if problems := list(self._problems()):
            raise AssignmentError("\n".join(problems))
        self._rehearsal = Rehearsal(forker, self._patience, shared)
        self._diagnosis = Diagnosis(self.exercises, self._rehearsal)

    def _problems(self) -> Iterator[str]:
        """What is wrong with the suites and the mistakes."""
        yield from self._suites.problems
        yield from (f"{e.suite.name} is missing" for e in self.exercises if not e.suite.is_file())
        empty = [e.name for e in self.exercises if not self.tests[e.name]]
        if not self._suites.problems and empty:
            yield f"no hidden tests for {', '.join(empty)}"
        for test in self._suites.tests:
            if test.cls is not None:
                yield f"{test.nodeid}: tests are functions; take it out of its class"
        for exercise in (e for e in self.exercises if e.mistakes.is_file()):
            try:
                load_mistakes(exercise)
            except SyntaxError as error:
                yield f"{exercise.name}/{syntax_error(error)}"
            except MistakesError as error:
                yield from (f"{exercise.name}/{what}: {todo}" for what, todo in error.problems)

    def close(self) -> None:
        """End what was started: the rehearsal, and pytest."""
        self._rehearsal.close()
        self._suites.close()

    def grade(
        self,
        submission: Submission,
        seed: int,
        only: frozenset[str] = frozenset(),
        *,
        diagnose: bool = True,
        alone: bool = True,
        overran: frozenset[str] = frozenset(),
    ) -> Result:
        """Run the hidden suites on a submission. Never raises for what the submission does.

        `only`: names of the exercises to grade; empty for all. `alone`: no other submission is
        graded on this machine now. `overran`: tests, by node id, that ended a judge because
        checking the submission's results took too long.
        """
        started = time.monotonic()
        exercises = [e for e in self.exercises if not only or e.name in only]
        digest = submission.digest
        terms = _Terms(seed, alone, overran)
        seconds = 0 if len(overran) >= HOPELESS else self._patience.submission
        runs: dict[str, _Run] = {}
        for exercise in (e for e in exercises if e.module in submission.versions):
            best = self._best(submission, exercise, terms, started + seconds)
            runs[exercise.name], submission = best
        others = [e for e in exercises if e.name not in runs]
        run = self._run(submission, others, terms, time.monotonic() + seconds)
        runs |= {e.name: run for e in others}
        said = dict.fromkeys(note for e in exercises for note in runs[e.name].session.notes)
        self._rehearsal.begin()
        return Result(
            submission=submission.name,
            student=submission.student,
            exercises=[self._result(e, runs[e.name], seed, diagnose) for e in exercises],
            notes=[*said, *submission.notes],  # reports show the first
            seed=seed,
            digest=digest,
            isolation=self._forker.profile,
            accelerator=self.accelerator,
            seconds=round(time.monotonic() - started, 3),
        )

    def _run(
        self, submission: Submission, exercises: list[Exercise], terms: _Terms, until: float
    ) -> _Run:
        """Run the exercises' suites, until the time `until` of `time.monotonic`."""
        files = {e.suite for e in exercises}
        session = Session(self._forker, submission, alone=terms.alone)
        session.end_of_time = until
        blank = {e.name: list(self.tests[e.name]) for e in exercises}
        run = _Run(session, blank, submission, self._patience.test, self._stopwatch)
        try:
            tests = [test for test in self._tests if test.path in files]
            for test in (test for test in tests if test.nodeid in terms.overran):
                run.write_down(
                    test,
                    outcome=Outcome.TIMED_OUT,
                    feedback="Checking what your code gave took too long.",
                )
            tests = [test for test in tests if test.nodeid not in terms.overran]
            for ended in self._suites.run(tests, run, terms.seed, run.begin):
                run.finish(ended)
            # The killed sandboxes may have been killed by others: run these tests once more.
            for ended in self._suites.run(list(run.disturbed), run, terms.seed, run.begin):
                run.finish(ended)
        finally:
            session.close()
        return run

    def _best(
        self, submission: Submission, exercise: Exercise, terms: _Terms, until: float
    ) -> tuple[_Run, Submission]:
        """Run all versions of an answer; the first one of those that earn most."""
        tried: list[tuple[float, _Run, Submission]] = []
        for version in submission.versions[exercise.module]:
            one = submission.read_as(exercise.module, version)
            run = self._run(one, [exercise], terms, until)
            result = ExerciseResult(exercise.name, run.tests[exercise.name])
            tried.append((result.earned, run, one))
            if result.earned == result.points:
                break
        _, run, one = max(tried, key=lambda each: each[0])
        return run, one

    def _result(self, exercise: Exercise, run: _Run, seed: int, diagnose: bool) -> ExerciseResult:
        name = exercise.name
        tests = with_cases(run.tests[name], run.cases.get(name, {}))
        curve = run.curves.get(name)
        band: list[tuple[float, float]] = []
        if diagnose and name in run.sights:
            tests = self._diagnosis.explain(name, tests, run.sights[name], seed)
        if diagnose and curve:
            band = self._diagnosis.band(name, curve.test, curve.number, seed)
        return ExerciseResult(
            name,
            tests,
            printed=clean(without_places(run.session.printed.get(exercise.module, ""))),
            code=run.session.source(exercise.module),
            curve=[_short(loss) for loss in curve.losses] if curve else [],
            band=[(_short(low), _short(high)) for low, high in band],
        )


def _short(loss: float) -> float:
    """A loss with the five digits that a picture shows. Losses are much of a result's size."""
    return float(f"{loss:.5g}")


@dataclass(frozen=True)
class _Terms:
    """The terms of one grading; as in `Judge.grade`."""

    seed: int
    alone: bool
    overran: frozenset[str]


@dataclass(frozen=True)
class _Curve:
    """The losses that one call of a test returned: the `number`-th that returned losses."""

    test: str
    number: int
    losses: list[float]


_NO_CURVE = _Curve("", 0, [])


def _accelerators(tests: list[pytest.Function], usable: set[str]) -> str:
    """The devices that device tests run on, in words, and those that no sandbox can use."""
    simulated = "simulated" if is_simulated() else f"meta ({fallback_reason()})"
    found = {device_of(test) for test in tests} - {"", "cpu"}
    return ", ".join(
        simulated
        if device == "simulated"
        else f"{device}{'' if device in usable else ' (not graded: no sandbox can use it)'}"
        for device in sorted(found, reverse=True)
    )


def _blanks(tests: list[pytest.Function], exercise: Exercise) -> list[TestResult]:
    """Every hidden test of an exercise, as it counts if it never reports: failed.

    The runs of one test on several devices share its points.
    """
    runs = Counter(device_group(test) for test in tests)
    blanks = []
    for test in tests:
        points = test.get_closest_marker("points")
        blanks.append(
            TestResult(
                name=test.name,
                target=exercise.target_of(test.name),
                title=" ".join((test.function.__doc__ or test.name).split()),
                outcome=Outcome.FAILED,
                points=(float(points.args[0]) if points else 1.0) / runs[device_group(test)],
                bonus=test.get_closest_marker("bonus") is not None,
                feedback="This test never reported.",
            )
        )
    return blanks


class _Run:
    """One grading: it provides the student's side, and records how each test ended."""

    def __init__(
        self,
        session: Session,
        tests: dict[str, list[TestResult]],
        submission: Submission,
        limit: float,
        stopwatch: Stopwatch | None,
    ) -> None:
        """`tests`: as they count if they never report. `limit`: seconds for a test."""
        self.session, self._submission, self._default = session, submission, limit
        self._limit, self._stopwatch = limit, stopwatch
        self.calls = session.calls
        self.tests = tests
        self.disturbed: list[pytest.Function] = []
        self.sights: dict[str, dict[str, Sight]] = {}
        self.curves: dict[str, _Curve] = {}
        self.cases: dict[str, dict[str, list[Case]]] = {}  # by exercise and test

    # -- the provider of the fixtures -------------------------------------------------------------

    @property
    def lab(self) -> RemoteLab:
        return self.session.lab

    def student(self, exercise: Exercise) -> RemoteStudent:
        return self.session.enter(exercise.module)

    def seed(self, seed: int) -> None:
        self.session.seed(seed)

    # -- a test's beginning and end ---------------------------------------------------------------

    def begin(self, test: pytest.Function) -> None:
        """Begin a test. Its time limit bounds every wait for the sandbox."""
        self._limit = limit_of(test, self._default)
        self.session.begin(self._limit)
        if self._stopwatch is not None:
            self._stopwatch.begin(self._submission.name, test.nodeid)

    def finish(self, ended: Ended) -> None:
        """Record how a test ended. If its sandbox was killed, it will run once more.

        So it will if it failed and the profiler was stopped: a pause of the machine does that, too.
        """
        if self._stopwatch is not None:
            self._stopwatch.end()
        self.session.end()
        if self.session.disturbed or (ended.error and STOPPED in self.calls.ran):
            self.disturbed.append(ended.test)
        test, error = ended.test, fault_or(ended.error)
        exercise = test.path.parent.name
        outcome, locate = outcome_of(error), self._submission.locate
        self.write_down(
            test,
            outcome=outcome,
            seconds=round(ended.seconds, 4),
            feedback=explain(outcome, error, self.calls.failed, self._limit, locate),
            detail="" if error is None else clean(detail(outcome, error, test.path)),
            observed=observed(error),
            cause=cause(outcome, error),
            left=", ".join(ended.left),
        )
        self.cases.setdefault(exercise, {})[test.name] = list(current.cases())
        for number, losses in enumerate(self.calls.curves):
            if len(losses) > len(self.curves.get(exercise, _NO_CURVE).losses):
                self.curves[exercise] = _Curve(test.name, number, losses)
        if error is not None and outcome in _SIGHTED:
            self.sights.setdefault(exercise, {})[test.name] = sight_of(error)

    def write_down(self, test: pytest.Function, **what: Any) -> None:
        """Change fields of a test's `TestResult`."""
        tests = self.tests[test.path.parent.name]
        place = next(i for i, blank in enumerate(tests) if blank.name == test.name)
        tests[place] = replace(tests[place], **what)
