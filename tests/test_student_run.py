"""What a student sees from `pytest exercises`, through real runs on small kits of exercises."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parent.parent
UNFINISHED = 6

STUB = '''
def double(x):
    """Twice x."""
    raise NotImplementedError("double")


def half(x):
    """Half of x."""
    raise NotImplementedError("half")
'''
RIGHT = "def double(x):\n    return 2 * x\n\n\ndef half(x):\n    return x / 2\n"
SUITE = '''
import pytest
import torch


@pytest.mark.points(3)
def test_double_values(student):
    """Every number is doubled."""
    x = torch.tensor([1.0, 2.0])
    out = student.double(x)
    assert out.shape == (2,)
    assert out.dtype == torch.float32
    torch.testing.assert_close(student.double(x), torch.tensor([2.0, 4.0]))


def test_double_gradient(student):
    """The gradient of twice x is 2."""
    x = torch.tensor([1.0, 2.0], requires_grad=True)
    out = student.double(x)
    assert out.requires_grad
    out.sum().backward()
    assert x.grad is not None


def test_half_values(student):
    """Half of eight is four."""
    assert student.half(8) == 4


@pytest.mark.bonus
def test_half_of_a_word(student):
    """Half of a word is its first half."""
    assert student.half("abcd") == "ab"
'''


@dataclass
class Run:
    """A finished run of pytest."""

    code: int
    out: str

    @property
    def widest(self) -> int:
        """The length of the longest line, but for those of pytest that hold paths and versions."""
        own = re.sub(
            r"^(rootdir|plugins|platform|configfile): .*$", "", self.out, flags=re.MULTILINE
        )
        return max(map(len, own.splitlines()))

    @property
    def rows(self) -> dict[str, list[str]]:
        """The cells of the table by exercise."""
        lines = re.findall(r"^(\d\d_\w+)  +(.+)$", self.out, re.MULTILINE)
        return {name: re.split(r"  +", cells.strip()) for name, cells in lines}


@dataclass
class Kit:
    """A repository of exercises; 01_first and 02_second are the same exercise twice."""

    root: Path

    def write(self, code: str, exercise: str = "01_first") -> Path:
        file = self.root / "exercises" / exercise / f"{exercise[3:]}.py"
        file.write_text(code, encoding="utf-8")
        return file

    def suite(self, code: str, exercise: str = "01_first") -> None:
        file = self.root / "exercises" / exercise / f"test_{exercise[3:]}.py"
        file.write_text(code, encoding="utf-8")

    def run(self, *arguments: str, within: str = ".", typed: str = "", **environment: str) -> Run:
        settings = {"COLUMNS": "80", "OMP_NUM_THREADS": "1", "PYTHONDONTWRITEBYTECODE": "1"}
        inherited = {k: v for k, v in os.environ.items() if not k.startswith("PYTEST")}
        done = subprocess.run(
            [sys.executable, "-m", "pytest", *arguments],
            cwd=self.root / within,
            env={**inherited, "PYTHONIOENCODING": "utf-8", **settings, **environment},
            input=typed,
            capture_output=True,
            encoding="utf-8",
            timeout=120,
        )
        return Run(done.returncode, done.stdout + done.stderr)


@pytest.fixture
def kit(tmp_path: Path) -> Kit:
    (tmp_path / "pyproject.toml").write_text("[tool.pytest.ini_options]\ntimeout = 300\n")
    for name in ("01_first", "02_second"):
        folder = tmp_path / "exercises" / name
        folder.mkdir(parents=True)
        (folder / "README.md").write_text("The lesson.\n")
        (folder / f"{name[3:]}.py").write_text(STUB)
        (folder / f"test_{name[3:]}.py").write_text(SUITE)
    shutil.copy(ROOT / "exercises" / "conftest.py", tmp_path / "exercises")
    return Kit(tmp_path)


def test_fresh_checkout_is_not_attempted(kit: Kit) -> None:
    """Nothing failed, the first exercise is named with its lesson, and the code says unfinished."""
    run = kit.run("exercises")
    assert run.code == UNFINISHED
    assert run.rows == {
        "01_first": ["not attempted", "0 of 3", "0 of 5", "0 of 1"],
        "02_second": ["not attempted", "0 of 3", "0 of 5", "0 of 1"],
    }
    assert "8 not attempted in" in run.out
    assert "FAILURES" not in run.out
    advice = run.out.split("next: ")[1]
    folder = Path("exercises", "01_first")
    assert str(folder / "README.md") in advice
    assert f"write double in\n      {folder / 'first.py'}" in advice
    assert run.widest <= 80


def test_all_done(kit: Kit) -> None:
    """A bonus that isn't earned takes nothing: the code is 0, and it is explained."""
    kit.write(RIGHT)
    kit.write(RIGHT, "02_second")
    run = kit.run("exercises")
    assert run.code == 0
    assert run.rows["01_first"] == ["done", "3 of 3", "5 of 5", "0 of 1"]
    assert "bonus not earned: test_half_of_a_word" in run.out
    assert "next: nothing" in run.out


