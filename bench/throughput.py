"""What grading a submission costs: this grader, pytest in fresh processes, and the bare tests.

Four ways to run one exercise's hidden suite on the same submissions, taken in turns so that a busy
machine is equally unfair to all:

- fresh pytest: `pytest` in a process of its own for each submission, as a shell script would do it;
- grader: a warm judge and a forked, locked-down sandbox for each submission;
- warm pytest: the same pytest session in a warm process, the submission imported into it;
- bare tests: the test functions called one after the other in a warm process, without pytest.

Differences between them say where the time goes. The submissions are right answers in different
styles. Exits with 1 where the grader isn't ten times as fast as fresh pytest.
"""

from __future__ import annotations

import argparse
import gc
import hashlib
import importlib.util
import inspect
import itertools
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

# Before torch: what every contestant gets.
os.environ["OMP_NUM_THREADS"] = "1"

import pytest
import torch
from rich.console import Console
from rich.table import Table

from grader.assignment.exercises import Exercise
from grader.grading.engine import Setup, Task, judge, new_forker
from grader.submission import Submission
from grader.suite.plugin import PROVIDER
from grader.suite.provider import Local
from grader.suite.session import run_pytest
from grader.suite.shortcuts import Shortcut
from grader.torchside.accelerator import simulated

ROOT = Path(__file__).parents[1]
BAR = 10.0
SEED = 7


class WarmPytest:
    """A pytest plugin that provides a submission's file to a suite, both in this process."""

    def __init__(self, file: Path) -> None:
        self._local = Local(file)
        self.passed = 0
        self.failed: list[str] = []

    @pytest.hookimpl(tryfirst=True)
    def pytest_configure(self, config: pytest.Config) -> None:
        config.stash[PROVIDER] = self._local

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self.passed += report.when == "call" and report.passed
        self.failed += [report.nodeid] if report.failed else []


class BareTests:
    """The suite's functions and what they need, made by hand."""

    def __init__(self, exercise: Exercise) -> None:
        self._exercise = exercise
        self._reference = Local().student(exercise)
        spec = importlib.util.spec_from_file_location("bare_suite", exercise.suite)
        assert spec is not None
        assert spec.loader is not None
        suite = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(suite)
        self._tests = [(n, f) for n, f in vars(suite).items() if n.startswith("test_")]

    def run(self, file: Path) -> int:
        """Run every test on a submission; how many there were. Raises what a failed one raises."""
        local = Local(file)
        fixtures = {
            "student": local.student(self._exercise),
            "exercise": self._exercise,
            "reference": self._reference,
            "lab": torch,
            "shortcut": Shortcut(local, self._exercise),
            "accelerator": simulated(),
        }
        count = 0
        for name, test in self._tests:
            for number, given in enumerate(_parameters(test)):
                torch.manual_seed(_seed(f"{name}{number}"))
                needed = inspect.signature(test).parameters
                test(**{n: given[n] if n in given else fixtures[n] for n in needed})
                count += 1
        return count


def _parameters(test: Any) -> Iterator[dict[str, Any]]:
    """What `pytest.mark.parametrize` gives a test, one dict a call."""
    axes = []
    for mark in getattr(test, "pytestmark", []):
        if mark.name == "parametrize":
            names = [name.strip() for name in mark.args[0].split(",")]
            rows = [row if len(names) > 1 else (row,) for row in mark.args[1]]
            axes.append([dict(zip(names, row, strict=True)) for row in rows])
    for choice in itertools.product(*axes):
        yield {name: value for part in choice for name, value in part.items()}


def _seed(name: str) -> int:
    return int.from_bytes(hashlib.sha256(f"{SEED}/{name}".encode()).digest()[:7], "big")


def copy_of(folder: Path, suites: Path) -> Exercise:
    """An assignment of this exercise alone, so that no other is collected."""
    return Exercise(Path(shutil.copytree(folder, suites / folder.name)))


def make_submissions(exercise: Exercise, count: int, folder: Path) -> list[Path]:
    """Files of answers that pass every test, bonus and all; no two alike."""
    bare = BareTests(exercise)
    styles = sorted((ROOT / "tests" / "styles" / exercise.name).glob("*.py"))
    right = [style for style in [exercise.file, *styles] if _passes(bare, style)]
    files = []
    for number, style in zip(range(count), itertools.cycle(right), strict=False):
        file = folder / f"{number:02}" / exercise.file.name
        file.parent.mkdir()
        file.write_text(f"{style.read_text('utf-8')}\n# submission {number}\n", "utf-8")
        files.append(file)
    return files


def _passes(bare: BareTests, file: Path) -> bool:
    try:
        bare.run(file)
    except Exception:
        return False
    return True


def cpu_seconds() -> float:
    """Processor time of this process and of all below it, ended or not.

    Only Linux tells that of processes that haven't ended; elsewhere this is the time that passed.
    """
    if not sys.platform.startswith("linux"):
        return time.perf_counter()
    return sum(_spent(pid) for pid in _family(os.getpid())) / os.sysconf("SC_CLK_TCK")


def _family(pid: int) -> Iterator[int]:
    yield pid
    for thread in Path(f"/proc/{pid}/task").iterdir():
        for child in (thread / "children").read_text().split():
            yield from _family(int(child))


