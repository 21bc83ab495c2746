"""What the fixtures and the checks ask of whoever provides the student's side."""

from __future__ import annotations

from typing import Any, Protocol

from grader.assignment.exercises import Exercise
from grader.suite.calls import Calls


class Provider(Protocol):
    """Where the fixtures `student` and `lab` come from. A test can't tell which provider it got."""

    calls: Calls  # what the student's code did in the calls since `calls.begin()`

    @property
    def lab(self) -> Any:
        """torch on the student's side; `lab.define(thing)` makes a suite's function or class."""

    def student(self, exercise: Exercise) -> Any:
        """The student's module for this exercise, or a proxy of it."""

    def seed(self, seed: int) -> None:
        """Seed what the student's code draws from."""
