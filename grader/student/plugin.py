"""The pytest plugin of a student's own machine: `exercises/conftest.py` loads it.

The suites' fixtures use the student's file, imported into this process. `attempts` recognises
stubs, `timelimit` ends tests that run too long, `explainer` explains failures, and `progress` ends
the run with a table of how far each exercise has come.
"""

from __future__ import annotations

import gc
from pathlib import Path

import pytest

from grader.student.attempts import Attempts
from grader.student.explainer import Explainer
from grader.student.progress import Progress
from grader.student.timelimit import TimeLimit
from grader.suite import plugin as suite
from grader.suite.local import Local
from grader.suite.plugin import PROVIDER

LOCAL = pytest.StashKey[Local]()  # in place of the student's file, where there is one


def pytest_addoption(parser: pytest.Parser, pluginmanager: pytest.PytestPluginManager) -> None:
    if not pluginmanager.hasplugin(suite.__name__):
        pluginmanager.register(suite, suite.__name__)
    group = parser.getgroup("torchgrade")
    group.addoption("--student-file", type=Path, help="test this file, not the exercise's own")


@pytest.hookimpl(trylast=True)
def pytest_configure(config: pytest.Config) -> None:
    if PROVIDER in config.stash:
        return
    file = config.getoption("student_file", None)
    local = config.stash.get(LOCAL, None) or Local(file and file.resolve())
    config.stash[PROVIDER] = local
    config.pluginmanager.register(TimeLimit(config))
    config.pluginmanager.register(Attempts(local))
    config.pluginmanager.register(Explainer(config, local))
    if config.pluginmanager.hasplugin("terminalreporter"):  # not in a worker of pytest-xdist
        config.pluginmanager.register(Progress(config))


@pytest.hookimpl(trylast=True)
def pytest_collection_finish(session: pytest.Session) -> None:
    """Spare Python the search for garbage in all of torch, which pytest asks for at its end."""
    if LOCAL not in session.config.stash:  # a notebook's process lives on
        gc.freeze()
