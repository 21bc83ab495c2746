"""How long `grader watch` takes from a save to its verdict: a wrong and a right answer a target.

    python bench/watch.py             # exercises 01 to 03
    python bench/watch.py 04 07       # others

It runs the command itself, in a terminal of its own (so not on Windows), on a copy of the
exercises, with answers from `solutions/`. Seconds on the clock, from the moment the file is written
until the verdict is on the screen. Exits with 1 where the median is more than 0.25 s.
"""

from __future__ import annotations

import argparse
import os
import pty
import re
import select
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from grader.assignment.exercises import Exercise, choose_exercises
from grader.assignment.mistakes import PRELUDE, load_mistakes
from grader.student.answers import with_stub

ROOT = Path(__file__).parents[1]
MOST = 0.25  # seconds, the median
PATIENCE = 120  # seconds until something must have happened
LAZY = "from __future__ import annotations\n"  # answers may have annotations of their own
STILL = 1.0  # seconds of silence after which nothing more is on its way


class Terminal:
    """`grader watch` in a terminal; `frame` is the screen as it was drawn last."""

    def __init__(self, folder: Path) -> None:
        self._here, there = pty.openpty()
        command = [sys.executable, "-m", "grader", "watch"]
        environment = os.environ | {"COLUMNS": "80", "LINES": "40", "OMP_NUM_THREADS": "1"}
        self._process = subprocess.Popen(
            command, cwd=folder, env=environment, stdin=there, stdout=there, stderr=there
        )
        self._said = ""

    @property
    def frame(self) -> str:
        return re.sub(r"\x1b\[\w", "", self._said.rpartition("\x1b[H")[2])

    def wait(self, words: str) -> None:
        """Read until the frame has these words."""
        deadline = time.monotonic() + PATIENCE
        while words not in self.frame:
            if time.monotonic() > deadline:
                sys.exit(f"no {words!r} in\n{self.frame}")
            self._read(0.1)

    def settle(self) -> None:
        """Read until nothing comes any more."""
        while self._read(STILL):
            pass

    def press(self, key: str) -> None:
        os.write(self._here, key.encode())

    def close(self) -> None:
        self._process.terminate()
        self._process.wait()

    def _read(self, seconds: float) -> bool:
        if not select.select([self._here], [], [], seconds)[0]:
            return False
        self._said = (self._said + os.read(self._here, 1 << 16).decode())[-(1 << 16) :]
        return True


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("exercises", nargs="*", default=["01", "02", "03"])
    chosen = choose_exercises(ROOT / "solutions", options.parse_args().exercises)
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        for name in ("exercises", "grader", "data"):
            shutil.copytree(ROOT / name, home / name, ignore=shutil.ignore_patterns("__pycache__"))
        for solution in chosen:
            file = home / "exercises" / solution.name / solution.file.name
            stubs = file.read_text("utf-8").replace(LAZY, "")
            file.write_text(f"{LAZY}{stubs}{PRELUDE}", "utf-8")
        terminal = Terminal(home)
        try:
            terminal.wait("Esc: skip")
            terminal.press("\x1b")
            terminal.wait("Write it in")
            warm_up(terminal, home / "exercises", chosen[0])
            seconds = [s for e in chosen for s in timed(terminal, home / "exercises", e)]
        finally:
            terminal.close()
    median = statistics.median(seconds)
    print(f"median {median:.3f} s, worst {max(seconds):.3f} s, of {len(seconds)} saves")
    sys.exit(median > MOST)


def warm_up(terminal: Terminal, exercises: Path, solution: Exercise) -> None:
    """Wait until a process has torch imported: the first save's verdict says so."""
    file = exercises / solution.name / solution.file.name
    stubs, target = file.read_text("utf-8"), solution.targets[0]
    file.write_text(with_stub(stubs, f"def {target}(*args):\n    return None\n", target), "utf-8")
    terminal.wait("\nx ")
    file.write_text(stubs, "utf-8")
    terminal.wait("Write it in")


def timed(terminal: Terminal, exercises: Path, solution: Exercise) -> list[float]:
    """Write each target of an exercise wrong, then right; the seconds of each save."""
    file = exercises / solution.name / solution.file.name
    right = solution.file.read_text("utf-8")
    text = file.read_text("utf-8")
    mistakes = {m.target: m.source for m in reversed(load_mistakes(solution))}
    found = []
    for target in solution.targets:
        pair = []
        for answer, words in ((mistakes[target], "\nx "), (right, f"{target} is done")):
            text = with_stub(text, answer, target)
            terminal.settle()
            began = time.perf_counter()
            file.write_text(text, "utf-8")
            terminal.wait(words)
            pair.append(time.perf_counter() - began)
        print(f"{solution.name}/{target}: wrong {pair[0]:.3f} s, right {pair[1]:.3f} s")
        found += pair
    return found


if __name__ == "__main__":
    main()
