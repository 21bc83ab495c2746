"""A command that is interrupted, asked to end or killed: the next one grades the rest."""

from __future__ import annotations

import signal
import time
from pathlib import Path
from typing import Any

import tiny
from faults.runs import (
    MARKS,
    NAMES,
    SLOW,
    complete,
    finish,
    graded,
    leave_two,
    results_of,
    start,
    wait_for,
)

pytestmark = MARKS


def test_interrupted(kit: Path, nothing_left: None, grader: Any) -> None:
    """It waits for no test: some here would take ten minutes. Five times is no worse than once."""
    sleeping = [kit / "class" / name / "double.py" for name in NAMES[1:]]
    for file in sleeping:
        file.write_text(SLOW.replace("0.3", "600"))
    run = start(kit, "--test-seconds", "600")
    wait_for(lambda: results_of(kit))
    for _ in range(5):
        run.send_signal(signal.SIGINT)
        time.sleep(0.01)
    code, said = finish(run)
    assert code == 130, said
    assert "1 of 4 graded" in said
    assert list(graded(kit)) == NAMES[:1]
    for file in sleeping:
        file.write_text(tiny.answer("x + x"))
    complete(kit, grader)


def test_asked_to_end(kit: Path, nothing_left: None, grader: Any) -> None:
    """The complete results of the run before aren't lost for a part of new ones."""
    leave_two(kit)
    assert grader(kit, "grade", "class").returncode == 0
    (kit / "class" / NAMES[1] / "double.py").write_text(SLOW.replace("0.3", "600"))
    before = (kit / "grades" / "results.json").read_bytes()
    run = start(kit, "--test-seconds", "600", "--regrade")
    wait_for(lambda: results_of(kit) == 3)
    run.send_signal(signal.SIGTERM)
    code, said = finish(run)
    assert code == 143, said
    assert "1 of 2 graded" in said
    assert (kit / "grades" / "results.json").read_bytes() == before
    assert not list((kit / "tmp").iterdir()), "every folder is removed"


def test_the_command_is_killed(kit: Path, nothing_left: None, grader: Any) -> None:
    run = start(kit)
    wait_for(lambda: results_of(kit))
    run.kill()
    run.wait()
    complete(kit, grader)
