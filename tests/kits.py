"""Small repositories of exercises, and pytest run on them as a student runs it."""

from __future__ import annotations

import contextlib
import functools
import gc
import io
import os
import re
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import pytest
import torch

import grader.student.plugin  # noqa: F401 - so that runs in a fork don't import it anew

ROOT = Path(__file__).resolve().parent.parent
UNFINISHED = 6
SECONDS = 120

SETTINGS = {"COLUMNS": "80", "OMP_NUM_THREADS": "1", "PYTHONDONTWRITEBYTECODE": "1"}

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


@functools.cache
def warm() -> None:
    """The first failure imports sympy, in seconds: once for all forks."""
    with contextlib.suppress(AssertionError):
        torch.testing.assert_close(torch.ones(1), torch.zeros(1))


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

    def failure(self, test: str) -> list[str]:
        """The lines that were said of one failed test."""
        parts = re.split(r"^_{3,} (.+?) _{3,}$", self.out, flags=re.MULTILINE)
        text = re.split(r"^(?:=|_){3,}", dict(zip(parts[1::2], parts[2::2], strict=True))[test])[0]
        return re.split(r"^={3,}.*", text, flags=re.MULTILINE)[0].strip().splitlines()


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
        """In a fork of this process, where torch is imported already; a new one without forks."""
        if not hasattr(os, "fork"):
            return self.run_anew(*arguments, within=within, typed=typed, **environment)
        warm()
        with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as stdin:
            stdin.write(typed.encode())
            stdin.seek(0)
            sys.stdout.flush()
            child = os.fork()
            if not child:
                streams = stdin.fileno(), out.fileno()
                _run_and_exit(arguments, self.root / within, streams, environment)
            _, status = os.waitpid(child, 0)
            out.seek(0)
            said = out.read().decode(errors="replace")
        return Run(os.waitstatus_to_exitcode(status), said)

    def run_anew(
        self, *arguments: str, within: str = ".", typed: str = "", **environment: str
    ) -> Run:
        """In a process of its own: `python -m pytest`."""
        inherited = {k: v for k, v in os.environ.items() if not k.startswith("PYTEST")}
        done = subprocess.run(
            [sys.executable, "-m", "pytest", *arguments],
            cwd=self.root / within,
            env={**inherited, "PYTHONIOENCODING": "utf-8", **SETTINGS, **environment},
            input=typed,
            capture_output=True,
            encoding="utf-8",
            timeout=SECONDS,
        )
        return Run(done.returncode, done.stdout + done.stderr)


def _run_and_exit(
    arguments: tuple[str, ...], where: Path, streams: tuple[int, int], environment: dict[str, str]
) -> None:
    """`pytest` in this forked process, with nothing of the pytest that forked it."""
    code = 99
    gc.freeze()  # what was there before is no garbage: looking through it would copy its pages
    try:
        stdin, out = streams
        for stream, number in ((stdin, 0), (out, 1), (out, 2)):
            os.dup2(stream, number)
        sys.stdin = io.TextIOWrapper(io.FileIO(0), encoding="utf-8")
        sys.stdout = io.TextIOWrapper(io.FileIO(1, "w"), encoding="utf-8", write_through=True)
        sys.stderr = io.TextIOWrapper(io.FileIO(2, "w"), encoding="utf-8", write_through=True)
        sys.__stdin__, sys.__stdout__, sys.__stderr__ = sys.stdin, sys.stdout, sys.stderr
        for name in [name for name in os.environ if name.startswith("PYTEST")]:
            del os.environ[name]
        os.environ |= {**SETTINGS, **environment}
        sys.dont_write_bytecode = True  # as SETTINGS has it for a new process
        os.chdir(where)
        sys.path.insert(0, str(where))
        for name in [name for name in sys.modules if name.partition(".")[0] == "exercises"]:
            del sys.modules[name]  # another repository's modules go by the same names
        sys.meta_path[:] = [f for f in sys.meta_path if "Rewriting" not in type(f).__name__]
        sys.argv = ["pytest", *arguments]
        known = "-Wignore:Module already imported:pytest.PytestAssertRewriteWarning"
        others = ["-pno:hypothesispytest", "-pno:anyio"]  # students' exercises need neither
        code = int(pytest.main([known, *others, *arguments]))
        sys.stdout.flush()
    finally:
        os._exit(code)
