"""`grader new`: both halves of a new exercise, which `grader check` then tells how to finish."""

from __future__ import annotations

import re
from pathlib import Path

from grader.assignment.exercises import find_exercises
from grader.release.student import ReleaseError

STUB = '''"""Exercise {number}: what it is about.

README.md in this folder explains it. Replace each `raise` by your answer.
"""

import torch  # noqa: F401 - for you
from torch import Tensor


def {name}(x: Tensor) -> Tensor:
    """Say what it returns.

    x: shape, dtype, units. Returns: shape, dtype. Raises: what, and when.
    """
    raise NotImplementedError("{name} is still to be written")
'''
LESSON = """# {number} · {title}

The idea, the formula, a worked example with numbers.

## What to write

In `{name}.py`: `{name}(x)`.

## See it work

    pytest exercises/{folder}
"""
PUBLIC = '''"""What your {name}.py must do. Read the tests: they are the exercise in examples."""

import torch


def test_{name}_keeps_the_shape(student):
    """One number out for each number in."""
    assert student.{name}(torch.tensor([1.0, 2.0])).shape == (2,)
'''
REFERENCE = '''"""The reference for exercise {number}."""

import torch  # noqa: F401
from torch import Tensor


def {name}(x: Tensor) -> Tensor:
    """See the stub."""
    raise NotImplementedError("write the right answer here")
'''
HIDDEN = '''"""The hidden suite of exercise {number}."""

import pytest
import torch


@pytest.mark.points(2)
def test_{name}_values(student, reference):
    """What is checked here, in one line that helps a student and gives nothing away."""
    for _ in range(3):
        x = torch.randn(5, 3)
        torch.testing.assert_close(student.{name}(x), reference.{name}(x))
'''
MISTAKES = '''"""Known wrong answers for {name}.py, each with the hint that it earns."""

from grader.assignment.mistakes import mistake


@mistake("{name}", hint="What went wrong here, and where to look.")
def returns_its_argument(x):
    return x
'''


def new(root: Path, name: str) -> list[Path]:
    """Write both halves of exercise `name`, numbered after the last; the files.

    Raises `ReleaseError` for a name that can't be one, or that is taken.
    """
    if not re.fullmatch(r"[a-z][a-z0-9_]*", name):
        raise ReleaseError(f"{name!r}: an exercise is named in small letters, as its file will be.")
    taken = find_exercises(root / "solutions") + find_exercises(root / "exercises")
    if name in {exercise.module for exercise in taken}:
        raise ReleaseError(f"There is an exercise {name} already.")
    number = max([int(exercise.name[:2]) for exercise in taken], default=0) + 1
    folder = f"{number:02}_{name}"
    words = {"number": number, "name": name, "folder": folder, "title": name.capitalize()}
    files = {
        f"exercises/{folder}/README.md": LESSON,
        f"exercises/{folder}/{name}.py": STUB,
        f"exercises/{folder}/test_{name}.py": PUBLIC,
        f"solutions/{folder}/{name}.py": REFERENCE,
        f"solutions/{folder}/test_{name}.py": HIDDEN,
        f"solutions/{folder}/mistakes.py": MISTAKES,
    }
    written = []
    for place, text in files.items():
        path = root / place
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text.format(**words), encoding="utf-8", newline="\n")
        written.append(path)
    return written
