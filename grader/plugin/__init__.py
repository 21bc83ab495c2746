"""The pytest plugin: fixtures `student`, `lab`, `reference`, `accelerator`, `shortcut`, markers.

On a student's own machine it also explains what failed (`explanation`), ends what doesn't
(`timelimit`) and shows how far the exercises have come (`progress`). The judge brings a provider of
its own, and none of that.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import pytest
import torch

from grader.curriculum import Exercise
from grader.plugin.explanation import Explainer
from grader.plugin.progress import Progress
from grader.plugin.provider import Local, Provider
from grader.plugin.shortcuts import Refused, Shortcut
from grader.plugin.sightings import exercise_of
from grader.plugin.timelimit import TimeLimit
from grader.sandbox.accelerator import simulated
from grader.sandbox.seeding import seed_torch

__all__ = ["PROVIDER", "Refused"]

PROVIDER = pytest.StashKey[Provider]()
LOCAL = pytest.StashKey[Local]()  # what stands in for the student's file (a notebook), if anything


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("torchgrade")
    group.addoption("--student-file", type=Path, help="test this file, not the exercise's own")
    group.addoption("--seed", type=int, default=0, help="where the tests' random inputs come from")


@pytest.hookimpl(trylast=True)  # after the judge, which brings its own provider
def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "points(n): what the test is worth (1 unless told)")
    config.addinivalue_line("markers", "bonus: adds points above 100, never takes any")
    if PROVIDER in config.stash:
        return
    local = config.stash.get(LOCAL, None) or Local(config.getoption("student_file", None))
    config.stash[PROVIDER] = local
    config.pluginmanager.register(TimeLimit(config))
    config.pluginmanager.register(Explainer(config, local))
    if config.pluginmanager.hasplugin("terminalreporter"):  # not in a worker of pytest-xdist
        config.pluginmanager.register(Progress(config))


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A test with `accelerator` runs on each there is; none is touched before the test runs."""
    if "accelerator" in metafunc.fixturenames:
        names = ["simulated"]
        names += ["cuda"] if torch.cuda.device_count() else []
        names += ["mps"] if torch.backends.mps.is_available() else []
        metafunc.parametrize("accelerator", names, indirect=True)


@pytest.fixture
def accelerator(request: pytest.FixtureRequest) -> torch.device:
    """A device that is not the CPU: a simulated one on every machine, and the machine's own."""
    name: str = request.param
    return simulated() if name == "simulated" else torch.device(name, 0)


@pytest.fixture(scope="module")
def exercise(request: pytest.FixtureRequest) -> Exercise:
    return Exercise(request.path.parent)


@pytest.fixture(scope="module")
def student(request: pytest.FixtureRequest, exercise: Exercise) -> Any:
    """The student's module."""
    return request.config.stash[PROVIDER].student(exercise)


@pytest.fixture(scope="session")
def lab(request: pytest.FixtureRequest) -> Any:
    """`torch` on the student's side: what must live beside the student's code is made with it."""
    return request.config.stash[PROVIDER].lab


@pytest.fixture(scope="module")
def reference(exercise: Exercise) -> Any:
    """The reference, imported here (hidden suites only)."""
    return Local().student(exercise)


@pytest.fixture
def shortcut(request: pytest.FixtureRequest, exercise: Exercise) -> Shortcut:
    return Shortcut(request.config.stash[PROVIDER], exercise)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    exercise = exercise_of(item)
    if exercise is None:  # a test of something else in the same session
        return
    name = f"{item.config.getoption('seed', 0)}/{exercise.name}/{item.name}"
    digest = hashlib.sha256(name.encode()).digest()
    seed_torch(int.from_bytes(digest[:7], "big"))
    item.config.stash[PROVIDER].seed(int.from_bytes(digest[7:14], "big"))
