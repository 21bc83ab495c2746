"""A tiny assignment, for tests that need one to break or to be quick with."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

STUB = '''"""Doubling."""

import torch
from torch import Tensor


def double(x: Tensor) -> Tensor:
    """Twice x."""
    raise NotImplementedError("double is still to be written")
'''
REFERENCE = STUB.replace(
    'raise NotImplementedError("double is still to be written")', "return x + x"
)
PUBLIC = '''"""Public."""

import torch

from grader.suite.checks import leaves_alone


def test_double_of_one(student):
    """Twice one is two."""
    assert student.double(torch.ones(1)).item() == 2


def test_double_leaves_one_alone(student):
    """One stays one."""
    leaves_alone(student.double, torch.ones(1))
'''
GUIDES = """learned = [
    "Twice is once more.",
    "Arguments stay as they are.",
]

[double]
what = "twice a number"
hints = [
    "Add it once more.",
    "+ adds tensors.",
    "x and x, with a plus between.",
]

[[double.questions]]
ask = "Twice 3?"
answer = "F4RNTBW2Gx0="
"""
HIDDEN = '''"""Hidden."""

import pytest
import torch

from grader.suite.checks import leaves_alone, same


@pytest.mark.points(3)
def test_double_values(student, reference):
    """Twice each number."""
    x = torch.randn(4)
    same(student.double, reference.double, x)


def test_double_keeps_its_argument(student):
    """The argument is not changed."""
    leaves_alone(student.double, torch.randn(4))


@pytest.mark.bonus
def test_double_of_whole_numbers(student):
    """Whole numbers stay whole."""
    assert student.double(torch.tensor([1, 2])).dtype == torch.int64
'''
WRONG = ("x * 3", "x", "x * x", "x - x", "x * 2 + 1", "x / 2", "-2 * x")
MISTAKES = (
    '''"""Mistakes."""

from grader.assignment.mistakes import edit, mistake, whole

mistake(
    "double",
    "doubles_in_place",
    whole("""
        def double(x):
            x *= 2
            return x
    """),
    hint="It doubles its own argument in place.",
)
'''
    + "".join(
        f'''
mistake(
    "double",
    "variant_{number}",
    edit("x + x", "{expression}"),
    hint="Not twice but something else: variant {number} of seven.",
)
'''
        for number, expression in enumerate(WRONG, 1)
    )
    + """
mistake(
    "double",
    "always_floats",
    edit("x + x", "x.float() * 2.5"),
    hint="Whole numbers become floating-point ones.",
)
"""
)


def write_assignment(root: Path) -> Path:
    """Write both halves below `root`; the folder `solutions`."""
    files = {
        "exercises/01_double/README.md": "# Double\n",
        "exercises/01_double/double.py": STUB,
        "exercises/01_double/test_double.py": PUBLIC,
        "exercises/01_double/hints.toml": GUIDES,
        "solutions/01_double/double.py": REFERENCE,
        "solutions/01_double/test_double.py": HIDDEN,
        "solutions/01_double/mistakes.py": MISTAKES,
    }
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return root / "solutions"


def answer(expression: str) -> str:
    """A submission's file that returns `expression`."""
    return f"import torch\n\n\ndef double(x):\n    return {expression}\n"


def write_class(root: Path, names: Iterable[str], source: str) -> None:
    """Write submissions that are all the same: a folder each in `class/`."""
    for name in names:
        folder = root / "class" / name
        folder.mkdir(parents=True)
        (folder / "double.py").write_text(source)


def write_second(root: Path) -> str:
    """The same exercise once more, as 02_again; the module's name."""
    for half in ("exercises", "solutions"):
        (root / half / "02_again").mkdir()
        for file in (root / half / "01_double").glob("*.py"):
            name = file.name.replace("double", "again")
            (root / half / "02_again" / name).write_text(file.read_text("utf-8"), "utf-8")
    return "again"
