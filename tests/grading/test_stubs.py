"""One rule for what is a stub and what is an answer."""

from __future__ import annotations

import ast
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from grader.assignment.exercises import find_exercises
from grader.assignment.stubs import is_stub, stubs_in

ROOT = Path(__file__).parents[2]
STUBS = {
    "as given": 'def f(x):\n    """Doc."""\n    raise NotImplementedError("still to be written")',
    "without a call": "def f(x):\n    raise NotImplementedError",
    "code before the raise": "def f(x):\n    print(y := x.exp())\n    raise NotImplementedError",
    "a check before the raise": """
        def f(x):
            if x.dim() != 2:
                raise ValueError("two dimensions")
            raise NotImplementedError
        """,
    "a helper before the raise": """
        def f(x):
            def helper(y):
                return y + 1
            raise NotImplementedError
        """,
    "an answer that is never reached": "def f(x):\n    raise NotImplementedError\n    return x",
    "without a graph": "def f(x):\n    with torch.no_grad():\n        raise NotImplementedError",
    "pass": 'def f(x):\n    """Doc."""\n    pass',
    "dots": "def f(x): ...",
    "a class": """
        class C(nn.Module):
            def __init__(self):
                raise NotImplementedError
            def forward(self, x):
                raise NotImplementedError
        """,
    "a half-written class": """
        class C(nn.Module):
            def __init__(self):
                super().__init__()
                self.w = nn.Parameter(torch.zeros(3))
            def forward(self, x):
                raise NotImplementedError
        """,
    "an empty class": 'class C(nn.Module):\n    """Doc."""',
    "a class of empty methods": "class C:\n    def forward(self, x):\n        pass",
}
ANSWERS = {
    "one line": "def f(x): return x",
    "one branch of its logic": """
        def f(x):
            if x.dim() == 2:
                return x.exp()
            raise NotImplementedError("only two dimensions")
        """,
    "a loop that returns": """
        def f(x):
            for y in x:
                return y
            raise NotImplementedError
        """,
    "a generator": "def f(x):\n    yield x\n    raise NotImplementedError",
    "a raise in a branch": """
        def f(x, how="mean"):
            if how != "mean":
                raise NotImplementedError(how)
            return x.mean()
        """,
    "in place": "def f(x):\n    x.mul_(2)",
    "another error": "def f(x):\n    raise ValueError",
    "a class with an empty hook": """
        class C(nn.Module):
            def forward(self, x):
                return x
            def reset(self):
                pass
        """,
    "another name for a class": "class C(MyLinear):\n    pass",
    "a lambda": "f = lambda x: x",
}


@pytest.mark.parametrize("source", STUBS.values(), ids=STUBS)
def test_a_stub(source):
    assert is_stub(ast.parse(textwrap.dedent(source)).body[0])


@pytest.mark.parametrize("source", ANSWERS.values(), ids=ANSWERS)
def test_an_answer(source):
    assert not is_stub(ast.parse(textwrap.dedent(source)).body[0])


@pytest.mark.parametrize("exercise", find_exercises(ROOT / "exercises"), ids=lambda e: e.name)
def test_every_target_of_an_exercise_is_given_as_a_stub_and_no_reference_is_one(exercise):
    assert stubs_in(exercise.file.read_bytes()) == list(exercise.targets)
    reference = ROOT / "solutions" / exercise.name / exercise.file.name
    assert stubs_in(reference.read_bytes()) == []


def test_what_reads_exercises_and_mistakes_needs_no_torch():
    code = (
        "import sys, grader.assignment.stubs, grader.assignment.exercises, "
        "grader.assignment.mistakes; sys.exit('torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
