"""The plugin that explains failed tests in place of pytest's tracebacks."""

from __future__ import annotations

from typing import Any

import pytest

from grader.assignment.exercises import Exercise
from grader.result import Outcome
from grader.student.attempts import target_of
from grader.student.endings import attach
from grader.student.failure import Failure
from grader.student.layout import LINES, cut, wrap
from grader.suite.local import Local, own_module
from grader.suite.plugin import exercise_of

PRINTED = 3  # lines of a failed test's output that are shown


class Explainer:
    """Puts a short explanation in the place of pytest's traceback, and attaches an `Ending`."""

    def __init__(self, config: pytest.Config, local: Local) -> None:
        """With `--pdb`, or a `--tb` other than pytest's default, tracebacks stay pytest's own."""
        self._plain = config.option.usepdb or config.option.tbstyle != "auto"
        self._local = local
        self._here = config.invocation_params.dir
        self._loading: list[BaseException] = []  # what student files ended with at their import

    @pytest.hookimpl(wrapper=True)
    def pytest_fixture_setup(self, fixturedef: Any, request: pytest.FixtureRequest) -> Any:
        """Make a student's `sys.exit()` an error: pytest can't run on after one in a fixture."""
        try:
            return (yield)
        except SystemExit as stop:
            error = RuntimeError("SystemExit")
            key = fixturedef.cache_key(request)
            fixturedef.cached_result = (None, key, (error, stop.__traceback__))
            self._note(fixturedef.argname, error)
            raise error.with_traceback(stop.__traceback__) from stop
        except BaseException as error:
            self._note(fixturedef.argname, error)
            raise

    def _note(self, fixture: str, error: BaseException) -> None:
        if fixture == "student":
            self._loading.append(error)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self, item: pytest.Item, call: pytest.CallInfo[None]) -> Any:
        report: pytest.TestReport = yield
        exercise = exercise_of(item)
        of_interest = report.failed or (report.passed and report.when == "call")
        if exercise is None or report.when == "teardown" or not of_interest:
            return report
        if call.excinfo is None:
            attach(report, item, Outcome.PASSED)
            return report
        failure = self._failure(item, exercise, call.excinfo)
        text = failure.text
        reason = item.nodeid if self._plain and failure.ran else failure.reason
        error = call.excinfo.value
        ending = attach(report, item, failure.outcome, error, ran=failure.ran, reason=reason)
        if ending.not_attempted or ending.bonus:  # to pytest these are expected failures:
            report.outcome = "skipped"  # they don't stop `-x`, `--lf` doesn't repeat them,
            report.wasxfail = ""  # `--pdb` doesn't stop there
        if not self._plain:
            docstring = getattr(getattr(item, "obj", None), "__doc__", None) or item.name
            report.longrepr = _arranged(" ".join(docstring.split()), text, report)
            report.sections = []
        return report

    def _failure(
        self, item: pytest.Item, exercise: Exercise, excinfo: pytest.ExceptionInfo[BaseException]
    ) -> Failure:
        return Failure(
            excinfo,
            exercise,
            target=target_of(item),
            suite=item.path,
            student=own_module(getattr(item, "funcargs", {}).get("student")),
            loading=any(excinfo.value is error for error in self._loading),
            local=self._local,
            here=self._here,
        )


def _arranged(checked: str, text: str, report: pytest.TestReport) -> str:
    """What was checked, what went wrong, and the first lines that the student's code printed."""
    head = wrap(checked).splitlines()[:3]
    printed = "".join(shown for name, shown in report.sections if "stdout" in name).strip()
    tail = []
    if printed:
        rest = f"[… {len(printed):,} characters in all: `-s` shows them]"
        shown = cut(printed, PRINTED, PRINTED * 70, rest)
        tail = ["", "Your code printed:", *wrap(shown, "  ").splitlines()]
    body = cut(text, LINES - len(head) - 1 - len(tail)).splitlines()
    return "\n".join([*head, "", *body, *tail, ""])
