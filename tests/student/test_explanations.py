"""What is said of a failed test: in the student's terms, short, once."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from kits import RIGHT, ROOT, Kit

from grader.student.layout import without_rows

pytestmark = pytest.mark.slow

WRONG = {
    "shape": (
        "def double(x):\n    return (2 * x).unsqueeze(0)",
        ["Every number is doubled.", "assert out.shape == (2,)", "torch.Size([1, 2]) == (2,)"],
    ),
    "dtype": (
        "def double(x):\n    return 2 * x.double()",
        ["assert out.dtype == torch.float32", "assert torch.float64 == torch.float32"],
    ),
    "value": ("def double(x):\n    return 3 * x", ["Greatest absolute difference: 2.0"]),
    "gradient": (
        "def double(x):\n    return 2 * x.detach()",
        ["The gradient of twice x is 2.", "assert out.requires_grad"],
    ),
    "none": (
        "def double(x):\n    2 * x",
        ["`double` has no `return` with a value, so calling it gives None."],
    ),
    "raises": (
        "def helper(x):\n    return x @ x.reshape(1, 2)\n\n\ndef double(x):\n    return helper(x)",
        ["Your code raised RuntimeError:", "first.py, line 6, in double\n    return helper(x)",
         "first.py, line 2, in helper\n    return x @ x.reshape(1, 2)",
         "RuntimeError: mat1 and mat2 shapes",
         "1 more test fails for the same reason."],
    ),
    "deleted": (
        "def halve(x):\n    return x",
        ["first.py does not define `double`.", "1 more test fails for the same reason."],
    ),
    "exit": (
        "import sys\n\n\ndef double(x):\n    sys.exit(0)",
        ["Your code raised SystemExit:", "line 5, in double", "It asks Python to stop"],
    ),
    "input": (
        "def double(x):\n    return 2 * float(input())",
        ["line 2, in double", "input() was called", "Nobody types during a test"],
    ),
    "recursion": (
        "def double(x):\n    return double(x)",
        ["RecursionError", "more of your lines"],
    ),
}  # fmt: skip


@pytest.mark.parametrize(("code", "said"), WRONG.values(), ids=WRONG)
def test_failure_is_explained(kit: Kit, code: str, said: list[str]) -> None:
    """In the student's terms, with no line of torch's, pytest's or the grader's own code."""
    kit.write(code)
    run = kit.run("exercises/01_first", "-k", "double")
    assert run.code == 1
    for part in said:
        assert part in run.out
    assert run.rows["01_first"][0] == "failing"
    assert str(Path("exercises", "01_first", "first.py")) in run.out.split("next: ")[1]
    for internal in ("site-packages", "_pytest", "grader", str(kit.root / "exercises"), " at 0x"):
        assert internal not in run.out
    assert len(run.failure(re.findall(r"_ (test_\w+) _", run.out)[0])) <= 15
    assert run.widest <= 80


BROKEN = {
    "syntax": ("def double(x:\n    return x\n", ["Python can't read", "line 1", "^"]),
    "import": ("import no_such_thing\n", ["line 1", "No module named 'no_such_thing'"]),
    "exit": ("import sys\nsys.exit()\n", ["can't be imported", "line 2", "SystemExit"]),
    "error": ("def f():\n    return 1 / 0\n\n\nf()\n", ["line 2, in f", "ZeroDivisionError"]),
    "input": ("input()\n", ["can't be imported", "input() was called"]),
    "bytes": ("x = '\0'\n", ["Python can't read"]),
}


@pytest.mark.parametrize(("code", "said"), BROKEN.values(), ids=BROKEN)
def test_broken_file_is_told_once(kit: Kit, code: str, said: list[str]) -> None:
    """One message for the exercise, not one a test; the other exercises run."""
    file = kit.write(code)
    kit.write(RIGHT, "02_second")
    run = kit.run("exercises")
    assert run.code == 1
    for part in (file.name, *said):
        assert run.out.count(part) >= 1
    assert run.out.count("so no test of it could run") == 1
    for count in ("1 failed", "3 passed", "1 bonus not earned", "3 not run"):
        assert count in run.out.splitlines()[-1]
    assert run.rows["01_first"][0] == "failing"
    assert run.rows["02_second"][0] == "done"


def test_missing_file(kit: Kit) -> None:
    """How to get the stub back is said."""
    kit.write("").unlink()
    run = kit.run("exercises")
    assert run.code == 1
    assert run.out.count("There is no ") == 1
    assert "git checkout" in run.out


def test_torchs_own_not_implemented_is_a_failure(kit: Kit) -> None:
    """A module without `forward` is attempted, and wrong."""
    kit.write(
        "from torch import nn\n\n\nclass Double(nn.Module):\n    pass\n\n\n"
        "def double(x):\n    return Double()(x)\n"
    )
    run = kit.run("exercises/01_first", "-k", "double")
    assert run.code == 1
    assert 'missing the required "forward" function' in " ".join(run.out.split())


def test_an_answer_that_refuses_in_a_branch_was_attempted(kit: Kit) -> None:
    """A function that can answer, and ends in NotImplementedError for these inputs, is no stub."""
    kit.write(
        "def double(x):\n    if x.dim() > 5:\n        return 2 * x\n"
        '    raise NotImplementedError("more dimensions only")\n'
    )
    run = kit.run("exercises/01_first")
    assert run.code == 1
    assert "Not attempted" not in run.out
    assert "more dimensions only" in run.out


def test_prints_are_shown_for_failures_only(kit: Kit) -> None:
    """And a megabyte of them is cut."""
    kit.write(
        "def double(x):\n    print('doubling' * 200_000)\n\n\n"
        "def half(x):\n    print('halving')\n    return x / 2\n"
    )
    run = kit.run("exercises/01_first", "-k", "double_values or half_values")
    assert "doubling" in run.out
    assert "halving" not in run.out
    assert "1,600,000 characters in all: `-s` shows them" in run.out
    assert len(run.out) < 10_000


CHECKS = '''
import torch

from grader.suite.checks import *


def test_double_values(student):
    """Every number is doubled."""
    same(student.double, torch.arange(8) * 2.0, torch.arange(8) * 1.0)


def test_double_matrix(student):
    """A matrix is doubled."""
    same(student.double, torch.full((2, 2), 2.0), torch.ones(2, 2))


def test_double_gradient(student):
    """The gradient of twice x is 2."""
    gradients(student.double, lambda x: 2 * x, torch.ones(2, requires_grad=True))
'''
FOUND = {
    "values": ("3 * x", ["double(tensor float32 (8,))", "yours  expected", "[3]  9      6"], 3),
    "none": ("print(x)", ["yours is None, expected is a tensor", "2 more tests fail for the"], 1),
    "float": (
        "(2 * x).sum().item()",
        ["yours is a float, expected is a tensor", "A Python float has lost its graph"],
        1,
    ),
    "changed": ("x.mul_(2)", ["x was changed", "1 more test fails for the same reason."], 2),
    "detached": ("2 * x.detach()", ["the gradient of x"], 1),
}


@pytest.mark.parametrize(("answer", "said", "told"), FOUND.values(), ids=FOUND)
def test_what_a_check_found(kit: Kit, answer: str, said: list[str], told: int) -> None:
    """Both sides in at most 15 lines, and nothing twice."""
    kit.suite(CHECKS)
    kit.write(f"def double(x):\n    return {answer}\n")
    run = kit.run("exercises/01_first")
    assert run.code == 1
    for part in said:
        assert part in run.out
    failed = re.findall(r"^_{3,} (test_\w+) _{3,}$", run.out, re.MULTILINE)
    assert len(failed) == told
    assert all(3 < len(run.failure(test)) <= 15 for test in failed)
    assert run.widest <= 80


def test_what_all_inputs_that_went_wrong_have_in_common(kit: Kit) -> None:
    """It is said once, below the first failure, as in the feedback on hidden tests."""
    kit.suite(
        CHECKS.replace("torch.full((2, 2), 2.0), torch.ones(2, 2)", "lambda x: 2 * x, x64").replace(
            "def", "x64 = torch.ones(2, 2, dtype=torch.float64)\n\n\ndef", 1
        )
    )
    kit.write("import torch\ndef double(x):\n    return x * torch.tensor([2.0]).to(torch.float32)"
              " if x.dtype == torch.float32 else x\n")  # fmt: skip
    run = kit.run("exercises/01_first")
    assert run.out.count("It works for float32 and fails for float64.") == 1


def test_what_explains_a_target_is_told_once(kit: Kit) -> None:
    """Two tests fail in two ways for one reason: the second is only counted, in notebooks too."""
    kit.suite(
        "import torch\nfrom grader.suite.checks import *\n\nDTYPES = torch.float32, torch.float64\n"
        + "".join(
            f'\n\ndef test_double_{name}(student):\n    """A {name} is doubled."""\n'
            f"    each = [(torch.ones({shape}, dtype=dtype),) for dtype in DTYPES]\n"
            "    same(student.double, lambda x: 2 * x, each=each)\n"
            for name, shape in (("vector", "3"), ("matrix", "2, 3"))
        )
    )
    answer = "2 * x if x.dtype != torch.float64 else x.sum() if x.dim() == 1 else 5 * x"
    kit.write(f"import torch\n\n\ndef double(x):\n    return {answer}\n")
    run = kit.run("exercises/01_first")
    assert run.code == 1
    assert "1 failed, 1 failed alike" in run.out
    said = run.failure("test_double_vector")
    assert said[-2:] == [
        "It works for float32 and fails for float64.",
        "1 more test fails for the same reason.",
    ]
    program = (
        "import sys; from grader.student.notebook import check; sys.path.insert(0, '.')\n"
        "from first import double\ncheck('double')"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=kit.root / "exercises" / "01_first",
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
    )
    assert done.stdout.count("✗") == 2, done.stderr  # the target, and one test
    assert "1 more test fails for the same reason." in done.stdout


def test_a_hint_takes_the_place_of_rows() -> None:
    """Of the numbers that are wrong; the first is always shown, and what is left out is counted."""
    rows = [f"  [{n}]  {n}      9" for n in range(4)]
    head, end = ["Twice x.", "", "  at   yours  expected"], ["first.py:3: in double", ""]
    for more in ([], ["  … and 4 more"]):
        text = "\n".join([*head, *rows, *more, *end])
        assert without_rows(text, 10) == text
        for lines, shown in ((8, 3 if more else 4), (7, 2), (1, 1)):
            left = 4 - shown + (4 if more else 0)
            said = [f"  … and {left} more"] if left else []
            short = "\n".join([*head, *rows[:shown], *said, *end])
            assert without_rows(text, lines) == short
