"""A small class that is graded by a command of its own, and what can be seen of it from outside."""

from __future__ import annotations

import contextlib
import functools
import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest
import tiny

SLOW = "import time\n\n\ndef double(x):\n    time.sleep(0.3)\n    return x + x\n"
NAMES = [f"s{number}" for number in range(4)]
MARKS = [
    pytest.mark.slow,
    pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc"),
]


def handed_in(kit: Path) -> list[str]:
    return sorted(folder.name for folder in (kit / "class").iterdir())


def leave_two(kit: Path) -> None:
    """Quick ones, where more would only cost time."""
    for name in NAMES[:2]:
        (kit / "class" / name / "double.py").write_text(tiny.answer("x + x"))
    for name in NAMES[2:]:
        shutil.rmtree(kit / "class" / name)


def start(
    kit: Path, *more: str, prefix: tuple[str, ...] = (), **options: Any
) -> subprocess.Popen[str]:
    command = [*prefix, sys.executable, "-m", "grader", "grade", "class", "--workers", "1", *more]
    environment = os.environ | {"OMP_NUM_THREADS": "1", "TMPDIR": str(kit / "tmp")}
    # Ctrl-C is ignored under nohup or behind `&`, and what is started would inherit that.
    heard = functools.partial(signal.signal, signal.SIGINT, signal.SIG_DFL)
    options.setdefault("preexec_fn", heard)
    return subprocess.Popen(
        command, cwd=kit, env=environment, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, **options,
    )  # fmt: skip


def finish(process: subprocess.Popen[str]) -> tuple[int, str]:
    out, err = process.communicate(timeout=240)
    assert "Traceback" not in err, err
    return process.returncode, out + err


def graded(kit: Path) -> dict[str, Any]:
    grades = json.loads((kit / "grades" / "results.json").read_text())
    names = [result["submission"] for result in grades["results"]]
    assert len(names) == len(set(names)), "each at most once"
    return {result["submission"]: result for result in grades["results"]}


def outcomes(result: dict[str, Any]) -> set[str]:
    return {test["outcome"] for exercise in result["exercises"] for test in exercise["tests"]}


def results_of(kit: Path, grades: Path | None = None) -> int:
    """How many results are written down so far."""
    try:
        place = f"{((grades or kit / 'grades') / 'gradebook.sqlite').as_uri()}?mode=ro"
        with contextlib.closing(sqlite3.connect(place, uri=True)) as book:
            [[count]] = book.execute("SELECT count(*) FROM results")
            return int(count)
    except sqlite3.Error:  # there is no file yet, or no table in it
        return 0


def complete(kit: Path, grader: Any) -> None:
    """Grading again, in this process, grades the rest; then everything has its grade."""
    done = grader(kit, "grade", "class")
    assert done.returncode == 0, done.stderr
    all_passed(kit)


def all_passed(kit: Path) -> None:
    results = graded(kit)
    assert sorted(results) == handed_in(kit)
    for result in results.values():
        assert outcomes(result) == {"passed"}


# --- processes ------------------------------------------------------------------------------------


def below(root: int) -> dict[int, tuple[int, str]]:
    """Parent and command of every living process that descends from one."""
    found = {}
    with contextlib.suppress(psutil.NoSuchProcess):
        for process in psutil.Process(root).children(recursive=True):
            with contextlib.suppress(psutil.NoSuchProcess):
                if process.status() != psutil.STATUS_ZOMBIE:
                    found[process.pid] = process.ppid(), " ".join(process.cmdline())
    return found


def judges(tree: dict[int, tuple[int, str]]) -> list[int]:
    return [pid for pid, (_, command) in tree.items() if "spawn_main" in command]


def zygotes(tree: dict[int, tuple[int, str]]) -> list[int]:
    return [pid for pid, (parent, command) in tree.items() if parent in judges(tree)]


def sandboxes(tree: dict[int, tuple[int, str]]) -> list[int]:
    return [pid for pid, (parent, command) in tree.items() if parent in zygotes(tree)]


def wait_for(what: Callable[[], Any], seconds: float = 240) -> Any:
    give_up = time.monotonic() + seconds
    while not (found := what()):
        assert time.monotonic() < give_up, "it never came to that"
        time.sleep(0.02)
    return found
