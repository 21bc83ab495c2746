"""A class graded from end to end: how fast, how big, and what a larger one would take.

The class is made of right answers in many styles, of known mistakes, and of mutants. Each exercise
of a submission is drawn by itself, so that hardly two are alike. It is graded by `grader grade` in
a process of its own, with the HTML report, as an instructor does it: once for each size up to the
one that is asked for, and for each number of workers, in rounds. What comes after `--` is passed on
to `grader grade` (`-- --cluster local:2`).

`--apart` shows what this machine can give: commands of one worker each, side by side, which share
nothing.
"""

from __future__ import annotations

import argparse
import contextlib
import ctypes
import os
import random
import resource
import shutil
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import psutil
from rich.console import Console
from rich.table import Table

from grader.assignment.exercises import Exercise, find_exercises
from grader.assignment.mistakes import load_mistakes
from grader.grading.mutation import mutants_of
from grader.report.formats import json

ROOT = Path(__file__).parents[1]
SIZES = (10, 100, 1000)
LARGER = (5_000, 50_000)
SEED = 7
SHARES = {"right": 0.5, "mistake": 0.3, "mutant": 0.2}
MUTANTS = 60  # of each exercise: making all of them takes longer than grading some
SPELL_SECONDS = 0.5
PR_SET_CHILD_SUBREAPER = 36


def answers(exercise: Exercise, draw: random.Random) -> dict[str, list[str]]:
    """Texts of an exercise's file, by kind."""
    styles = sorted((ROOT / "tests" / "styles" / exercise.name).glob("*.py"))
    right = [file.read_text("utf-8") for file in [exercise.file, *styles]]
    changed = mutants_of(right[0], exercise.targets)
    # A mistake replaces its target: what is defined last counts.
    wrong = [f"{right[0]}\n\n{mistake.source}" for mistake in load_mistakes(exercise)]
    mutants = [mutant.source for mutant in draw.sample(changed, min(MUTANTS, len(changed)))]
    return {"right": right, "mistake": wrong, "mutant": mutants}


def make_class(exercises: list[Exercise], size: int, folder: Path) -> list[Path]:
    """Write `size` submissions below `folder`; their folders."""
    draw = random.Random(SEED)
    pools = {exercise: answers(exercise, draw) for exercise in exercises}
    found = []
    for number in range(size):
        place = folder / f"student-{number:05d}"
        place.mkdir(parents=True)
        for exercise, pool in pools.items():
            [kind] = draw.choices(list(SHARES), list(SHARES.values()))
            text = f"{draw.choice(pool[kind])}\n# submission {number}\n"
            (place / exercise.file.name).write_text(text, "utf-8")
        found.append(place)
    return found


# --- processes ------------------------------------------------------------------------------------


def family(pid: int) -> Iterator[psutil.Process]:
    """A process and all below it."""
    with contextlib.suppress(psutil.NoSuchProcess):
        root = psutil.Process(pid)
        yield root
        yield from root.children(recursive=True)


def role(process: psutil.Process, command: int) -> str:
    """What a process is for, by its command line; a fork has that of its zygote."""
    if process.pid == command:
        return "command"
    line, above = process.cmdline(), process.parent()
    if any("grader.sandbox" in word for word in line):
        forked = above is not None and any("grader.sandbox" in word for word in above.cmdline())
        return "sandboxes, rehearsals" if forked else "zygotes"
    return "judges" if any("spawn_main" in word for word in line) else "others"


@dataclass
class Seen:
    """What was seen of a run's processes: by role, the peak memory of one, in bytes."""

    peaks: dict[str, int] = field(default_factory=dict)
    most: int = 0  # bytes at once, of all; memory that is shared counts for each of its share

    def look(self, command: int) -> None:
        """Look at all processes of a run that there are now."""
        total = 0
        for process in family(command):
            with contextlib.suppress(OSError, StopIteration, psutil.Error):  # it has just ended
                status = Path(f"/proc/{process.pid}/status").read_text()
                peak = next(line for line in status.splitlines() if line.startswith("VmHWM"))
                name = role(process, command)
                self.peaks[name] = max(self.peaks.get(name, 0), int(peak.split()[1]) << 10)
                total += process.memory_full_info().pss
        self.most = max(self.most, total)


