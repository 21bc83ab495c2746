"""`grader new`: both halves of a new exercise, which is complete and passes `grader check`.

What stands here is known to everybody: nothing of it counts as a secret.
"""

from __future__ import annotations

import keyword
import re
import sys
from pathlib import Path

from grader.assignment.exercises import find_exercises
from grader.release.student import ReleaseError

TAKEN = {"torch", "numpy", "pytest", "grader", "conftest", "mistakes"}
STUB = '''"""Exercise {number}: {name}, a number at a time.

README.md in this folder explains it. Replace each `raise` by your answer.
"""

import torch  # noqa: F401 - for you
from torch import Tensor


def {name}(x: Tensor) -> Tensor:
    """Keep the positive numbers and put 0 in place of the negative ones.

    x: any shape, any floating dtype. Returns the same shape and dtype. `x` is not changed.
    """
    raise NotImplementedError("{name} is still to be written")
'''
LESSON = """# {number} · {title}

This scaffold is a tiny exercise that already works: `{name}(x)` keeps the positive numbers and puts
0 in place of the negative ones. Write your own idea here, the formula, an example with numbers.

## What to write

You write, in `{name}.py`: `{name}(x)`.

<!-- write: {name} -->

## See it work

<!-- file -->

    pytest exercises/{folder}

<!-- end -->

```python
import torch
from {name} import {name}

print({name}(torch.tensor([-1.0, 2.0])))  # tensor([0., 2.])
```
"""
PUBLIC = '''"""What your {name}.py must do. Read the tests: they are the exercise in examples."""

import torch

from grader.suite.checks import same


def test_{name}_of_three_numbers(student):
    """A negative number becomes 0, the others stay."""
    same(student.{name}, torch.tensor([0.0, 0.0, 2.0]), torch.tensor([-1.0, 0.0, 2.0]))
'''
GUIDES = """learned = [
    "A condition for each number can be one call for the whole tensor.",
    "A gradient flows back only where something was kept.",
]

[{name}]
what = "negative numbers become 0"
hints = [
    "Each number by itself: keep it, or put 0 in its place.",
    "Tensors have a method that keeps numbers within bounds.",
    "x.clamp, with a lower bound and no upper one.",
]

[[{name}.questions]]
ask = "What becomes of -1?"
answer = "AvtwGa6KfVCktJX8hgJdrLXMI451A+4izUNFww=="
"""
REFERENCE = '''"""The reference for exercise {number}."""

from torch import Tensor


def {name}(x: Tensor) -> Tensor:
    """Keep the positive numbers and put 0 in place of the negative ones."""
    return x.clamp(min=0)
'''
HIDDEN = '''"""The hidden suite of exercise {number}."""

import pytest

from grader.suite.checks import gradients, same, tensors


@pytest.mark.points(2)
def test_{name}_values(student, reference):
    """A negative number becomes 0, the others stay, in any shape."""
    same(student.{name}, reference.{name}, each=tensors("n c"))


def test_{name}_gradient(student, reference):
    """Gradients flow back to the positive numbers only."""
    gradients(student.{name}, reference.{name}, each=tensors("n c"))
'''
MISTAKES = '''"""Known wrong answers for {name}.py, each with the hint that it earns."""

from grader.assignment.mistakes import edit, mistake

mistake(
    "{name}",
    "loses_the_sign",
    edit("clamp(min=0)", "abs()"),
    hint="Negative numbers come out positive. They become 0.",
)
mistake(
    "{name}",
    "keeps_the_wrong_half",
    edit("min=0", "max=0"),
    hint="The negative numbers stay and the positive ones become 0. It is the other way round.",
)
mistake(
    "{name}",
    "writes_into_x",
    edit("clamp(", "clamp_("),
    hint="The caller's tensor is overwritten. Return a new one.",
)
'''


def new(root: Path, name: str) -> list[Path]:
    """Write both halves of exercise `name`, numbered after the last; the files.

    Raises `ReleaseError` for a name that can't be one, or that is taken.
    """
    if why := _unfit(name):
        raise ReleaseError(f"{name!r} can't be an exercise's name: {why}.")
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
        f"exercises/{folder}/hints.toml": GUIDES,
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


def _unfit(name: str) -> str:
    """Why a name can't be that of an exercise, its file and its first target; '' if it can."""
    rest = name.lstrip("0123456789_")
    if rest != name and rest:
        return f"its number comes by itself, after the last exercise's: try `grader new {rest}`"
    if not re.fullmatch(r"[a-z][a-z0-9_]*", name):
        return "small letters, digits and _ make a name, as of a Python module; the first, a letter"
    if keyword.iskeyword(name) or name in sys.stdlib_module_names | TAKEN:
        return f"in Python, {name} is something else already"
    return ""
