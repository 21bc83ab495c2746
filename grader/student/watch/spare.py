"""The program of a spare process: it imports torch, waits for a run, and does it.

Each run is in a fresh process: where processes can be forked, in a fork of this one, which goes on
waiting; elsewhere in this one, which ends then. It sends a JSON list at a time: what happened, and
what belongs to that.
"""

from __future__ import annotations

import gc
import json
import os
import signal
import sys
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

FORKS = sys.platform.startswith("linux")  # macOS's own libraries don't bear it
OPTIONS = (
    *(f"-pno:{name}" for name in ("terminal", "cacheprovider", "faulthandler", "stepwise")),
    *(f"-pno:{name}" for name in ("junitxml", "pastebin", "doctest", "logging", "legacypath")),
    "-pgrader.suite.plugin", "-ppytest_timeout", "-pgrader.student.plugin",
    "--import-mode=importlib", "--noconftest", "--capture=fd",
)  # fmt: skip


def serve(connection: Connection) -> None:
    """Get warm, wait for a job, do it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the one that shows the screen
    sys.dont_write_bytecode = True  # two saves within a second have the same time stamp
    terminal = [os.dup(number) for number in (0, 1, 2)]
    nowhere = os.open(os.devnull, os.O_RDWR)
    for number in (0, 1, 2):
        os.dup2(nowhere, number)
    _get_warm()
    _send(connection, "ready")
    while True:
        try:
            job = json.loads(connection.recv_bytes())
        except (EOFError, OSError):
            return
        if not FORKS:
            _run(connection, terminal, **job)
            return
        child = os.fork()
        if not child:
            _send(connection, "pid", os.getpid())
            _run(connection, terminal, **job)
            os._exit(0)
        _, status = os.waitpid(child, 0)
        _send(connection, "reaped", os.waitstatus_to_exitcode(status))


def _get_warm() -> None:
    """Import what every run needs. Compute nothing: threads don't survive a fork."""
    import pytest_timeout  # type: ignore[import-untyped]  # noqa: F401
    import torch.fx.experimental.symbolic_shapes  # noqa: F401 - the first backward() would

    import grader.student.plugin
    import grader.suite.checks  # noqa: F401

    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    for name in ("PYTEST_ADDOPTS", "PYTEST_PLUGINS"):
        os.environ.pop(name, None)
    gc.collect()
    gc.freeze()


def _run(
    connection: Connection, terminal: list[int], suite: str, tests: list[str], columns: int
) -> None:
    """Run these test functions of a suite."""
    import pytest

    import grader.suite

    os.environ["COLUMNS"] = str(columns)
    sys.stdin = open(0, closefd=False)  # noqa: SIM115 - a debugger's; multiprocessing has its own
    file = Path(suite)
    settings = Path(grader.suite.__file__).with_name("suites.ini")
    arguments = [*OPTIONS, f"--rootdir={file.parent}", f"-c{settings}", suite]
    code = pytest.main(arguments, plugins=[_messenger(connection, terminal, tests)])
    _send(connection, "over", int(code))


def _messenger(connection: Connection, terminal: list[int], tests: list[str]) -> Any:
    import pytest

    from grader.student.endings import Ending, ending_of, explained

    class Messenger:
        """The plugin that chooses the tests and tells how each ended."""

        def __init__(self) -> None:
            self._seen: list[Ending] = []

        @pytest.hookimpl(tryfirst=True)
        def pytest_configure(self, config: pytest.Config) -> None:
            # options of the terminal's, which is switched off here; a debugger asks for the others
            config.option.tbstyle = config.option.color = "auto"
            config.option.code_highlight = "no"

        def pytest_collectreport(self, report: pytest.CollectReport) -> None:
            if report.failed:
                _send(connection, "uncollected", report.longreprtext)

        def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
            items[:] = [i for i in items if getattr(i, "originalname", i.name) in tests]

        def pytest_runtest_logstart(self, nodeid: str) -> None:
            _send(connection, "test", nodeid.rpartition("::")[2].partition("[")[0])

        def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
            ending = ending_of(report)
            if ending is not None:
                self._seen.append(ending)
                _send(connection, "ended", ending.function, ending.outcome, report.longreprtext)

        def pytest_sessionfinish(self) -> None:
            told = set()
            for ending in self._seen:
                if ending.failing and ending.target not in told:
                    told.add(ending.target)
                    if why := explained(ending, self._seen):
                        _send(connection, "explained", ending.target, why)

        def pytest_enter_pdb(self) -> None:
            """Hand over the terminal: the other side has to let go of it first."""
            _send(connection, "debugger")
            connection.recv_bytes()
            for number, real in enumerate(terminal):
                os.dup2(real, number)

    return Messenger()


def _send(connection: Connection, *message: Any) -> None:
    connection.send_bytes(json.dumps(message).encode())
