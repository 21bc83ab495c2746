"""Run pytest inside this process, and gather what its tests asked of the code under test."""

from __future__ import annotations

import io
from collections.abc import Generator, Sequence
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any

import pytest

from grader.suite.calls import Calls
from grader.suite.plugin import PROVIDER
from grader.suite.provider import Provider
from grader.suite.records import Record, Recorder


class PytestFault(Exception):
    """pytest itself gave up."""


# A plugin costs time at every test: what the suites don't need is left out.
UNUSED = (
    "terminal", "cacheprovider", "unraisableexception", "threadexception", "faulthandler",
    "logging", "junitxml", "doctest", "pastebin", "stepwise", "tmpdir", "setuponly", "setupplan",
    "monkeypatch", "recwarn", "legacypath", "warnings",
)  # fmt: skip


def run_pytest(
    tests: Sequence[Path | str], suites: Path, plugins: list[Any], *options: str
) -> None:
    """One pytest session with only the plugins that the suites need."""
    arguments = [
        *(f"-pno:{name}" for name in UNUSED),
        "-ppytest_timeout",
        "-pgrader.suite.plugin",
        "--import-mode=importlib",
        f"--rootdir={suites}",
        f"--confcutdir={suites}",  # or it collects every folder from / down
        f"-c{Path(__file__).with_name('suites.ini')}",
        "--noconftest",
        "-s",
        *options,
        *(str(test) for test in tests),
    ]
    said = io.StringIO()
    with redirect_stdout(said), redirect_stderr(said):
        code = pytest.main(arguments, plugins=plugins)
    if code in (pytest.ExitCode.INTERNAL_ERROR, pytest.ExitCode.USAGE_ERROR):
        raise PytestFault(said.getvalue().strip() or f"pytest ended with {code}")


class RecordedRun(Provider):
    """A pytest plugin that hands each test's end, with the calls it made, to `finished`.

    A subclass is also the provider of the fixtures `student` and `lab`.
    """

    def __init__(self, recorder: Recorder) -> None:
        self.recorder = recorder
        self.calls = Calls()
        self.seconds = 0.0
        self.text = ""
        self._shared: dict[str, list[Record]] = {}

    @pytest.hookimpl(tryfirst=True)
    def pytest_configure(self, config: pytest.Config) -> None:
        config.option.tbstyle = "native"  # any other parses the sources anew at each failure
        config.stash[PROVIDER] = self

    def finished(
        self, item: pytest.Item, error: BaseException | None, records: list[Record]
    ) -> None:
        """A test ended, with `error` if it didn't pass; `seconds` and `text` say more."""

    @pytest.hookimpl(wrapper=True)
    def pytest_fixture_setup(
        self, fixturedef: Any, request: pytest.FixtureRequest
    ) -> Generator[None, object, object]:
        """Calls made while a shared fixture is set up belong to every test that uses it."""
        start = len(self.recorder.records)
        try:
            return (yield)
        finally:
            if fixturedef.scope == "module":
                made = self.recorder.records[start:]
                self._shared[f"{request.path}::{fixturedef.argname}"] = made
                del self.recorder.records[start:]

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        self.recorder.records.clear()

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        report = yield
        if call.when == "call" or (call.when == "setup" and call.excinfo):
            names = getattr(item, "fixturenames", [])
            shared = [r for n in names for r in self._shared.get(f"{item.path}::{n}", [])]
            self.seconds, self.text = call.duration, report.longreprtext
            error = call.excinfo.value if call.excinfo else None
            self.finished(item, error, [*shared, *self.recorder.records])
        return report
