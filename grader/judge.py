"""Grade one submission: run pytest on the hidden suites, the student's code behind the boundary."""

from __future__ import annotations

import io
import os
import time
from collections.abc import Generator, Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from grader.boundary.records import Record
from grader.boundary.session import Forker, Lab, Session, Student
from grader.curriculum import Exercise, find_exercises
from grader.feedback import clean, explain
from grader.plugin import PROVIDER
from grader.plugin.outcomes import outcome_of
from grader.result import ExerciseResult, Outcome, Result, TestResult
from grader.submission import Submission

TEST_SECONDS = 10.0
SUBMISSION_SECONDS = 300.0


class AssignmentError(Exception):
    """The hidden suites don't hold: the instructor has to mend them first."""


@dataclass
class Graded:
    """A result, and the calls that each test recorded (for the diagnosis)."""

    result: Result
    records: dict[tuple[str, str], list[Record]]


class Judge:
    """A warm judge: the suites are collected once, every submission is one pytest session."""

    def __init__(self, suites: Path, forker: Forker, only: frozenset[str] = frozenset()) -> None:
        """`suites`: the folder `solutions/`. `only`: names of exercises; empty for all."""
        os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
        os.environ.pop("PYTEST_ADDOPTS", None)
        found = find_exercises(suites)
        self.exercises = [e for e in found if not only or e.name in only or e.module in only]
        self._forker = forker
        self.tests = self._collect()

    def _collect(self) -> dict[str, list[TestResult]]:
        """Every hidden test as it counts if it never reports: failed."""
        listing = _Listing()
        run_pytest([e.suite for e in self.exercises], [listing], "--collect-only")
        if listing.problems:
            raise AssignmentError("\n".join(listing.problems))
        empty = [e.name for e in self.exercises if not listing.tests.get(e.name)]
        if empty or not self.exercises:
            raise AssignmentError(f"no hidden tests for {', '.join(empty) or 'any exercise'}")
        return listing.tests

    def grade(self, submission: Submission, seed: int) -> Graded:
        """Run the hidden suites on a submission. Never raises for what the submission does."""
        started = time.monotonic()
        session = Session(self._forker, submission.files)
        session.end_of_time = started + SUBMISSION_SECONDS
        run = _Run(session, {name: list(tests) for name, tests in self.tests.items()})
        try:
            run_pytest([e.suite for e in self.exercises], [run], f"--seed={seed}")
        finally:
            session.close()
        result = Result(
            submission=submission.name,
            exercises=[
                ExerciseResult(
                    e.name,
                    run.tests[e.name],
                    printed=clean(session.printed.get(e.module, "")),
                    code=session.source(e.module),
                )
                for e in self.exercises
            ],
            notes=list(submission.notes),
            seed=seed,
            digest=submission.digest,
            seconds=round(time.monotonic() - started, 3),
        )
        return Graded(result, run.records)


def run_pytest(paths: list[Path], plugins: list[Any], *options: str) -> None:
    """One pytest session with only the plugins that the suites need."""
    off = (
        "terminal", "cacheprovider", "unraisableexception", "threadexception", "faulthandler",
        "logging", "junitxml", "doctest", "pastebin", "stepwise", "tmpdir", "setuponly",
        "setupplan", "monkeypatch", "recwarn", "nose", "legacypath", "capture", "debugging",
        "warnings",
    )  # fmt: skip
    arguments = [
        *(f"-pno:{name}" for name in off if name not in ("capture", "debugging")),
        "-ppytest_timeout",
        "-pgrader.plugin",
        "--import-mode=importlib",
        f"--confcutdir={paths[0].parent.parent}" if paths else "",
        f"--rootdir={paths[0].parent.parent}" if paths else "",
        f"-c{os.devnull}",
        "--noconftest",
        "-s",
        f"--timeout={TEST_SECONDS}",
        *options,
        *(str(path) for path in paths),
    ]
    said = io.StringIO()
    with redirect_stdout(said), redirect_stderr(said):
        pytest.main([a for a in arguments if a], plugins=plugins)


class _Listing:
    """Lists the tests of the suites, and what is wrong with them."""

    def __init__(self) -> None:
        self.tests: dict[str, list[TestResult]] = {}
        self.problems: list[str] = []

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed:
            self.problems.append(f"{report.nodeid}: {report.longreprtext}")

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        for item in session.items:
            exercise = Exercise(item.path.parent)
            self.tests.setdefault(exercise.name, []).append(_blank(item, exercise))


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


class _Run:
    """The pytest plugin of one grading: provides the student's side, collects the results."""

    def __init__(self, session: Session, tests: dict[str, list[TestResult]]) -> None:
        self._session = session
        self.tests = tests
        self.records: dict[tuple[str, str], list[Record]] = {}
        self._shared: dict[str, list[Record]] = {}
        self._limit = TEST_SECONDS

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

    def pytest_configure(self, config: pytest.Config) -> None:
        config.stash[PROVIDER] = self

    def pytest_timeout_set_timer(self, item: pytest.Item, settings: Any) -> bool:
        """A test's time limit bounds every wait for the sandbox; only there can time be lost."""
        self._limit = settings.timeout
        self._session.deadline = time.monotonic() + settings.timeout
        return True

    def pytest_timeout_cancel_timer(self, item: pytest.Item) -> bool:
        self._session.deadline = None
        return True

    @pytest.hookimpl(wrapper=True)
    def pytest_fixture_setup(
        self, fixturedef: Any, request: pytest.FixtureRequest
    ) -> Generator[None, object, object]:
        """Calls made while a shared fixture is set up belong to every test that uses it."""
        start = len(self._session.recorder.records)
        try:
            return (yield)
        finally:
            if fixturedef.scope == "module":
                made = self._session.recorder.records[start:]
                self._shared[f"{request.path}::{fixturedef.argname}"] = made
                del self._session.recorder.records[start:]

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        self._session.recorder.records.clear()

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        report = yield
        if call.when == "call" or (call.when == "setup" and call.excinfo):
            self._store(item, call, report)
        return report

    def _store(
        self, item: pytest.Item, call: pytest.CallInfo[None], report: pytest.TestReport
    ) -> None:
        exercise = item.path.parent.name
        names = getattr(item, "fixturenames", [])
        shared = [r for n in names for r in self._shared.get(f"{item.path}::{n}", [])]
        records = [*shared, *self._session.recorder.records]
        error = call.excinfo.value if call.excinfo else None
        outcome = outcome_of(error)
        tests = self.tests[exercise]
        place = next(i for i, test in enumerate(tests) if test.name == item.name)
        tests[place] = replace(
            tests[place],
            outcome=outcome,
            seconds=round(call.duration, 4),
            feedback=explain(outcome, error, records, self._limit),
            detail="" if error is None else report.longreprtext,
        )
        if outcome in (Outcome.FAILED, Outcome.REFUSED):
            self.records[exercise, item.name] = records
