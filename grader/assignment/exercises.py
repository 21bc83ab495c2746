"""Find the exercises: every folder `NN_name` that holds a file `name.py`."""

from __future__ import annotations

import ast
import re
from collections.abc import Collection
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

# The files in data/, which anyone may read, with their SHA-256.
DATA = {
    "mnist.npz": "fcde158f2dbd36a011bf39e233d9ad7d4eefa8d97ea1bf8cebdb41c3c6e0bd8c",
    "temperature.csv": "b3fa91b39410f8ecbc8b5732fcc24f3fa8da70d2b11923bd6017e88ce70459d8",
    "line.csv": "e5612df9951b9e0943847418433b5a0809d98b52b17e0a3af88315faaef2b747",
}
FOLDER = re.compile(r"\d\d_(?P<module>[a-z][a-z0-9_]*)")


class AssignmentError(Exception):
    """The hidden suites don't hold: the instructor has to mend them first."""


@dataclass(frozen=True)
class Exercise:
    """One half of an exercise: a folder of `exercises/` or of `solutions/`."""

    folder: Path

    @property
    def name(self) -> str:
        """The folder's name, such as `01_losses`: what tables and results show."""
        return self.folder.name

    @property
    def module(self) -> str:
        """The name that the student's file is imported by, such as `losses`."""
        return module_of(self.name)

    @property
    def file(self) -> Path:
        """The stub file or the reference."""
        return self.folder / f"{self.module}.py"

    @property
    def suite(self) -> Path:
        """The public or the hidden suite."""
        return self.folder / f"test_{self.module}.py"

    @property
    def mistakes(self) -> Path:
        """The known wrong answers (in `solutions/` only)."""
        return self.folder / "mistakes.py"

    @cached_property
    def targets(self) -> tuple[str, ...]:
        """What the student writes: the public functions and classes that the file defines."""
        kinds = (ast.FunctionDef, ast.ClassDef)
        return tuple(
            node.name
            for node in parsed(self.file).body
            if isinstance(node, kinds) and not node.name.startswith("_")
        )

    def target_of(self, test_name: str) -> str:
        """The target that a test is about: `test_nll_mean[0]` is about `nll`; '' for none."""
        return target_among(self.targets, test_name)


def module_of(exercise: str) -> str:
    """The name of an exercise without its number: `losses` of `01_losses`."""
    return exercise.split("_", 1)[-1]


def goes_by(exercise: str) -> tuple[str, ...]:
    """What an instructor may call it: `03_modules`, `modules`, `03` and `3` are one."""
    return exercise, module_of(exercise), exercise[:2], exercise[:2].lstrip("0")


def parsed(file: Path) -> ast.Module:
    """The tree of a Python file. A `SyntaxError` names it (`Path.name`) and the line."""
    return ast.parse(file.read_text(encoding="utf-8"), file.name)


def syntax_error(error: SyntaxError) -> str:
    """What `parsed` raised, in words: where it is, then what."""
    return f"{error.filename}, line {error.lineno}: {error.msg}"


def target_among(targets: Collection[str], test_name: str) -> str:
    """The one of `targets` that a test is about, by its name; '' for none."""
    fits = [t for t in targets if re.match(rf"test_{t}(?![a-zA-Z0-9])", test_name)]
    return max(fits, key=len, default="")


def find_exercises(root: Path) -> list[Exercise]:
    """The exercises below `root` (`exercises/` or `solutions/`), in order."""
    if not root.is_dir():
        return []
    found = [Exercise(f) for f in sorted(root.iterdir()) if FOLDER.fullmatch(f.name)]
    return [exercise for exercise in found if exercise.file.is_file()]


def choose_exercises(root: Path, names: Collection[str]) -> list[Exercise]:
    """Those named as `01_losses`, `losses` or `1`; all of them where no name is given.

    Raises `AssignmentError` for a name that none has.
    """
    found = find_exercises(root)
    chosen = []
    for name in names:
        fits = [e for e in found if name in goes_by(e.name)]
        if not fits:
            known = ", ".join(e.name for e in found)
            raise AssignmentError(f"There is no exercise {name}. There are: {known}.")
        chosen += fits
    return [e for e in found if e in chosen] if names else found
