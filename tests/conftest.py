"""How the tests are run: in which order, and by which processes. `warm` has their fixtures."""

from __future__ import annotations

import gc
import importlib
from collections.abc import Generator
from pathlib import Path

import pytest

from grader.grading import engine

ROOT = Path(__file__).parents[1]

pytest.register_assert_rewrite("hostile")  # it holds tests that two files share


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "slow: not for `make quick`: it starts processes")
    # The process that only hands out tests needs no torch, and all others wait for it.
    if hasattr(config, "workerinput") or config.getoption("dist", "no") == "no":
        config.pluginmanager.register(importlib.import_module("warm"), "warm")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """Two more than processors where slow tests run: many wait, for what sleeps or starts."""
    return engine.default_workers() + (0 if "not slow" in config.option.markexpr else 2)


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """What is imported and collected stays: it isn't looked through for garbage time and again."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.enable()
        gc.freeze()


# Files that take a quarter of a minute and more. They come first, so that no process has one of
# them left when the others have nothing to do any more.
LONG = (
    "attacks/test_attacks.py",
    "release/test_notebooks.py",
    "faults/test_killed.py",
    "attacks/test_attacks_on_a_user.py",
    "test_sample_class.py",
    "test_judge_clean.py",
    "test_styles.py",
    "ci/test_platforms.py",
    "grading/test_cluster.py",
    "test_cli.py",
    "faults/test_interrupted.py",
    "release/test_release.py",
    "ci/test_actions.py",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    places = {ROOT / "tests" / name: place for place, name in enumerate(LONG)}
    items.sort(key=lambda item: places.get(item.path, len(LONG)))
