"""A pytest session inside this process: `Suites` collects once, and runs tests as often as asked.

All uses of pytest's private names are here. They were tried with pytest 8.2 to 9.2:
`_pytest.config._prepareconfig`, `Config._do_configure`, `Config._ensure_unconfigure`,
`Session.from_config`, `Session._setupstate.teardown_exact`, `Function._initrequest`,
`Function._request`. Without an underscore, but not documented, are what `grader.student` uses:
`FixtureDef.cache_key` and `cached_result`, `TerminalReporter.stats` and `reportchars`,
`TestReport.wasxfail`.
"""

from __future__ import annotations

import io
import os
import sys
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path
from typing import Any, cast

import pytest
from _pytest.config import _prepareconfig

from grader.suite.plugin import PROVIDER
from grader.suite.provider import Provider
from grader.torchside import state


class PytestFault(Exception):
    """pytest itself gave up."""


# A plugin costs time at every test, so those that the suites don't need are left out.
UNUSED = (
    "terminal", "cacheprovider", "unraisableexception", "threadexception", "faulthandler",
    "logging", "junitxml", "doctest", "pastebin", "stepwise", "tmpdir", "setuponly", "setupplan",
    "monkeypatch", "recwarn", "legacypath", "warnings",
)  # fmt: skip
_VARIABLES = ("PYTEST_ADDOPTS", "PYTEST_PLUGINS", "PYTEST_DISABLE_PLUGIN_AUTOLOAD")


@dataclass(frozen=True)
class Ended:
    """How a test ended. `error`: why it didn't pass; its traceback is cleared at the next test.

    `left` names the parts of torch's own state that the test left changed, such as "default
    dtype". They have been restored.
    """

    test: pytest.Function
    error: BaseException | None
    seconds: float
    left: list[str]


class Suites:
    """Suites that were collected once; each run sets up their fixtures anew."""

    def __init__(self, files: Sequence[Path], root: Path) -> None:
        """`root`: the folder above all of them; absolute paths, as tests have them.

        Raises `PytestFault` where pytest gives up.

        `problems`: what could not be collected, and why. `tests`: what could, in order.
        """
        for file in files:  # another assignment's may go by the same name
            sys.modules.pop(".".join(file.relative_to(root).with_suffix("").parts), None)
        listing = _Listing()
        said = io.StringIO()
        try:
            with redirect_stdout(said), redirect_stderr(said), _own_environment():
                self._config = _prepareconfig(_arguments(files, root), [listing])
                self._config._do_configure()
                self._session = pytest.Session.from_config(self._config)
                self._config.hook.pytest_sessionstart(session=self._session)
                self._session.perform_collect()
        except Exception as error:
            if not listing.problems:
                raise PytestFault(said.getvalue().strip() or str(error)) from None
        self.problems = listing.problems
        self.tests = [item for item in self._session.items if isinstance(item, pytest.Function)]

    def run(
        self,
        tests: Sequence[pytest.Function],
        provider: Provider,
        seed: int,
        before: Callable[[pytest.Function], None] = lambda test: None,
    ) -> Iterator[Ended]:
        """Run these tests one by one; `before` is called at the start of each.

        The tests of one run share the fixtures of their module; two runs never do.
        """
        self._config.stash[PROVIDER] = provider
        self._config.option.seed = seed
        try:
            for test, following in zip_longest(tests, tests[1:]):
                provider.calls.begin()
                provider.calls.curves.clear()
                ended = self._run(test, following, before)
                yield ended
                if ended.error is not None:  # its frames refer to the student's objects
                    traceback.clear_frames(ended.error.__traceback__)
        finally:
            del self._config.stash[PROVIDER]
            cast(Any, self._session)._setupstate.teardown_exact(None)

    def close(self) -> None:
        """Let pytest's plugins end."""
        self._config._ensure_unconfigure()

    def _run(
        self,
        test: pytest.Function,
        following: pytest.Function | None,
        before: Callable[[pytest.Function], None],
    ) -> Ended:
        error: BaseException | None = None
        private: Any = test
        was = state.snapshot()
        started = time.perf_counter()
        with redirect_stdout(io.StringIO()) as said, redirect_stderr(said):
            private._initrequest()
            before(test)
            try:
                test.ihook.pytest_runtest_setup(item=test)
                test.runtest()
            except (KeyboardInterrupt, pytest.exit.Exception):
                raise
            except BaseException as raised:
                error = raised
            seconds = time.perf_counter() - started
            try:
                test.ihook.pytest_runtest_teardown(item=test, nextitem=following)
            except Exception as raised:
                error = error or raised
        private._request, private.funcargs = False, None
        left = state.differences(was, state.snapshot())
        was.restore()
        return Ended(test, error, seconds, left)


def limit_of(test: pytest.Function, otherwise: float) -> float:
    """A test's time limit in seconds: its own (`@pytest.mark.timeout(20)`), or `otherwise`."""
    marker = test.get_closest_marker("timeout")
    if marker is None:
        return otherwise
    given = marker.args[0] if marker.args else marker.kwargs.get("timeout", otherwise)
    return float(given)


class _Listing:
    """Notes what can't be collected."""

    def __init__(self) -> None:
        self.problems: list[str] = []

    def pytest_configure(self, config: pytest.Config) -> None:
        config.addinivalue_line("markers", "timeout(seconds): a limit of the test's own")

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed:
            self.problems.append(f"{report.nodeid}: {report.longreprtext}")


def run_pytest(
    tests: Sequence[Path | str], suites: Path, plugins: list[Any], *options: str
) -> None:
    """Run a whole pytest session with reports, and with the plugins that the suites need only."""
    said = io.StringIO()
    arguments = [*_arguments(tests, suites), "-ppytest_timeout", *options]
    with redirect_stdout(said), redirect_stderr(said), _own_environment():
        code = pytest.main(arguments, plugins=plugins)
    if code in (pytest.ExitCode.INTERNAL_ERROR, pytest.ExitCode.USAGE_ERROR):
        raise PytestFault(said.getvalue().strip() or f"pytest ended with {code}")


def _arguments(tests: Sequence[Path | str], root: Path) -> list[str]:
    return [
        *(f"-pno:{name}" for name in UNUSED),
        "-pgrader.suite.plugin",
        "--import-mode=importlib",
        f"--rootdir={root}",
        f"--confcutdir={root}",  # or it collects every folder from / down
        f"-c{Path(__file__).with_name('suites.ini')}",
        "--noconftest",
        "-s",
        *(str(test) for test in tests),
    ]


@contextmanager
def _own_environment() -> Iterator[None]:
    """Keep pytest from loading plugins, or taking options, from the environment."""
    before = {name: os.environ.pop(name, None) for name in _VARIABLES}
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name, None)
            if value is not None:
                os.environ[name] = value
