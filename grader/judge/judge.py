"""Grade one submission: run pytest on the hidden suites, the student's code behind the boundary."""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from grader.assignment.exercises import AssignmentError, Exercise, find_exercises
from grader.assignment.mistakes import load_mistakes
from grader.judge.diagnosis import Diagnosis, Seen
from grader.judge.feedback import Locate, explain
from grader.judge.harmless import clean, without_places
from grader.judge.paths import Lab, Student
from grader.judge.sandboxes import Forker
from grader.judge.session import Session
from grader.lockdown.limits import Patience
from grader.result import ExerciseResult, Outcome, Result, TestResult, outcome_of
from grader.submission import Submission
from grader.suite.plugin import PROVIDER
from grader.suite.provider import Local
from grader.suite.records import Record
from grader.suite.session import PytestFault, RecordedRun, run_pytest


class Judge:
    """A warm judge: the suites are collected once, every submission is one pytest session."""

    def __init__(self, suites: Path, forker: Forker, patience: Patience | None = None) -> None:
        """`suites`: `solutions/`. Raises `AssignmentError` where its tests don't load."""
        os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
        os.environ.pop("PYTEST_ADDOPTS", None)
        self._suites, self._forker = suites, forker
        self._patience = patience or Patience()
        self.exercises = find_exercises(suites)
        self.tests = self._collect()
        self._diagnosis = Diagnosis(self.exercises)

    def _collect(self) -> dict[str, list[TestResult]]:
        """Every hidden test, as it counts if it never reports: failed."""
        listing = _Listing()
        try:
            run_pytest([e.suite for e in self.exercises], self._suites, [listing], "--collect-only")
        except PytestFault as error:
            raise AssignmentError(str(error)) from None
        missing = [e.suite.name for e in self.exercises if not e.suite.is_file()]
        problems = listing.problems + [f"{name} is missing" for name in missing]
        empty = [e.name for e in self.exercises if not listing.tests.get(e.name)]
        if not problems and (empty or not self.exercises):
            problems = [f"no hidden tests for {', '.join(empty) or 'any exercise'}"]
        for exercise in (e for e in self.exercises if e.mistakes.is_file()):
            try:
                load_mistakes(exercise)
            except (SyntaxError, ValueError) as error:
                problems.append(f"{exercise.name}/mistakes.py: {error}")
        if problems:
            raise AssignmentError("\n".join(problems))
        return listing.tests

    def grade(
        self,
        submission: Submission,
        seed: int,
        only: frozenset[str] = frozenset(),
        *,
        diagnose: bool = True,
    ) -> Result:
        """Run the hidden suites on a submission. Never raises for what the submission does.

        `only`: names of the exercises to grade; empty for all.
        """
        started = time.monotonic()
        exercises = [e for e in self.exercises if not only or e.name in only]
        session = Session(self._forker, submission.files)
        session.end_of_time = started + self._patience.submission
        blank = {e.name: list(self.tests[e.name]) for e in exercises}
        run = _Run(session, blank, submission.locate)
        try:
            options = (f"--seed={seed}", f"--timeout={self._patience.test}")
            run_pytest([e.suite for e in exercises], self._suites, [run], *options)
        finally:
            session.close()
        bands: dict[str, list[tuple[float, float]]] = {}
        if diagnose:
            for name, records in run.records.items():
                run.tests[name] = self._diagnosis.explain(name, run.tests[name], records, seed)
            for name, curve in run.curves.items():
                bands[name] = self._diagnosis.band(name, curve.test, curve.number, seed)
        return Result(
            submission=submission.name,
            student=submission.student,
            exercises=[
                ExerciseResult(
                    e.name,
                    run.tests[e.name],
                    printed=clean(without_places(session.printed.get(e.module, ""))),
                    code=session.source(e.module),
                    curve=run.curves.get(e.name, _NO_CURVE).losses,
                    band=bands.get(e.name, []),
                )
                for e in exercises
            ],
            notes=list(submission.notes),
            seed=seed,
            digest=submission.digest,
            isolation=self._forker.profile,
            seconds=round(time.monotonic() - started, 3),
        )


