"""The pytest plugin: fixtures `student`, `lab`, `reference`, `accelerator`, `shortcut`, markers."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import pytest
import torch

from grader.curriculum import Exercise
from grader.plugin.provider import Local, Provider
from grader.plugin.shortcuts import Refused, Shortcut

__all__ = ["PROVIDER", "Refused"]

PROVIDER = pytest.StashKey[Provider]()


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("torchgrade")
    group.addoption("--student-file", type=Path, help="test this file instead of the exercise's own")
    group.addoption("--seed", type=int, default=0, help="where the tests' random inputs come from")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "points(n): what the test is worth (1 unless told)")
    config.addinivalue_line("markers", "bonus: adds points above 100, never takes any")
    if PROVIDER not in config.stash:
        config.stash[PROVIDER] = Local(config.getoption("student_file"))


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
    name = f"{item.config.getoption('seed')}/{item.path.parent.name}/{item.name}"
    digest = hashlib.sha256(name.encode()).digest()
    torch.manual_seed(int.from_bytes(digest[:7], "big"))
    item.config.stash[PROVIDER].seed(int.from_bytes(digest[7:14], "big"))
