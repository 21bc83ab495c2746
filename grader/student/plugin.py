"""The pytest plugin of a student's own machine: `exercises/conftest.py` loads it.

The suites' fixtures run on the student's file, here in this process. What failed is explained
(`explanation`), what doesn't end is ended (`timelimit`), and the run ends with a table of how far
the exercises have come (`progress`).
"""

from __future__ import annotations

from pathlib import Path

import pytest

from grader.student.explanation import Explainer
from grader.student.progress import Progress
from grader.student.timelimit import TimeLimit
from grader.suite import plugin as suite
from grader.suite.plugin import PROVIDER
from grader.suite.provider import Local

LOCAL = pytest.StashKey[Local]()  # what stands in for the student's file (a notebook), if anything


def pytest_addoption(parser: pytest.Parser, pluginmanager: pytest.PytestPluginManager) -> None:
    if not pluginmanager.hasplugin(suite.__name__):
        pluginmanager.register(suite, suite.__name__)
    group = parser.getgroup("torchgrade")
    group.addoption("--student-file", type=Path, help="test this file, not the exercise's own")


@pytest.hookimpl(trylast=True)
def pytest_configure(config: pytest.Config) -> None:
    if PROVIDER in config.stash:
        return
    local = config.stash.get(LOCAL, None) or Local(config.getoption("student_file", None))
    config.stash[PROVIDER] = local
    config.pluginmanager.register(TimeLimit(config))
    config.pluginmanager.register(Explainer(config, local))
    if config.pluginmanager.hasplugin("terminalreporter"):  # not in a worker of pytest-xdist
        config.pluginmanager.register(Progress(config))
