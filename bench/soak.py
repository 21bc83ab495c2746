"""Grade whatever comes, in random order, while sandboxes, zygotes and judges are killed at random.

Submissions are drawn from right answers in many styles, known mistakes, mutants, attacks
(tests/attacks) and broken files. Each honest one is graded once in quiet before. Then, in the
storm:

- every submission has one result, and none is a fault of ours;
- every honest one has its very outcomes, test by test; no attack gets what it must not get;
- no process and no file of ours is left;
- no judge takes 2 GiB, and those that grade many submissions don't grow: in every second batch no
  judge is killed, so that some do.

Exits with 1 where that doesn't hold. Linux only. Two minutes are for CI; a thousand submissions
take about half an hour of two quiet cores: `bench/soak.py --submissions 1000 --minutes 60`
"""

from __future__ import annotations

import argparse
import contextlib
import ctypes
import importlib.util
import itertools
import os
import random
import re
import signal
import statistics
import sys
import tempfile
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from concurrent.futures import Executor
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType

os.environ["OMP_NUM_THREADS"] = "1"

import psutil

from grader.assignment.exercises import Exercise, find_exercises
from grader.assignment.mistakes import load_mistakes, splice
from grader.grading.engine import Setup, Task, default_workers, grade_all
from grader.grading.mutation import mutants_of
from grader.judge.isolation import Isolation
from grader.lockdown.limits import MIB, Limits, Patience
from grader.result import Outcome, Result
from grader.submission import Submission

ROOT = Path(__file__).parents[1]
SEED = 7
BATCH, TOLD = 60, 50  # submissions a worker; results between two lines of progress
JUDGE_BYTES = 2 << 30
GROWTH_BYTES = 128 << 20
SETTLED, ENOUGH = 10, 40  # results a worker: until memory is what it will be; to tell growth
HONEST = ("right", "mistake", "mutant")
SHARES = {"right": 3, "mistake": 2, "mutant": 2, "attack": 2, "broken": 1}
KINDS = ("sandbox", "zygote", "judge")
SMALL = Limits(
    cpu_seconds=2, memory_bytes=320 * MIB, threads=16, scratch_bytes=32 * MIB, output_bytes=4 * MIB
)
PR_SET_CHILD_SUBREAPER = 36


@dataclass(frozen=True)
class Entry:
    """What can be handed in. `must`: the outcomes that an attack's `target` may have."""

    kind: str
    name: str
    setup: Setup
    exercise: str
    files: dict[str, bytes] = field(hash=False)
    target: str = ""
    must: frozenset[str] = frozenset()

    def task(self, number: int) -> Task:
        """A submission of it."""
        submission = Submission(f"{number:05} {self.kind} {self.name}", self.files)
        return Task(self.setup, submission, SEED, frozenset([self.exercise]))


# --- what is handed in ----------------------------------------------------------------------------


def honest(rng: random.Random, exercise: Exercise, setup: Setup, each: int) -> Iterator[Entry]:
    """Right answers, mistakes and mutants of an exercise, at most `each` of a kind."""
    right = exercise.file.read_text("utf-8")
    styles = sorted((ROOT / "tests/styles" / exercise.name).glob("*.py"))
    found = {"right": [("reference", right)], "mistake": [], "mutant": []}
    found["right"] += [(file.stem, file.read_text("utf-8")) for file in styles]
    if exercise.mistakes.is_file():
        found["mistake"] = [(m.name, splice(exercise, m)) for m in load_mistakes(exercise)]
    # An operator changes a target in several places: the number tells its mutants apart.
    found["mutant"] = [
        (f"{mutant.target} {mutant.operator} {number}", mutant.source)
        for number, mutant in enumerate(mutants_of(right))
    ]
    for kind, answers in found.items():
        for name, text in rng.sample(answers, min(each, len(answers))):
            files = {exercise.file.name: text.encode()}
            yield Entry(kind, f"{exercise.name} {name}", setup, exercise.name, files)


