"""Where the fixture `student` comes from: this process (`Local`) or a sandbox (the judge's own)."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any, Protocol

import torch

from grader.assignment.exercises import Exercise
from grader.torchside.operators import Operators


class Provider(Protocol):
    """What the fixtures ask for. A test can't tell which provider it got."""

    @property
    def lab(self) -> Any:
        """torch, on the student's side."""

    def student(self, exercise: Exercise) -> Any:
        """The student's module for this exercise, or a proxy of it."""

    def source(self, exercise: Exercise) -> str:
        """The text of the student's file."""

    def watch(self) -> AbstractContextManager[set[str]]:
        """Collects the names of the operators (`aten::mm`) that student code dispatches inside."""

    def seed(self, seed: int) -> None:
        """Seed what the student's code draws from."""


class Local:
    """The student's file imported into this process: plain tracebacks, `breakpoint()` works."""

    lab: Any = torch

    def __init__(self, file: Path | None = None) -> None:
        """`file` stands in for the exercise's own file."""
        self._file = file

    def path(self, exercise: Exercise) -> Path:
        """The student's file."""
        return self._file or exercise.file

    def owns(self, path: Path, exercise: Exercise) -> bool:
        """Whether code that a traceback has at `path` is the student's."""
        return path == self.path(exercise) or exercise.folder in path.parents

    def shown(self, path: Path) -> str:
        """What the student calls the code at `path`, if not by the path."""
        return ""

    def student(self, exercise: Exercise) -> Any:
        name = f"student_{exercise.name}"
        spec = importlib.util.spec_from_file_location(name, self.path(exercise))
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        sys.modules[name] = module
        spec.loader.exec_module(module)
        return module

    def source(self, exercise: Exercise) -> str:
        return self.path(exercise).read_text(encoding="utf-8")

    @contextmanager
    def watch(self) -> Iterator[set[str]]:
        with Operators() as operators:
            yield operators.names

    def seed(self, seed: int) -> None:
        """Nothing to do: student and tests draw from the same generators here."""