def test_partly_done(kit: Kit) -> None:
    """What passes counts; the next target to write is the one that is not."""
    kit.write(RIGHT.split("def half")[0] + "def half" + STUB.split("def half")[1])
    run = kit.run("exercises/01_first")
    assert run.code == UNFINISHED
    assert run.rows == {"01_first": ["partly done", "2 of 3", "4 of 5", "0 of 1"]}
    assert "write half in" in run.out


def test_after_the_last_comes_the_next(kit: Kit) -> None:
    """Where one exercise is run and done, the next one with stubs is named."""
    kit.write(RIGHT)
    run = kit.run("exercises/01_first")
    assert run.code == 0
    assert str(Path("exercises", "02_second", "README.md")) in run.out


WRONG = {
    "shape": (
        "def double(x):\n    return (2 * x).unsqueeze(0)",
        ["Every number is doubled.", "out = student.double(x)",
         "out is tensor float32 (1, 2): 2, 4",
         "out.shape is (1, 2) and should be (2,)."],
    ),
    "dtype": (
        "def double(x):\n    return 2 * x.double()",
        ["out.dtype is torch.float64 and should be torch.float32."],
    ),
    "value": (
        "def double(x):\n    return 3 * x",
        ["student.double(x)\n    is tensor float32 (2,): 3, 6",
         "Greatest absolute difference: 2.0"],
    ),
    "gradient": (
        "def double(x):\n    return 2 * x.detach()",
        ["The gradient of twice x is 2.", "out.requires_grad is False"],
    ),
    "none": (
        "def double(x):\n    2 * x",
        ["out is None", "no `return`"],
    ),
    "raises": (
        "def helper(x):\n    return x @ x.reshape(1, 2)\n\n\ndef double(x):\n    return helper(x)",
        ["Your code raised RuntimeError:", "first.py, line 6, in double\n    return helper(x)",
         "first.py, line 2, in helper\n    return x @ x.reshape(1, 2)"],
    ),
    "deleted": ("def halve(x):\n    return x", ["first.py does not define `double`"]),
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
    assert len(run.out.splitlines()) < 80
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
    assert "1 failed, 3 passed, 1 bonus not earned, 3 not run" in re.sub(
        r"(1 failed), (.+?) in .*",
        lambda m: ", ".join([m[1], *sorted(m[2].split(", "), key=_order)]),
        run.out,
    )
    assert run.rows["01_first"][0] == "failing"
    assert run.rows["02_second"][0] == "done"


def _order(part: str) -> int:
    return ["passed", "bonus not earned", "not run"].index(part.split(" ", 1)[1])


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


ENDLESS = """
def double(x):
    while True:
        try:
            x = x
        except Exception:
            pass
"""


@pytest.mark.parametrize("method", ["thread", *(["signal"] if hasattr(signal, "SIGALRM") else [])])
def test_endless_loop_is_ended(kit: Kit, method: str) -> None:
    """Also where the system has no alarm signal; the tests after it run, and no stack is dumped."""
    kit.write(ENDLESS + RIGHT.split("\n\n\n")[1])
    run = kit.run("exercises/01_first", "--timeout=0.5", f"--timeout-method={method}")
    assert run.code == 1
    assert run.out.count("It did not finish in time") == 2
    assert "in double" in run.out
    assert run.rows["01_first"][:3] == ["failing", "1 of 3", "1 of 5"]
    assert "Stack of" not in run.out


@pytest.mark.parametrize("method", ["thread", *(["signal"] if hasattr(signal, "SIGALRM") else [])])
def test_endless_loop_that_catches_everything(kit: Kit, method: str) -> None:
    """A bare `except` delays the end, it doesn't prevent it."""
    kit.write(
        "caught = 0\n\n\ndef double(x):\n    global caught\n    while caught < 2:\n        try:\n"
        "            while True:\n                pass\n        except:\n            caught += 1\n"
        "    while True:\n        pass\n"
    )
    run = kit.run(
        "exercises/01_first", "-k", "double_values", "--timeout=0.5", f"--timeout-method={method}"
    )
    assert run.code == 1
    assert "It did not finish in time" in run.out


def test_time_limit_is_ten_seconds_unless_told(kit: Kit) -> None:
    """Whatever pyproject.toml says for other tests; an option or a test's own marker wins."""
    kit.suite(
        "import pytest\n\n\n"
        "@pytest.fixture\ndef limit(request):\n"
        "    return request.node.get_closest_marker('timeout').args\n\n\n"
        "def test_usual(limit):\n    assert limit == (10,)\n\n\n"
        "@pytest.mark.timeout(77)\ndef test_own(limit):\n    assert limit == (77,)\n"
    )
    assert kit.run("exercises/01_first").code == 0
    run = kit.run("exercises/01_first", "--timeout=60")
    assert run.rows["01_first"][1] == "1 of 2"
    run = kit.run("exercises/01_first", PYTEST_TIMEOUT="60")
    assert run.rows["01_first"][1] == "1 of 2"


def test_prints_are_shown_for_failures_only(kit: Kit) -> None:
    """And a megabyte of them is cut."""
    kit.write(
        "def double(x):\n    print('doubling' * 200_000)\n\n\n"
        "def half(x):\n    print('halving')\n    return x / 2\n"
    )
    run = kit.run("exercises/01_first", "-k", "double_values or half_values")
    assert "doubling" in run.out
    assert "halving" not in run.out
    assert "more characters: `-s` shows them" in run.out
    assert len(run.out) < 10_000


def test_choosing_tests(kit: Kit) -> None:
    """What wasn't run is not called done."""
    kit.write(RIGHT)
    run = kit.run("exercises", "-k", "double", "-q")
    assert run.rows["01_first"] == ["partly run", "2 of 2", "4 of 4"]
    run = kit.run("exercises/01_first/test_first.py::test_half_values")
    assert run.rows == {"01_first": ["partly run", "1 of 1", "1 of 1"]}
    assert "run all its tests" in run.out


def test_stop_at_the_first_failure(kit: Kit) -> None:
    """`-x` passes over what is not attempted, and `--lf` repeats failures only."""
    kit.write(RIGHT.replace("2 * x", "3 * x"), "02_second")
    run = kit.run("exercises", "-x")
    assert run.code == 1
    assert "4 not attempted" in run.out
    assert "1 failed" in run.out
    run = kit.run("exercises", "--lf")
    assert run.rows == {"02_second": ["failing", "0 of 1", "0 of 3"]}


@pytest.mark.parametrize("within", ["exercises", "exercises/01_first"])
def test_running_inside(kit: Kit, within: str) -> None:
    """Paths are said from where the student is."""
    run = kit.run(within=within)
    assert run.code == UNFINISHED
    readme = Path("01_first" if within == "exercises" else "", "README.md")
    assert f"next: read {readme}," in run.out


def test_running_above(kit: Kit) -> None:
    """`pytest` and `pytest .` in the repository's root, where the conftest is found late."""
    kit.write(RIGHT.replace("2 * x", "3 * x"))
    (kit.root / "test_other.py").write_text("def test_other():\n    assert 1 == 2\n")
    run = kit.run(".")
    assert run.code == 1
    assert run.rows["02_second"][0] == "not attempted"
    assert "FAILED test_other.py::test_other" in run.out  # other tests stay pytest's
    assert ">       assert 1 == 2" in run.out or ">   assert 1 == 2" in run.out


def test_with_xdist(kit: Kit) -> None:
    """The same table and code from workers; a broken file is told once."""
    pytest.importorskip("xdist")
    kit.write("import no_such_thing\n")
    run = kit.run("exercises", "-n", "2")
    assert run.code == 1
    assert run.out.count("so no test of it could run") == 1
    assert run.rows["01_first"] == ["failing", "0 of 3", "0 of 5", "0 of 1"]
    assert run.rows["02_second"][0] == "not attempted"
    assert kit.run("exercises/02_second", "-n", "2").code == UNFINISHED


def test_without_xdist(kit: Kit) -> None:
    """Nothing here needs it."""
    assert kit.run("exercises", "-p", "no:xdist").code == UNFINISHED


@pytest.mark.parametrize("option", ["--tb=short", "--tb=long", "--tb=native"])
def test_plain_tracebacks(kit: Kit, option: str) -> None:
    """Who asks for pytest's tracebacks gets them, with the same table."""
    kit.write("def double(x):\n    return x.nothing\n")
    run = kit.run("exercises/01_first", "-k", "double_values", option)
    assert run.code == 1
    assert "AttributeError: 'Tensor' object has no attribute 'nothing'" in run.out
    assert "Your code raised" not in run.out
    assert run.rows["01_first"][0] == "failing"


def test_debugger_opens_in_the_students_code(kit: Kit) -> None:
    """`--pdb` stops at a failure, not at what is not attempted."""
    kit.write(
        "def double(x):\n    secret = 6 * 7\n    return x.nothing\n"
        + "def half"
        + STUB.split("def half")[1]
    )
    run = kit.run("exercises/01_first", "--pdb", typed="p secret\nq\n")
    assert "first.py(3)double()" in run.out
    assert "42" in run.out
    run = kit.run("exercises/02_second", "--pdb")
    assert run.code == UNFINISHED
    assert "(Pdb)" not in run.out


def test_breakpoint(kit: Kit) -> None:
    """The student's module is the plain module, and a pause at a prompt is no endless loop."""
    kit.write("def double(x):\n    secret = 6 * 7\n    breakpoint()\n    return 2 * x\n")
    run = kit.run("exercises/01_first", "-k", "double_values", typed="p secret\nc\nc\n")
    assert "42" in run.out
    assert run.code == 0


def test_narrow_character_sets(kit: Kit) -> None:
    """A console or file that knows ASCII only gets everything that it can show."""
    kit.suite(SUITE.replace("Every number is doubled.", "x → 2·x"))
    kit.write(RIGHT.replace("2 * x", "3 * x"))
    run = kit.run("exercises", PYTHONIOENCODING="ascii", PYTHONUTF8="0")
    assert run.code == 1
    assert run.rows["01_first"][0] == "failing"
    assert "INTERNALERROR" not in run.out


def test_wide_terminal(kit: Kit) -> None:
    """Long lines are broken where the terminal ends."""
    kit.suite(SUITE.replace("Every number is doubled.", "Every number is doubled. " * 4))
    kit.write(RIGHT.replace("2 * x", "3 * x"))
    for columns in (80, 120):
        assert kit.run("exercises/01_first", COLUMNS=str(columns)).widest <= columns


def test_accelerator(kit: Kit) -> None:
    """A device with real values, made only once a test asks for it."""
    kit.suite(
        "import torch\n\n\n"
        "def test_double_on(student, lab, accelerator):\n"
        "    assert isinstance(accelerator, torch.device)\n"
        "    assert accelerator.type != 'cpu'\n"
        "    out = student.double(lab.ones(2, device=accelerator))\n"
        "    assert out.device == accelerator\n"
        "    assert out.cpu().tolist() == [2.0, 2.0]\n"
    )
    kit.write(RIGHT)
    run = kit.run("exercises/01_first", "-v")
    assert run.code == 0
    assert "test_double_on[simulated] PASSED" in run.out
    (kit.root / "look.py").write_text(
        "import torch\n\n\ndef pytest_collection_finish():\n"
        "    print('backend:', torch._C._get_privateuse1_backend_name())\n"
    )
    run = kit.run("exercises/01_first", "--collect-only", "-s", "-p", "look", PYTHONPATH=".")
    assert run.code == 0
    assert "backend: privateuseone" in run.out


def test_other_tests_are_left_alone(kit: Kit) -> None:
    """Loaded for other tests, the plugin shows nothing, sets no limit and no seed."""
    (kit.root / "test_other.py").write_text(
        "import torch\n\n\ntorch.manual_seed(3)\nwanted = torch.rand(1)\ntorch.manual_seed(3)\n\n\n"
        "def test_seed(request):\n    assert torch.rand(1) == wanted\n"
        "    assert request.node.get_closest_marker('timeout') is None\n\n\n"
        "def test_stub():\n    raise NotImplementedError\n"
    )
    run = kit.run("test_other.py", "-p", "grader.student.plugin")
    assert run.code == 1
    assert "1 failed, 1 passed" in run.out
    assert "next:" not in run.out


def test_the_real_exercises(tmp_path: Path) -> None:
    """A fresh checkout of this repository: all not attempted, nothing failed."""
    junk = shutil.ignore_patterns("__pycache__", ".*")
    shutil.copytree(ROOT / "exercises", tmp_path / "exercises", ignore=junk)
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    run = Kit(tmp_path).run("exercises")
    assert run.code == UNFINISHED
    assert {cells[0] for cells in run.rows.values()} == {"not attempted"}
    suites = [*(tmp_path / "exercises").glob("*/test_*.py")]
    assert len(run.rows) == len(suites)