def ticking(command: int) -> float:
    """Processor time of a run's processes so far."""
    total = 0.0
    for process in family(command):
        with contextlib.suppress(psutil.NoSuchProcess):
            total += sum(process.cpu_times()[:4])  # its own, and its children's that have ended
    return total


def keep_orphans() -> None:
    """Have what a judge leaves behind become a child of this process, so that its time counts."""
    if sys.platform.startswith("linux"):
        ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def spent() -> float:
    """Processor time of all that was started here and has ended, after waiting for it."""
    with contextlib.suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG if not sys.platform.startswith("linux") else 0)[0]:
            pass
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def count(out: Path) -> int:
    """How many submissions have been graded so far."""
    place = f"{(out / 'gradebook.sqlite').as_uri()}?mode=ro"
    try:
        with contextlib.closing(sqlite3.connect(place, uri=True)) as book:
            [[found]] = book.execute("SELECT count(*) FROM gradings")
            return int(found)
    except sqlite3.Error:  # there is no file yet, or no table in it
        return 0


# --- runs -----------------------------------------------------------------------------------------


@dataclass
class Run:
    """One run of `grader grade`.

    Seconds of the clock: in all, and until the first results were there, and the last ones. Of the
    processor: in all, and until the first. `begun`: how many were among the first. `disk`: bytes.
    """

    size: int
    workers: int
    wall: float
    first: float
    last: float
    begun: int
    cpu: float
    cpu_first: float
    disk: dict[str, int]
    seen: Seen
    faults: int

    @property
    def rate(self) -> float:
        """Submissions a second, once the first are there."""
        return (self.size - self.begun) / max(self.last - self.first, SPELL_SECONDS)

    @property
    def later(self) -> float:
        """Processor time of a submission, once the first are there; reports are in it."""
        return (self.cpu - self.cpu_first) / max(self.size - self.begun, 1)


def grade(folder: Path, members: list[Path], workers: int, solutions: Path, more: list[str]) -> Run:
    """Grade some of the class, with nothing kept from before."""
    here = folder / f"{len(members)}-{workers}"
    class_folder, out = here / "class", here / "grades"
    class_folder.mkdir(parents=True)
    for member in members:
        shutil.copytree(member, class_folder / member.name)
    command = [sys.executable, "-m", "grader", "grade", str(class_folder), "--out", str(out)]
    command += ["--solutions", str(solutions), "--seed", str(SEED), "--report", "html"]
    command += more or ["--workers", str(workers)]
    began, before, seen = time.perf_counter(), spent(), Seen()
    first = last = cpu_first = 0.0
    begun = 0
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    with (here / "log").open("w+") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, env=environment)
        while process.poll() is None:
            seen.look(process.pid)
            done, now = count(out), time.perf_counter() - began
            if done and not first:
                first, begun, cpu_first = now, done, ticking(process.pid)
            if done < len(members) or not last:
                last = now  # a look too early, so half a spell is missing on average
            time.sleep(SPELL_SECONDS)
        wall = time.perf_counter() - began
        if process.returncode:
            log.seek(0)
            raise SystemExit(f"grader grade: exit code {process.returncode}\n{log.read()}")
    results = json.read(out / "results.json").results
    run = Run(
        len(members), workers, wall, first, last, begun, spent() - before, cpu_first,
        sizes(out), seen,
        sum(bool(result.fault) for result in results),
    )  # fmt: skip
    shutil.rmtree(here)
    return run


def grade_apart(
    folder: Path, members: list[Path], parts: int, solutions: Path, more: list[str]
) -> list[Run]:
    """Grade the class in so many parts at once, each by a command of its own with one worker."""
    with ProcessPoolExecutor(parts, initializer=keep_orphans) as pool:
        running = [
            pool.submit(grade, folder / f"part-{n}", members[n::parts], 1, solutions, more)
            for n in range(parts)
        ]
        return [future.result() for future in running]


def sizes(out: Path) -> dict[str, int]:
    """Bytes on disk, by what they are for."""
    found: dict[str, int] = {}
    for file in (file for file in out.rglob("*") if file.is_file()):
        top = file.relative_to(out).parts[0]
        kind = next((k for k in ("gradebook", "results", "feedback") if top.startswith(k)), "HTML")
        found[kind] = found.get(kind, 0) + file.stat().st_size
    return found


