"""The pytest plugin of the suites: fixtures, markers, and a seed for each test.

It needs a provider of the fixture `student` in `config.stash[PROVIDER]`: the judge brings one, and
so does `grader.student.plugin`.
"""

from __future__ import annotations

import hashlib
from typing import Any

import pytest
import torch

from grader.assignment.exercises import FOLDER, Exercise
from grader.suite import current
from grader.suite.local import load
from grader.suite.provider import Provider
from grader.torchside.accelerator import simulated
from grader.torchside.seeding import seed_torch

PROVIDER = pytest.StashKey[Provider]()
STREAMS = 64
"""Each test seeds student code in one of so many ways. Student code can read its own seed, and
learns at most six bits of the run's seed from it: too little to work out the tests' inputs."""


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("torchgrade")
    group.addoption("--seed", type=int, default=0, help="where the tests' random inputs come from")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "points(n): what the test is worth (1 unless told)")
    config.addinivalue_line("markers", "bonus: adds points above 100, never takes any")
    config.addinivalue_line("markers", "on_each_device: runs on the CPU and on each accelerator")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run a device test on each device that there is. No device is used before its test runs."""
    accelerators = ["simulated"]
    accelerators += ["cuda"] if torch.cuda.device_count() else []
    accelerators += ["mps"] if torch.backends.mps.is_available() else []
    if "accelerator" in metafunc.fixturenames:
        metafunc.parametrize("accelerator", accelerators, indirect=True)
    if "device" in metafunc.fixturenames:
        every = metafunc.definition.get_closest_marker("on_each_device") is not None
        metafunc.parametrize("device", ["cpu", *accelerators] if every else ["cpu"], indirect=True)


@pytest.fixture
def accelerator(request: pytest.FixtureRequest) -> torch.device:
    """A device that is not the CPU: a simulated one on every machine, and the machine's own."""
    return _device(request.param)


@pytest.fixture
def device(request: pytest.FixtureRequest) -> torch.device:
    """With `@on_each_device`: the CPU, then each accelerator."""
    return _device(request.param)


def _device(name: str) -> torch.device:
    if name == "cpu":
        return torch.device(name)
    return simulated() if name == "simulated" else torch.device(name, 0)


def device_of(item: pytest.Item) -> str:
    """The device of a device test, such as "simulated"; '' for other tests."""
    parameters = getattr(getattr(item, "callspec", None), "params", {})
    found = (parameters[name] for name in ("accelerator", "device") if name in parameters)
    return str(next(found, ""))


def device_group(item: pytest.Item) -> str:
    """The test's name without its device: the same for all runs that share one test's points."""
    name, bracket, parameters = item.name.partition("[")
    if not bracket:
        return name
    rest = [part for part in parameters[:-1].split("-") if part != device_of(item)]
    return f"{name}[{'-'.join(rest)}]" if rest else name


@pytest.fixture(scope="module")
def exercise(request: pytest.FixtureRequest) -> Exercise:
    return Exercise(request.path.parent)


@pytest.fixture(scope="module")
def student(request: pytest.FixtureRequest, exercise: Exercise) -> Any:
    """The student's module."""
    return request.config.stash[PROVIDER].student(exercise)


@pytest.fixture(scope="session")
def lab(request: pytest.FixtureRequest) -> Any:
    """`torch` on the student's side, to make objects that must live beside the student's code."""
    return request.config.stash[PROVIDER].lab


@pytest.fixture(scope="module")
def reference(exercise: Exercise) -> Any:
    """The reference, imported here (hidden suites only)."""
    return load(exercise.file, f"reference_{exercise.name}")


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    exercise = exercise_of(item)
    if exercise is None:  # a test of something else in the same session
        return
    current.begin(item.config.stash[PROVIDER])
    seed, test = item.config.getoption("seed", 0), f"{exercise.name}/{item.name}"
    seed_torch(_seed_of(f"{seed}/{test}"))
    item.config.stash[PROVIDER].seed(_seed_of(f"{seed % STREAMS}/student/{test}"))


def _seed_of(name: str) -> int:
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:7], "big")


def exercise_of(item: pytest.Item) -> Exercise | None:
    """The exercise whose suite this test is in, None for any other test."""
    folder = item.path.parent
    if FOLDER.fullmatch(folder.name) is None or item.path != Exercise(folder).suite:
        return None
    return Exercise(folder)
