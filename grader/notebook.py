"""For notebooks: `check("nll")` runs that target's public tests on what the notebook defines."""

from __future__ import annotations

import ast
import sys
import types
from pathlib import Path
from typing import Any

import pytest

from grader.curriculum import Exercise
from grader.plugin.provider import Local


class _Notebook(Local):
    """The notebook's own names as the fixture `student`."""

    def __init__(self, names: dict[str, Any]) -> None:
        super().__init__()
        self._names = names

    def student(self, exercise: Exercise) -> Any:
        module = types.ModuleType(exercise.module)
        module.__dict__.update(self._names)
        return module

    def source(self, exercise: Exercise) -> str:
        """The cells that were run, those that are Python throughout."""
        return "\n".join(filter(_is_python, self._names.get("In", [])))


def check(target: str) -> None:
    """Run the public tests of `target`, of the exercise whose folder the notebook lies in."""
    found = Exercise(Path.cwd())
    if not found.suite.is_file():
        raise FileNotFoundError(
            f"There is no {found.suite.name} here. Open the notebook in its own folder, "
            "as it comes with the exercise."
        )
    names = sys._getframe(1).f_globals
    sys.modules.pop(f"test_{found.module}", None)
    pytest.main(
        [
            "-q", "--no-header", "-p", "no:cacheprovider", "--import-mode=importlib",
            "-k", f"test_{target}", str(found.suite),
        ],
        plugins=[_Tests(found, target, names)],
    )  # fmt: skip


class _Tests:
    """Puts the notebook in the student's place, and leaves the tests of other targets out."""

    def __init__(self, exercise: Exercise, target: str, names: dict[str, Any]) -> None:
        self._exercise, self._target = exercise, target
        self._provider = _Notebook(names)

    def pytest_configure(self, config: pytest.Config) -> None:
        from grader.plugin import LOCAL

        config.stash[LOCAL] = self._provider

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        items[:] = [i for i in items if self._exercise.target_of(i.name) == self._target]


def _is_python(cell: str) -> bool:
    try:
        ast.parse(cell)
    except (SyntaxError, ValueError):
        return False
    return True
