"""Reports tests of stubs as not attempted, before the student's file, or torch, is imported."""

from __future__ import annotations

import linecache
from pathlib import Path

import pytest

from grader.assignment.stubs import stub_lines, stubs_in
from grader.suite.local import Local
from grader.suite.plugin import exercise_of


class Unwritten(NotImplementedError):
    """The target of a test is a stub."""


def stubs_of(file: Path) -> list[str] | None:
    """The targets that are still stubs in a student's file; None where it can't be read."""
    try:
        return stubs_in(file.read_bytes())
    except (OSError, SyntaxError):
        return None


def is_of_stub(file: str, line: int) -> bool:
    """Whether a line, of a file or of a notebook's cell, is where a stub raises."""
    try:
        return line in stub_lines("".join(linecache.getlines(file)))
    except SyntaxError:
        return False


def target_of(item: pytest.Item) -> str:
    """The target that a test of an exercise is about; '' for none, or where the file is broken."""
    exercise = exercise_of(item)
    try:
        return exercise.target_of(item.name) if exercise else ""
    except (OSError, SyntaxError, ValueError):
        return ""


class Attempts:
    """The plugin that looks for stubs in the text of the student's files."""

    def __init__(self, local: Local) -> None:
        self._local = local
        self._stubs: dict[Path, list[str]] = {}

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        exercise = exercise_of(item)
        if exercise is None:
            return
        file = self._local.path(exercise)
        if file not in self._stubs:
            self._stubs[file] = stubs_of(file) or []
        if target_of(item) in self._stubs[file]:
            raise Unwritten