def _spent(pid: int) -> int:
    """Clock ticks of a process, and of its children that ended and were waited for."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return sum(int(ticks) for ticks in fields[11:15])


def contestants(exercise: Exercise) -> dict[str, Callable[[Path], None]]:
    """Each grades one submission, and raises where a right answer doesn't pass."""
    setup = Setup(exercise.folder.parent)
    bare = BareTests(exercise)

    def fresh_pytest(file: Path) -> None:
        command = [sys.executable, "-m", "pytest", "-q", "-p", "grader.student.plugin"]
        options = [f"--student-file={file}", f"--seed={SEED}", "--import-mode=importlib"]
        subprocess.run([*command, *options, str(exercise.suite)], check=True, capture_output=True)

    def grader(file: Path) -> None:
        submission = Submission(file.parent.name, {file.name: file.read_bytes()})
        result = judge(Task(setup, submission, SEED, frozenset([exercise.name])))
        assert result.total == 100, (result.total, result.fault)

    def warm_pytest(file: Path) -> None:
        run = WarmPytest(file)
        options = (f"--seed={SEED}", "--timeout=60")
        run_pytest([exercise.suite], exercise.folder.parent, [run], *options)
        assert run.passed and not run.failed, run.failed

    def bare_tests(file: Path) -> None:
        bare.run(file)

    return {
        "fresh pytest": fresh_pytest,
        "grader": grader,
        "warm pytest": warm_pytest,
        "bare tests": bare_tests,
    }


def measure(
    ways: dict[str, Callable[[Path], None]], files: list[Path]
) -> tuple[dict[str, float], dict[str, float]]:
    """Mean wall and CPU seconds a submission, the ways interleaved."""
    wall = dict.fromkeys(ways, 0.0)
    cpu = dict.fromkeys(ways, 0.0)
    for file in files:
        for name, way in ways.items():
            started, spent = time.perf_counter(), cpu_seconds()
            way(file)
            wall[name] += time.perf_counter() - started
            cpu[name] += cpu_seconds() - spent
    count = len(files)
    return {n: t / count for n, t in wall.items()}, {n: t / count for n, t in cpu.items()}


def fork_seconds(exercise: Exercise, times: int = 20) -> tuple[float, float]:
    """What a sandbox costs that does nothing: forked, locked down, verified and ended."""
    forker = new_forker(Setup(exercise.folder.parent))
    try:
        forker.fork().end()
        started, spent = time.perf_counter(), cpu_seconds()
        for _ in range(times):
            forker.fork().end()
        return (time.perf_counter() - started) / times, (cpu_seconds() - spent) / times
    finally:
        forker.close()


def parts_of(spent: dict[str, float], fork: float) -> dict[str, float]:
    """Where the grader's time goes: what each way of running the tests adds to the one below it."""
    return {
        "the tests themselves": spent["bare tests"],
        "pytest's own work": spent["warm pytest"] - spent["bare tests"],
        "fork, lock-down, end of the sandbox": fork,
        "messages, records, result": spent["grader"] - spent["warm pytest"] - fork,
    }


def show(
    wall: dict[str, float], cpu: dict[str, float], fork: tuple[float, float], count: int
) -> float:
    """Print both tables; the ratio to fresh pytest."""
    console = Console()
    ways = [
        (
            name,
            f"{wall[name]:.3f}",
            f"{cpu[name]:.3f}",
            f"{3600 / wall[name]:,.0f}",
            f"{wall['fresh pytest'] / wall[name]:.1f}",
            f"{wall['bare tests'] / wall[name]:.2f}",
        )
        for name in wall
    ]
    heads: tuple[str, ...] = ("", "wall s", "CPU s", "an hour", "× fresh pytest", "× bare tests")
    console.print(_table(f"Each of {count} submissions, in turns", heads, ways))
    passed, spent = parts_of(wall, fork[0]), parts_of(cpu, fork[1])
    parts = [
        (n, f"{1000 * passed[n]:.0f}", f"{1000 * spent[n]:.0f}", f"{spent[n] / cpu['grader']:.0%}")
        for n in passed
    ]
    heads = ("", "wall ms", "CPU ms", "of the CPU time")
    console.print(_table("\nWhere the grader's time goes", heads, parts))
    return wall["fresh pytest"] / wall["grader"]


def _table(title: str, heads: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> Table:
    table = Table(box=None, title=title, title_justify="left", title_style="bold")
    for number, head in enumerate(heads):
        table.add_column(head, justify="right" if number else "left")
    for row in rows:
        table.add_row(*row)
    return table


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--exercise", default="01_losses")
    parser.add_argument("--submissions", type=int, default=20)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        exercise = copy_of(ROOT / "solutions" / arguments.exercise, folder / "solutions")
        files = make_submissions(exercise, arguments.submissions, folder)
        ways = contestants(exercise)
        for way in ways.values():  # the first of each pays for imports and caches
            way(files[0])
        gc.freeze()
        wall, cpu = measure(ways, files)
        fork = fork_seconds(exercise)
    ratio = show(wall, cpu, fork, len(files))
    print(f"\n{ratio:.1f} times the throughput of fresh pytest; the bar is {BAR:g}.")
    return 0 if ratio >= BAR else 1


if __name__ == "__main__":
    sys.exit(main())
