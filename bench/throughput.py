"""What grading a submission costs: this grader, and the same suites without a boundary.

Ways to run the hidden suites of one exercise, or of all, on the same submissions, taken in turns so
that a busy machine is equally unfair to all:

- grader: a warm judge, and a forked, locked-down sandbox for each exercise of a submission;
- warm pytest: `pytest.main` in a warm process, the submission imported into it;
- warm session: the judge's own way to run tests (one pytest session for all), but no boundary;
- fresh pytest (with `--fresh`): `pytest` in a process of its own for each file, as scripts do it.

Submissions are right (in different styles), half right (every other target is answered with a
constant) and all wrong (every target is). All ways must come to the same: the same tests pass, and
a right submission has all points; otherwise there is an error and no figure. A `DataLoader` starts
no worker processes here, as in a sandbox: they would cost more than the tests.

Exits with 1 where the grader takes more than the design allows: 1.8 times the processor time of
warm pytest for all exercises, 2.5 times for one; all-wrong submissions twice that of right ones.
"""

from __future__ import annotations

import argparse
import contextlib
import gc
import os
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as ET
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

# Before torch: what every contestant gets.
os.environ["OMP_NUM_THREADS"] = "1"

import psutil
import pytest
import torch
from rich.console import Console
from rich.table import Table

from grader.assignment.exercises import Exercise, find_exercises
from grader.grading.engine import Setup, Task, judge, warm_forker, warm_judge
from grader.sandbox import fallbacks
from grader.submission import Submission
from grader.suite.local import Local
from grader.suite.plugin import PROVIDER
from grader.suite.session import Suites, run_pytest

ROOT = Path(__file__).parents[1]
SUITES = ROOT / "solutions"
SEED = 7
BAR_ALL, BAR_ONE, BAR_WRONG = 1.8, 2.5, 2.0
KINDS = ("right", "half right", "all wrong")
WRONG = "\n\ndef {name}(*args, **kwargs):\n    return 0.0\n"

Passed = frozenset[str]  # tests, each as "01_losses/test_nll_values"


@dataclass(frozen=True)
class Entry:
    """One submission: a folder with a file for each exercise."""

    kind: str
    folder: Path


