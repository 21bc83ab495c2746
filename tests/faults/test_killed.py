"""Processes of ours that are killed. Nothing is lost, and nobody is charged."""

from __future__ import annotations

import contextlib
import functools
import os
import resource
import signal
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from faults.runs import (
    MARKS,
    all_passed,
    below,
    finish,
    judges,
    results_of,
    sandboxes,
    start,
    wait_for,
)

pytestmark = MARKS
DESCRIPTORS = 40
ZYGOTE = "grader.sandbox.zygote"


def kill_two(kit: Path, victims: Callable[[], list[int]], over: Callable[[], bool]) -> int:
    """One as soon as it is there, and one when something has been graded; how many were killed."""

    def ready(graded_so_far: int) -> bool:
        return over() or (results_of(kit) >= graded_so_far and bool(victims()))

    killed = 0
    for graded_so_far in (0, 1):
        wait_for(functools.partial(ready, graded_so_far))
        for victim in victims()[:1]:
            with contextlib.suppress(ProcessLookupError):
                os.kill(victim, signal.SIGKILL)
                killed += 1
    return killed


def few() -> None:
    """As many descriptors as one judge needs."""
    resource.setrlimit(resource.RLIMIT_NOFILE, (DESCRIPTORS, DESCRIPTORS))


@pytest.mark.parametrize(
    ("victims", "options", "prepare"),
    [(sandboxes, (), few), (judges, ("--workers", "2"), None)],
    ids=["sandboxes, and there are few descriptors", "judges"],
)
def test_killed(
    kit: Path,
    nothing_left: None,
    victims: Callable[..., list[int]],
    options: tuple[str, ...],
    prepare: Callable[[], None] | None,
) -> None:
    run = start(kit, *options, preexec_fn=prepare)
    killed = kill_two(kit, lambda: victims(below(run.pid)), lambda: run.poll() is not None)
    assert killed
    code, said = finish(run)
    assert code == 0, said
    all_passed(kit)


def test_killed_zygotes(kit: Path, nothing_left: None, grader: Any) -> None:
    """Those of a judge in this process: one with limits of its own has a zygote of its own."""
    before = set(below(os.getpid()))
    over = threading.Event()
    killed: list[int] = []

    def fresh() -> list[int]:
        ours = os.getpid()
        started = {pid: one for pid, one in below(ours).items() if pid not in before}
        return [p for p, (parent, what) in started.items() if parent == ours and ZYGOTE in what]

    def kill() -> None:
        killed.append(kill_two(kit, fresh, over.is_set))

    killer = threading.Thread(target=kill)
    killer.start()
    try:
        done = grader(kit, "grade", "class", "--threads", "63")
    finally:
        over.set()
        killer.join()
    assert done.returncode == 0, done.stderr
    assert killed == [2]
    all_passed(kit)