@dataclass(frozen=True)
class _Curve:
    """The losses that the `number`-th call of a test returned."""

    test: str
    number: int
    losses: list[float]


_NO_CURVE = _Curve("", 0, [])


class _Listing:
    """Lists the tests of the suites, and what is wrong with them."""

    def __init__(self) -> None:
        self.tests: dict[str, list[TestResult]] = {}
        self.problems: list[str] = []

    @pytest.hookimpl(tryfirst=True)
    def pytest_configure(self, config: pytest.Config) -> None:
        config.stash[PROVIDER] = Local()  # asked for nothing, as no test runs

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed:
            self.problems.append(f"{report.nodeid}: {report.longreprtext}")

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        for item in session.items:
            exercise = Exercise(item.path.parent)
            self.tests.setdefault(exercise.name, []).append(_blank(item, exercise))
        for tests in self.tests.values():
            _share_points(tests)


def _share_points(tests: list[TestResult]) -> None:
    """A test that runs on several devices is worth as much where there are more of them."""
    devices = Counter(test.name.partition("[")[0] for test in tests if _on_device(test))
    for test in tests:
        if _on_device(test):
            test.points /= devices[test.name.partition("[")[0]]


def _on_device(test: TestResult) -> bool:
    return test.name.endswith(("[simulated]", "[cuda]", "[mps]"))


def _blank(item: pytest.Item, exercise: Exercise) -> TestResult:
    function = getattr(item, "function", None)
    points = item.get_closest_marker("points")
    return TestResult(
        name=item.name,
        target=exercise.target_of(item.name),
        title=" ".join((getattr(function, "__doc__", None) or item.name).split()),
        outcome=Outcome.FAILED,
        points=float(points.args[0]) if points else 1.0,
        bonus=item.get_closest_marker("bonus") is not None,
        feedback="This test never reported.",
    )


class _Run(RecordedRun):
    """The pytest plugin of one grading: provides the student's side, collects the results."""

    def __init__(
        self, session: Session, tests: dict[str, list[TestResult]], locate: Locate
    ) -> None:
        super().__init__(session.recorder)
        self._locate = locate
        self._session = session
        session.calls = self.calls
        self.tests = tests
        self.records: dict[str, Seen] = {}
        self.curves: dict[str, _Curve] = {}
        self._limit = 0.0

    # -- the provider of the fixtures -------------------------------------------------------------

    @property
    def lab(self) -> Lab:
        return self._session.lab

    def student(self, exercise: Exercise) -> Student:
        return self._session.enter(exercise.module)

    def source(self, exercise: Exercise) -> str:
        return self._session.source(exercise.module)

    @contextmanager
    def watch(self) -> Iterator[set[str]]:
        operators: set[str] = set()
        with self._session.endpoint().watch(operators):
            yield operators

    def seed(self, seed: int) -> None:
        self._session.seed(seed)

    # -- pytest's hooks ---------------------------------------------------------------------------

    def pytest_timeout_set_timer(self, item: pytest.Item, settings: Any) -> bool:
        """A test's time limit bounds every wait for the sandbox; only there can time be lost."""
        self._limit = settings.timeout
        self._session.begin(settings.timeout)
        return True

    def pytest_timeout_cancel_timer(self, item: pytest.Item) -> bool:
        self._session.begin(None)
        return True

    def finished(
        self, item: pytest.Item, error: BaseException | None, records: list[Record]
    ) -> None:
        exercise = item.path.parent.name
        outcome = outcome_of(error)
        tests = self.tests[exercise]
        place = next(i for i, test in enumerate(tests) if test.name == item.name)
        tests[place] = replace(
            tests[place],
            outcome=outcome,
            seconds=round(self.seconds, 4),
            feedback=explain(outcome, error, records, self._limit, self._locate),
            detail="" if error is None else clean(self.text),
        )
        for number, record in enumerate(records):
            if len(record.curve) > len(self.curves.get(exercise, _NO_CURVE).losses):
                self.curves[exercise] = _Curve(item.name, number, record.curve)
        if outcome is Outcome.FAILED:
            self.records.setdefault(exercise, {})[item.name] = records
