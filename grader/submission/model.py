"""The Submission: what one student handed in, as the judge gets it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Protocol

from grader.result import Student

# For each line of a file that was made from a notebook, where it comes from: (cell, line in the
# cell). Both count from 1; cells count as in Jupyter after "Restart and run all". (0, 0) is a line
# that we have added.
LineMap = list[tuple[int, int]]


class NoSubmissions(ValueError):
    """There is nothing at this path that can be graded."""


class Assigned(Protocol):
    """The parts of an exercise that are used here; `grader.assignment.exercises.Exercise` fits."""

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
class Version:
    """One way to read an answer that is defined several times. `notes` say which way."""

    content: bytes
    lines: LineMap
    notes: list[str]


@dataclass(frozen=True)
class Submission:
    """What one student handed in.

    `files` are UTF-8 sources by name, without folders: `<module>.py` for each exercise, and helpers
    beside them. `own` has, for an exercise's module, what only its answer finds at home, by path:
    `helper.py`, `tools/plots.py`. `versions` has, for an exercise's module, all ways to read its
    answer, if there are several; the first is in `files`. `notes` tell the student what was odd.
    `cells` has a `LineMap` for each file that was made from a notebook. `submitted` is when it was
    handed in, as `time_source` says. `earlier`: what the same student handed in before, the oldest
    first, if that arrived too.
    """

    name: str
    files: dict[str, bytes]
    notes: list[str] = field(default_factory=list)
    student: Student | None = None
    late: bool = False
    cells: dict[str, LineMap] = field(default_factory=dict)
    own: dict[str, dict[str, bytes]] = field(default_factory=dict)
    submitted: datetime | None = None
    time_source: str = ""
    earlier: tuple[Submission, ...] = ()
    versions: dict[str, list[Version]] = field(default_factory=dict)

    def read_as(self, module: str, version: Version) -> Submission:
        """The submission with one version of an exercise's answer, for good."""
        name = f"{module}.py"
        return replace(
            self,
            files={**self.files, name: version.content},
            cells={**self.cells, name: version.lines},
            notes=[*version.notes, *self.notes],
            versions={m: v for m, v in self.versions.items() if m != module},
        )

    def beside(self, module: str) -> dict[str, bytes]:
        """The files of an exercise's sandbox, by path: its answer, and all that it can import."""
        return {**self.files, **self.own.get(module, {})}

    @property
    def sources(self) -> dict[str, bytes]:
        """All files; an exercise's own are below its module's name."""
        every = dict(self.files)
        for module, files in self.own.items():
            every |= {f"{module}/{path}": content for path, content in files.items()}
        return every

    @property
    def digest(self) -> str:
        """A SHA-256 of the files, in hex."""
        total = hashlib.sha256()
        every = sorted(self.sources.items())
        every += [(module, v.content) for module in self.versions for v in self.versions[module]]
        for name, content in every:
            total.update(f"{name}\0{len(content)}\0".encode("utf-8", "replace") + content)
        return total.hexdigest()

    def locate(self, file: str, line: int) -> str:
        """Where the student finds a line of a file: `cell 7, line 3` or `losses.py, line 3`."""
        origin = self.cells.get(file, [])
        cell, number = origin[line - 1] if 0 < line <= len(origin) else (0, 0)
        return f"cell {cell}, line {number}" if cell else f"{file}, line {line}"