class Files(Local):
    """A submission's files in this process."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self._folder = folder

    def path(self, exercise: Exercise) -> Path:
        return self._folder / exercise.file.name


class WarmPytest:
    """A pytest plugin that provides a submission to the suites, both in this process."""

    def __init__(self, folder: Path) -> None:
        self._files = Files(folder)
        self.passed: set[str] = set()

    @pytest.hookimpl(tryfirst=True)
    def pytest_configure(self, config: pytest.Config) -> None:
        config.stash[PROVIDER] = self._files

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        path, _, name = report.nodeid.partition("::")
        test = f"{Path(path).parent.name}/{name}"
        if report.when == "setup":
            self.passed.add(test)
        if not report.passed:
            self.passed.discard(test)


def make_entries(exercises: list[Exercise], count: int, folder: Path) -> list[Entry]:
    """`count` submissions of each kind; no two alike."""
    entries = []
    for number in range(count):
        for kind in KINDS:
            entry = Entry(kind, folder / f"{number}-{kind.replace(' ', '-')}")
            entry.folder.mkdir()
            for exercise in exercises:
                styles = sorted((ROOT / "tests" / "styles" / exercise.name).glob("*.py"))
                right = [exercise.file, *styles][number % (1 + len(styles))].read_text("utf-8")
                wrong = {"right": (), "half right": exercise.targets[::2]}.get(
                    kind, exercise.targets
                )
                text = right + "".join(WRONG.format(name=name) for name in wrong)
                file = entry.folder / exercise.file.name
                file.write_text(f"{text}\n# submission {number}\n", "utf-8")
            entries.append(entry)
    return entries


def cpu_seconds() -> float:
    """Processor time of this process and of all below it.

    On Linux that of processes that have ended is in it too.
    """
    this = psutil.Process()
    total = 0.0
    for process in (this, *this.children(recursive=True)):
        with contextlib.suppress(psutil.NoSuchProcess):
            total += sum(process.cpu_times()[:4])  # its own, and its children's that have ended
    return total


def contestants(exercises: list[Exercise], fresh: bool) -> dict[str, Callable[[Entry], Passed]]:
    """Each runs the suites on one submission, and tells which tests passed."""
    setup = Setup(SUITES, diagnose=False)
    names = frozenset(exercise.name for exercise in exercises)
    files = [exercise.suite for exercise in exercises]
    suites = Suites(files, SUITES)

    def grader(entry: Entry) -> Passed:
        answers = {file.name: file.read_bytes() for file in entry.folder.glob("*.py")}
        result = judge(Task(setup, Submission(entry.folder.name, answers), SEED, names))
        if not result.graded:
            sys.exit(f"{entry.folder.name}: not graded: {result.fault}")
        if entry.kind == "right" and result.total != 100:
            sys.exit(f"{entry.folder.name}: {result.total:.1f} of 100")
        return frozenset(
            f"{e.name}/{t.name}" for e in result.exercises for t in e.tests if t.passed
        )

    def warm_pytest(entry: Entry) -> Passed:
        run = WarmPytest(entry.folder)
        run_pytest(files, SUITES, [run], f"--seed={SEED}", "--timeout=60")
        return frozenset(run.passed)

    def warm_session(entry: Entry) -> Passed:
        ended = suites.run(suites.tests, Files(entry.folder), SEED)
        return frozenset(f"{e.test.path.parent.name}/{e.test.name}" for e in ended if not e.error)

    def fresh_pytest(entry: Entry) -> Passed:
        command = [sys.executable, "-m", "pytest", "-q", "-p", "grader.student.plugin"]
        report = entry.folder.with_suffix(".xml")
        passed = []
        for exercise in exercises:
            file = entry.folder / exercise.file.name
            options = [f"--student-file={file}", f"--seed={SEED}", "--import-mode=importlib"]
            options += [f"--junitxml={report}", str(exercise.suite)]
            subprocess.run([*command, *options], capture_output=True)
            passed += [
                f"{exercise.name}/{case.get('name')}"
                for case in ET.parse(report).iter("testcase")
                if not len(case)
            ]
        return frozenset(passed)

    ways = {"grader": grader, "warm pytest": warm_pytest, "warm session": warm_session}
    return ways | ({"fresh pytest": fresh_pytest} if fresh else {})


@dataclass
class Cost:
    """Seconds that one submission takes, on the clock and of the processor."""

    wall: float = 0.0
    cpu: float = 0.0


def measure(
    ways: dict[str, Callable[[Entry], Passed]], entries: list[Entry]
) -> dict[tuple[str, str], Cost]:
    """The mean cost of a submission, by way and kind; the ways interleaved.

    Exits where two ways come to different outcomes.
    """
    costs = {(way, kind): Cost() for way in ways for kind in KINDS}
    count = sum(entry.kind == KINDS[0] for entry in entries)
    for entry in entries:
        passed: dict[str, Passed] = {}
        for name, way in ways.items():
            started, spent = time.perf_counter(), cpu_seconds()
            passed[name] = way(entry)
            cost = costs[name, entry.kind]
            cost.wall += (time.perf_counter() - started) / count
            cost.cpu += (cpu_seconds() - spent) / count
        for name, tests in passed.items():
            if differ := sorted(tests ^ passed["grader"]):
                sys.exit(f"{entry.folder.name}: {name} and grader differ: {', '.join(differ)}")
    return costs


def fork_seconds(times: int = 20) -> float:
    """Processor time of a sandbox that does nothing: forked, locked down, verified and ended."""
    forker = warm_forker(Setup(SUITES).isolation, Setup(SUITES).spawn)
    try:
        forker.fork().end()
        spent = cpu_seconds()
        for _ in range(times):
            forker.fork().end()
        return (cpu_seconds() - spent) / times
    finally:
        forker.close()


def show(costs: dict[tuple[str, str], Cost], count: int) -> None:
    table = Table(box=None, title=f"Each of {count} submissions a kind, in turns")
    for number, head in enumerate(("", "", "wall s", "CPU s", "× warm pytest", "× right")):
        table.add_column(head, justify="right" if number > 1 else "left")
    for (way, kind), cost in costs.items():
        warm, right = costs["warm pytest", kind].cpu, costs[way, "right"].cpu
        table.add_row(
            way,
            kind,
            f"{cost.wall:.3f}",
            f"{cost.cpu:.3f}",
            f"{cost.cpu / warm:.2f}",
            f"{cost.cpu / right:.2f}",
        )
    Console().print(table)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("exercise", nargs="?", default="01_losses", help="its name, or 'all'")
    parser.add_argument("--submissions", type=int, default=5, help="of each kind")
    parser.add_argument("--fresh", action="store_true", help="fresh pytest, too")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    fallbacks.install(lambda key: None)
    found = find_exercises(SUITES)
    exercises = [e for e in found if arguments.exercise in (e.name, "all")]
    if not exercises:
        parser.error(f"choose one of {', '.join(e.name for e in found)}, or all")
    with tempfile.TemporaryDirectory() as temporary:
        entries = make_entries(exercises, arguments.submissions, Path(temporary))
        ways = contestants(exercises, arguments.fresh)
        for way in ways.values():  # the first of each pays for imports and caches
            way(entries[0])
        gc.collect()
        gc.freeze()
        costs = measure(ways, entries)
    show(costs, arguments.submissions)
    print(f"A sandbox that does nothing: {fork_seconds():.3f} s of processor time.")
    warm_judge.cache_clear()
    ratio = costs["grader", "right"].cpu / costs["warm pytest", "right"].cpu
    wrong = costs["grader", "all wrong"].cpu / costs["grader", "right"].cpu
    bar = BAR_ALL if len(exercises) > 1 else BAR_ONE
    print(f"{ratio:.2f} times warm pytest, and at most {bar:g} is wanted;")
    print(f"all wrong {wrong:.2f} times right, and at most {BAR_WRONG:g} is wanted.")
    return 0 if ratio <= bar and wrong <= BAR_WRONG else 1


if __name__ == "__main__":
    sys.exit(main())
