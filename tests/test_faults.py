"""Faults of our own: processes killed, disks full, no descriptors. Nothing is lost, or charged."""

from __future__ import annotations

import contextlib
import ctypes
import functools
import json
import os
import re
import resource
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
import tiny

from grader.judge.sandboxes import Forker

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc"),
]

SLOW = "import time\n\n\ndef double(x):\n    time.sleep(0.3)\n    return x + x\n"
NAMES = [f"s{number}" for number in range(4)]
PR_SET_CHILD_SUBREAPER = 36


@pytest.fixture
def kit(tmp_path: Path) -> Path:
    tiny.write_assignment(tmp_path)
    for name in NAMES:
        folder = tmp_path / "class" / name
        folder.mkdir(parents=True)
        (folder / "double.py").write_text(SLOW)
    (tmp_path / "tmp").mkdir(mode=0o755)
    return tmp_path


def handed_in(kit: Path) -> list[str]:
    return sorted(folder.name for folder in (kit / "class").iterdir())


def leave_two(kit: Path) -> None:
    """Each of the others would have zygotes started for it in vain."""
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
        assert {t["outcome"] for e in result["exercises"] for t in e["tests"]} == {"passed"}


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


@pytest.fixture
def nothing_left(kit: Path, forker: Forker) -> Iterator[None]:
    """What a test leaves behind would become a child of this process, or lie in its temp."""
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    before = set(below(os.getpid()))
    yield
    wait_for(lambda: not set(below(os.getpid())) - before)
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0)


@pytest.mark.parametrize("victims", [sandboxes, zygotes, judges], ids=lambda f: f.__name__)
def test_killed(kit: Path, nothing_left: None, victims: Callable[..., list[int]]) -> None:
    """One as soon as it is there, and one when something has been graded."""

    def ready(graded_so_far: int) -> bool:
        there = results_of(kit) >= graded_so_far and bool(victims(below(run.pid)))
        return there or run.poll() is not None

    run = start(kit, *(("--workers", "2") if victims is judges else ()))
    killed = 0
    for graded_so_far in (0, 1):
        wait_for(functools.partial(ready, graded_so_far))
        for victim in victims(below(run.pid))[:1]:
            with contextlib.suppress(ProcessLookupError):
                os.kill(victim, signal.SIGKILL)
                killed += 1
    assert killed
    code, said = finish(run)
    assert code == 0, said
    all_passed(kit)


def _not_graded(result: dict[str, Any]) -> bool:
    outcomes = {test["outcome"] for e in result["exercises"] for test in e["tests"]}
    return bool(result["fault"]) or "not graded" in outcomes


def nobody_is_charged(kit: Path) -> None:
    for result in graded(kit).values():
        outcomes = {test["outcome"] for e in result["exercises"] for test in e["tests"]}
        assert outcomes <= {"passed", "not graded"}


def test_the_command_is_killed(kit: Path, nothing_left: None, grader: Any) -> None:
    run = start(kit)
    wait_for(lambda: results_of(kit))
    run.kill()
    run.wait()
    complete(kit, grader)


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
        file.write_text(SLOW)
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


# --- disks and descriptors ------------------------------------------------------------------------


def small_disk(place: Path, room: str) -> tuple[str, ...]:
    """What runs a command with a tiny disk at one place."""
    if os.getuid() != 0 or shutil.which("unshare") is None:
        pytest.skip("only root can mount a small disk")
    script = f'mount -t tmpfs -o {room},mode=755 tmpfs "$1"; shift; exec "$@"'
    return ("unshare", "--mount", "sh", "-ec", script, "sh", str(place))


def test_the_disk_for_results_is_full(kit: Path, nothing_left: None, grader: Any) -> None:
    (kit / "grades").mkdir()
    code, said = finish(start(kit, prefix=small_disk(kit / "grades", "size=8k")))
    assert code == 2, said
    assert "disk is full" in said
    complete(kit, grader)


def test_the_disk_for_results_is_filled_by_others(kit: Path, nothing_left: None) -> None:
    """There was room at the start. What was graded is written down in what was set aside."""
    (kit / "grades").mkdir()
    run = start(kit, prefix=small_disk(kit / "grades", "size=10m"))
    disk = Path(f"/proc/{run.pid}/root/{kit}/grades")

    def seen_from_here() -> int:
        (kit / "copy").mkdir(exist_ok=True)  # SQLite would take the path for one of ours
        for part in disk.glob("gradebook.sqlite*"):
            shutil.copy(part, kit / "copy" / part.name)
        return results_of(kit, kit / "copy")

    wait_for(lambda: run.poll() is not None or seen_from_here())
    with contextlib.suppress(OSError), (disk / "of others").open("wb", buffering=0) as file:
        while file.write(bytes(1 << 12)):
            pass
    code, said = finish(run)
    assert code == 3, said
    said = " ".join(said.split())
    assert re.search(r"Ended early .* disk is full\): [23] of 4 graded and kept", said), said
    assert "json: grades/results.json" in said, "there is room for the reports"


def test_the_disk_for_work_is_full(kit: Path, nothing_left: None, grader: Any) -> None:
    leave_two(kit)
    code, said = finish(start(kit, prefix=small_disk(kit / "tmp", "nr_inodes=3")))
    assert code == 3, said
    assert sorted(graded(kit)) == handed_in(kit)
    assert any(_not_graded(result) for result in graded(kit).values())
    nobody_is_charged(kit)
    complete(kit, grader)


@pytest.mark.parametrize(
    ("descriptors", "code", "outcome"), [(24, 3, "not graded"), (40, 0, "passed")]
)
def test_few_descriptors(
    kit: Path, nothing_left: None, descriptors: int, code: int, outcome: str, grader: Any
) -> None:
    """Too few for a judge's sandboxes, but not for the command: nobody is charged for that."""

    def few() -> None:
        resource.setrlimit(resource.RLIMIT_NOFILE, (descriptors, descriptors))

    leave_two(kit)
    ended, said = finish(start(kit, preexec_fn=few))
    assert ended == code, said
    results = graded(kit)
    assert sorted(results) == handed_in(kit)
    for result in results.values():
        assert {t["outcome"] for e in result["exercises"] for t in e["tests"]} <= {outcome}
        assert _not_graded(result) == (outcome == "not graded")
    complete(kit, grader)
