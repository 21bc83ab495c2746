"""Run pytest inside this process, and gather what its tests asked of the code under test."""

from __future__ import annotations

import io
import os
from collections.abc import Generator, Sequence
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any

import pytest

from grader.boundary.records import Record, Recorder

TEST_SECONDS = 10.0

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
        "-pgrader.plugin",
        "--import-mode=importlib",
        f"--rootdir={suites}",
        f"-c{os.devnull}",
        "--noconftest",
        "--tb=short",
        "-s",
        f"--timeout={TEST_SECONDS}",
        *options,
        *(str(test) for test in tests),
    ]
    said = io.StringIO()
    with redirect_stdout(said), redirect_stderr(said):
        pytest.main(arguments, plugins=plugins)


class RecordedRun:
    """A pytest plugin that hands each test's end, with the calls it made, to `finished`."""

    def __init__(self, recorder: Recorder) -> None:
        self.recorder = recorder
        self.seconds = 0.0
        self.text = ""
        self._shared: dict[str, list[Record]] = {}

    def finished(
        self, item: pytest.Item, error: BaseException | None, records: list[Record]
    ) -> None:
        """A test ended, with `error` if it didn't pass; `seconds` and `text` say more."""
        raise NotImplementedError

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