def attacks(setup: Setup, toy: ModuleType, wanted: Callable[[frozenset[str]], bool]) -> list[Entry]:
    """Those whose outcomes are `wanted`."""
    found = []
    for attack in toy.ATTACKS:
        if wanted(attack.must):
            source = re.sub(r"@\w+@", "7", attack.source) + toy._rest_of(attack)
            files = {"toy.py": source.encode("utf-8", "surrogatepass")}
            found.append(
                Entry("attack", attack.name, setup, "01_toy", files, attack.target, attack.must)
            )
    return found


def broken(rng: random.Random, entry: Entry) -> Entry:
    """A right answer, broken in some way."""
    [(name, content)] = entry.files.items()
    place = rng.randrange(len(content))
    ways = {
        "cut short": content[:place],
        "zeros": content[:place] + b"\0" * 20 + content[place:],
        "not text": rng.randbytes(2000),
        "raises": content + b"\n1 / 0\n",
        "empty": b"",
        "nested": b"x = " + b"(" * 500 + b")" * 500 + b"\n" + content,
        "exits": content + b"\nraise SystemExit(0)\n",
    }
    way = rng.choice(list(ways))
    return Entry("broken", way, entry.setup, entry.exercise, {name: ways[way]})


def toys() -> ModuleType:
    """The attacks, and the suite that they attack."""
    path = ROOT / "tests/hostile.py"
    spec = importlib.util.spec_from_file_location("attacks_of_the_soak", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def write_toy(toy: ModuleType, suites: Path) -> Path:
    """The suite that is attacked, as the folder `suites`."""
    exercise = suites / "01_toy"
    exercise.mkdir(parents=True)
    (exercise / "toy.py").write_text(toy.REFERENCE)
    (exercise / "test_toy.py").write_text(toy.SUITE)
    return suites


# --- processes ------------------------------------------------------------------------------------


def family() -> dict[int, tuple[int, str]]:
    """Parent and command of every living process below this one."""
    found = {}
    for process in psutil.Process().children(recursive=True):
        with contextlib.suppress(psutil.NoSuchProcess):
            if process.status() != psutil.STATUS_ZOMBIE:
                found[process.pid] = process.ppid(), " ".join(process.cmdline())
    return found


def members(kind: str) -> list[int]:
    """The processes of one kind that live now."""
    below = family()
    zygotes = {pid for pid, (_, command) in below.items() if "grader.sandbox.zygote" in command}
    found = {
        "zygote": zygotes - {p for p, (parent, _) in below.items() if parent in zygotes},
        "sandbox": {pid for pid, (parent, _) in below.items() if parent in zygotes},
        "judge": {pid for pid, (_, command) in below.items() if "spawn_main" in command},
    }
    return sorted(found[kind])


class Killer(threading.Thread):
    """Kills a process now and then: never the same work twice, so nobody may lose by it.

    What was hit is graded again before `spare` more results have come.
    """

    def __init__(self, rng: random.Random, kinds: tuple[str, ...], spare: int) -> None:
        super().__init__(daemon=True)
        self.killed: Counter[str] = Counter()
        self._rng, self.kinds, self._spare = rng, kinds, spare
        self._results, self._due = 0, 1
        self._over = threading.Event()

    def result(self) -> None:
        """A result has come."""
        self._results += 1

    def run(self) -> None:
        while not self._over.wait(0.01):
            if self._results < self._due or not self.kinds:
                continue
            kind = self._rng.choice(self.kinds)
            if not (there := members(kind)):
                continue
            try:
                os.kill(self._rng.choice(there), signal.SIGKILL)
            except ProcessLookupError:
                continue
            self.killed[kind] += 1
            self._due = self._results + self._spare + self._rng.randrange(4)

    def stop(self) -> None:
        self._over.set()
        self.join()


def memory_of(pid: int) -> int:
    """The bytes that a process has in memory; 0 if it has ended."""
    try:
        return int(psutil.Process(pid).memory_info().rss)
    except psutil.NoSuchProcess:
        return 0


# --- the soak -------------------------------------------------------------------------------------


def outcomes(result: Result) -> list[tuple[str, str]]:
    return [(test.name, test.outcome.value) for e in result.exercises for test in e.tests]


@dataclass
class Soak:
    """One soak, and what didn't hold.

    `memory`: of each judge, after each result of anyone. `grown`: by how many bytes over how many
    results each judge grew that lasted long enough to tell.
    """

    rng: random.Random
    entries: list[Entry]
    workers: int = 2
    kinds: tuple[str, ...] = KINDS
    start: Callable[[int], Executor] | None = None
    graded: Counter[str] = field(default_factory=Counter)
    killed: Counter[str] = field(default_factory=Counter)
    problems: list[str] = field(default_factory=list)
    memory: dict[int, list[int]] = field(default_factory=lambda: defaultdict(list))
    grown: list[tuple[int, int]] = field(default_factory=list)

    def quiet(self) -> dict[str, list[tuple[str, str]]]:
        """The outcomes of all that is honest, undisturbed; what is slow or dies is left out."""
        tasks = [e.task(n) for n, e in enumerate(self.entries) if e.kind in HONEST]
        found = {r.submission[6:]: outcomes(r) for r in grade_all(tasks, self.workers, self.start)}
        doubtful = {Outcome.TIMED_OUT.value, Outcome.CRASHED.value, Outcome.NOT_GRADED.value}
        out = {name for name, tests in found.items() if {how for _, how in tests} & doubtful}
        self.entries = [e for e in self.entries if f"{e.kind} {e.name}" not in out]
        for name, tests in found.items():
            if name.startswith("right ") and {how for _, how in tests} - {"passed", "failed"}:
                self.problems.append(f"{name}, in quiet: {tests}")
        return found

    def drawn(self, number: int) -> tuple[Entry, Task]:
        kind = self.rng.choices(list(SHARES), list(SHARES.values()))[0]
        of_kind = [e for e in self.entries if e.kind == ("right" if kind == "broken" else kind)]
        entry = self.rng.choice(of_kind or self.entries)
        entry = broken(self.rng, entry) if kind == "broken" else entry
        return entry, entry.task(number)

    def storm(self, submissions: int, seconds: float) -> None:
        """Grade until so many are graded, or the time is up."""
        right = self.quiet()
        print(f"{len(right)} honest answers graded in quiet", flush=True)
        until = time.monotonic() + seconds
        killer = Killer(random.Random(self.rng.random()), self.kinds, 2 * self.workers + 1)
        killer.start()
        spared = itertools.cycle([self.kinds, tuple(k for k in self.kinds if k != "judge")])
        while (done := self.graded.total()) < submissions and time.monotonic() < until:
            killer.kinds = next(spared)
            count = min(BATCH * self.workers, submissions - done)
            batch = [self.drawn(done + number) for number in range(count)]
            entries = {task.submission.name: entry for entry, task in batch}
            results = grade_all([task for _, task in batch], self.workers, self.start)
            for result in results:
                killer.result()
                self._look(result, entries.pop(result.submission, None), right)
                if self.graded.total() % TOLD == 0:
                    print(f"{self.graded.total()} graded; {dict(killer.killed)} killed", flush=True)
                if time.monotonic() > until:
                    results.close()  # its judges end, whatever they are at
                    break
            else:
                self.problems += [f"{name} has no result" for name in entries]
        killer.stop()
        self.killed = killer.killed

    def _look(
        self, result: Result, entry: Entry | None, right: dict[str, list[tuple[str, str]]]
    ) -> None:
        for pid in members("judge") or [os.getpid()]:
            self.memory[pid].append(memory_of(pid))
        name, tests = result.submission, outcomes(result)
        if entry is None:
            self.problems.append(f"{name} has two results")
            return
        self.graded[entry.kind] += 1
        if not result.graded:
            self.problems.append(f"{name} is not graded: {result.fault or tests}")
        elif entry.kind in HONEST and tests != right[f"{entry.kind} {entry.name}"]:
            was = dict(right[f"{entry.kind} {entry.name}"])
            other = [f"{test}: {how}, not {was[test]}" for test, how in tests if how != was[test]]
            self.problems.append(f"{name}: {'; '.join(other)}")
        elif entry.kind == "attack" and "passed" not in entry.must:
            got = [t for e in result.exercises for t in e.tests if t.target == entry.target]
            if any(test.passed for test in got):
                self.problems.append(f"{name} passed")

    def look_at_memory(self) -> None:
        for pid, series in self.memory.items():
            if max(series) >= JUDGE_BYTES:
                self.problems.append(f"judge {pid} took {max(series) >> 20} MiB")
            settled = SETTLED * self.workers
            if len(series) >= ENOUGH * self.workers:
                early = statistics.median(series[settled : 2 * settled])
                grown = int(statistics.median(series[-settled:]) - early)
                self.grown.append((grown, (len(series) - 2 * settled) // self.workers))
                if grown > GROWTH_BYTES:
                    self.problems.append(f"judge {pid} grew by {grown >> 20} MiB")


def left_over(temporary: Path, seconds: float = 30) -> list[str]:
    """Processes and files that are still there after the moment that dying takes."""
    give_up = time.monotonic() + seconds
    while True:
        below = family()
        left = [f"process {pid}: {command[:80]}" for pid, (_, command) in below.items()]
        left = [line for line in left if "resource_tracker" not in line]
        # torch keeps a cache of its own for each user, not for each run.
        left += [str(p) for p in temporary.iterdir() if not p.name.startswith("torchinductor_")]
        if not left or time.monotonic() > give_up:
            return left
        time.sleep(0.05)


def told(counts: Counter[str]) -> str:
    return ", ".join(f"{kind} {count}" for kind, count in sorted(counts.items())) or "nothing"


def growth(grown: list[tuple[int, int]]) -> str:
    """How fast the judges grow that lasted."""
    if not grown:
        return f"none lasted {ENOUGH} results, so growth can't be told"
    rates = sorted(100 * size / MIB / results for size, results in grown)
    return (
        f"the {len(rates)} that lasted grew by {rates[0]:.1f} to {rates[-1]:.1f} MiB in 100 results"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--submissions", type=int, default=1_000_000)
    parser.add_argument("--minutes", type=float, default=2.0)
    parser.add_argument("--seed", type=int, default=None)
    parser.add_argument("--workers", type=int, default=default_workers())
    parser.add_argument("--each", type=int, default=4, help="answers of a kind and exercise")
    parser.add_argument("--exercise", action="append", help="of solutions/ (default: all)")
    given = parser.parse_args()
    seed = random.randrange(1 << 32) if given.seed is None else given.seed
    print(f"seed {seed}", flush=True)
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    with tempfile.TemporaryDirectory(prefix="soak-") as place:
        Path(place).chmod(0o711)
        temporary = Path(place, "tmp")
        temporary.mkdir()
        temporary.chmod(0o711)
        tempfile.tempdir = os.environ["TMPDIR"] = str(temporary)
        toy = toys()
        rng = random.Random(seed)
        setup = Setup(ROOT / "solutions", diagnose=False)
        patience = Patience(test=2)
        suites = write_toy(toy, Path(place, "toy"))
        small = Setup(suites, diagnose=False, isolation=Isolation(SMALL), patience=patience)
        entries = attacks(small, toy, lambda must: True)
        entries += honest(rng, find_exercises(suites)[0], small, given.each)
        for exercise in find_exercises(ROOT / "solutions"):
            if not given.exercise or exercise.name in given.exercise:
                entries += honest(rng, exercise, setup, given.each)
        soak = Soak(rng, entries, given.workers)
        started = time.monotonic()
        soak.storm(given.submissions, 60 * given.minutes)
        soak.look_at_memory()
        left = left_over(temporary)
        soak.problems += left
    seconds = time.monotonic() - started
    print(f"graded: {soak.graded.total()} in {seconds:.0f} s;", told(soak.graded))
    print("killed:", told(soak.killed))
    peak = max((max(series) for series in soak.memory.values()), default=0)
    print(f"memory: {len(soak.memory)} judges took {peak >> 20} MiB at most;", growth(soak.grown))
    print(f"left over: {'; '.join(left) or 'no process, file or folder'}")
    print(f"findings: {len(soak.problems)}", *soak.problems, sep="\n")
    sys.exit(bool(soak.problems))


if __name__ == "__main__":
    main()
