"""The Submission: what one student handed in, as the judge takes it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import Protocol

from grader.result import Student

# Where each line of a file made from a notebook comes from: (cell, line in the cell), both from 1,
# as Jupyter numbers cells after "Restart and run all". (0, 0): a line of ours.
LineMap = list[tuple[int, int]]


class NoSubmissions(ValueError):
    """Nothing at this path can be graded."""


class Assigned(Protocol):
    """What the reader has to know of an exercise; `grader.assignment.exercises.Exercise` is one."""

    @property
    def name(self) -> str:
        """The folder's name, such as `01_losses`."""

    @property
    def module(self) -> str:
        """The file's name without `.py`."""

    @property
    def targets(self) -> tuple[str, ...]:
        """The functions and classes that the student writes."""


@dataclass(frozen=True)
class Submission:
    """`files`: what lies in the sandbox's work folder. `notes`: what was odd, for the student.

    Files are UTF-8 sources by flat names: exercises as `<module>.py`, helpers beside them.
    """

    name: str
    files: dict[str, bytes]
    notes: list[str] = field(default_factory=list)
    student: Student | None = None
    late: bool = False
    cells: dict[str, LineMap] = field(default_factory=dict)

    @property
    def digest(self) -> str:
        """Changes when the files do."""
        total = hashlib.sha256()
        for name, content in sorted(self.files.items()):
            total.update(f"{name}\0{len(content)}\0".encode("utf-8", "replace") + content)
        return total.hexdigest()

    def locate(self, file: str, line: int) -> str:
        """Where the student finds that line: `cell 7, line 3` or `losses.py, line 3`."""
        origin = self.cells.get(file, [])
        cell, number = origin[line - 1] if 0 < line <= len(origin) else (0, 0)
        return f"cell {cell}, line {number}" if cell else f"{file}, line {line}"