# --- what is shown --------------------------------------------------------------------------------


def table(title: str, heads: tuple[str, ...], rows: list[tuple[str, ...]]) -> None:
    shown = Table(box=None, title=title, title_justify="left")
    for number, head in enumerate(heads):
        shown.add_column(head, justify="right" if number else "left")
    for row in rows:
        shown.add_row(*row)
    Console().print(shown, "")


def show(runs: list[Run]) -> None:
    table(
        "Seconds in all, and until the first result; CPU seconds a submission, in all and later",
        ("submissions", "workers", "s", "first", "a second", "CPU s", "later", "not graded"),
        [
            (
                f"{r.size:,}", str(r.workers), f"{r.wall:.1f}", f"{r.first:.1f}",
                f"{r.rate:.2f}", f"{r.cpu / r.size:.3f}", f"{r.later:.3f}", str(r.faults),
            )
            for r in runs
        ],
    )  # fmt: skip
    last = runs[-1]
    table(
        "Peak memory of one process (MiB)",
        ("what", "MiB"),
        [(name, f"{size >> 20}") for name, size in sorted(last.seen.peaks.items())]
        + [("all at once", f"{last.seen.most >> 20}")],
    )
    kept = sum(size for kind, size in last.disk.items() if kind != "feedback") / last.size
    table(
        "On disk, a submission (KB)",
        ("what", "KB"),
        [(kind, f"{size / last.size / 1000:.1f}") for kind, size in sorted(last.disk.items())]
        + [("all but feedback", f"{kept / 1000:.1f}")],
    )
    rows = []
    for size in LARGER:
        hours = (last.first + size / last.rate) / 3600
        rows.append((f"{size:,}", f"{hours:.2f}", f"{size * kept / 1e6:,.0f}"))
    heads = ("submissions", "hours", "MB (gradebook, results, HTML)")
    table("Larger classes, at that rate and size", heads, rows)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("size", nargs="?", type=int, default=1000)
    parser.add_argument("--exercises", type=int, default=3, help="how many, from 01 on")
    parser.add_argument("--workers", type=int, nargs="+", default=[len(os.sched_getaffinity(0))])
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--apart", action="store_true", help="also commands of one worker each")
    parser.add_argument("--one-size", action="store_true", help="not the smaller ones before")
    mine, more = _split(sys.argv[1:])
    arguments = parser.parse_args(mine)
    keep_orphans()
    every = [*(size for size in SIZES if size < arguments.size), arguments.size]
    with tempfile.TemporaryDirectory(prefix="torchgrade-class-") as temporary:
        folder = Path(temporary)
        solutions = folder / "solutions"
        for exercise in find_exercises(ROOT / "solutions")[: arguments.exercises]:
            shutil.copytree(exercise.folder, solutions / exercise.name)
        members = make_class(find_exercises(solutions), arguments.size, folder / "all")
        runs: list[Run] = []
        rates: dict[str, list[float]] = {}  # of the whole class, by how it was graded
        for number in range(arguments.rounds):
            for workers in arguments.workers:
                for size in every[-1:] if arguments.one_size or number else every:
                    run = grade(folder, members[:size], workers, solutions, more)
                    runs.append(run)
                    print(
                        f"{size:,} submissions, {workers} workers: {run.wall:.0f} s, {run.rate:.2f}"
                        f" a second, {run.later:.3f} CPU s each once the first are there.",
                        flush=True,
                    )
                rates.setdefault(f"--workers {workers}", []).append(run.rate)
            if arguments.apart:
                parts = max(arguments.workers)
                rate = sum(r.rate for r in grade_apart(folder, members, parts, solutions, more))
                print(f"{parts} commands of one worker each: {rate:.2f} a second.", flush=True)
                rates.setdefault(f"{parts} commands of --workers 1", []).append(rate)
    show(runs)
    (first, basis), *others = ((how, statistics.median(found)) for how, found in rates.items())
    for how, rate in others:
        print(f"{how}: {rate / basis:.2f} times as many a second as {first}.")
    return 0


def _split(arguments: list[str]) -> tuple[list[str], list[str]]:
    """What is before and after `--`."""
    place = arguments.index("--") if "--" in arguments else len(arguments)
    return arguments[:place], arguments[place + 1 :]


if __name__ == "__main__":
    sys.exit(main())
