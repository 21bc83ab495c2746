"""Hints for home: each is locked with what its mistake gives in the public suites."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import astuple, dataclass
from pathlib import Path
from typing import Any

from grader.assignment.exercises import Exercise, find_exercises
from grader.assignment.mistakes import Mistake, load_mistakes, splice
from grader.grading.engine import Setup
from grader.grading.rehearsed import collect, in_classes, in_processes, is_bonus, rehearsing
from grader.student.fingerprints import FILE, Fingerprint, Sights, lock

SEED = 0  # pytest's own at home, where no --seed is given
EVERYWHERE = ("", "cpu", "simulated")  # devices that each student's machine has


@dataclass(frozen=True)
class HomeHints:
    """The hints of an exercise's mistakes, for its `desk.json`; who gets none, and why."""

    exercise: str
    mistakes: int
    unnamed: dict[str, str]
    targets: dict[str, Any]


def write_desks(exercises: Path, told: Sequence[HomeHints]) -> None:
    """Write each exercise's `desk.json`: its stubs, and what hints there are."""
    targets = {hints.exercise: hints.targets for hints in told}
    for exercise in find_exercises(exercises):
        content = {
            "stubs": exercise.file.read_text("utf-8"),
            "targets": targets.get(exercise.name, {}),
        }
        text = json.dumps(content, indent=1) + "\n"
        (exercise.folder / FILE).write_text(text, encoding="utf-8", newline="\n")


def home_hints(solutions: list[Exercise], exercises: Path, workers: int) -> Iterator[HomeHints]:
    """Rehearse the mistakes in the public suites below `exercises`, an exercise at a time."""
    work = [(s, Exercise(exercises / s.name)) for s in solutions if s.mistakes.is_file()]
    work = [(solution, public) for solution, public in work if public.suite.is_file()]
    for _, hints in in_processes(hints_of, work, workers):
        yield hints


def hints_of(solution: Exercise, public: Exercise) -> HomeHints:
    """Run every mistake of an exercise through its public suite."""
    salt = hashlib.sha256(public.suite.read_bytes()).hexdigest()[:16]
    mistakes = load_mistakes(solution)
    tests = home_tests(public)
    content: dict[str, Any] = {}
    unnamed: dict[str, str] = {}
    for target in solution.targets:
        mine = [mistake for mistake in mistakes if mistake.target == target]
        asked = [test for test in tests if solution.target_of(test) == target]
        told, without = _classes(seen_at_home(solution, public, mine, asked))
        unnamed |= without
        entries = [lock(fingerprint, salt, hint) for fingerprint, hint in told]
        content[target] = {"salt": salt, "tests": asked, "mistakes": sorted(entries)}
    return HomeHints(public.name, len(mistakes), unnamed, content)


def home_tests(public: Exercise) -> list[str]:
    """The names of a public suite's base tests that run on every student's machine."""
    from grader.suite.plugin import device_of

    return [
        test.name
        for test in collect(public)
        if not is_bonus(test) and device_of(test) in EVERYWHERE
    ]


def seen_at_home(
    solution: Exercise, public: Exercise, mistakes: list[Mistake], tests: list[str]
) -> list[tuple[Mistake, Sights | None]]:
    """What the tests see of each mistake; None if one of them didn't end."""
    answers = [splice(solution, mistake) for mistake in mistakes]
    with rehearsing(Setup(solution.folder.parent), home=True) as rehearsal:
        ran = rehearsal.run(public, answers, tests, SEED)
    found: list[tuple[Mistake, Sights | None]] = []
    for mistake, seen in zip(mistakes, ran, strict=True):
        sights = {test: seen[test].sight for test in tests}
        ended = not any(seen[test].lost for test in tests)
        plain = {test: astuple(sight) if sight else None for test, sight in sights.items()}
        found.append((mistake, plain if ended else None))
    return found


def _classes(
    seen: list[tuple[Mistake, Sights | None]],
) -> tuple[list[tuple[Fingerprint, str]], dict[str, str]]:
    """Fingerprints that stand for one hint; and the mistakes without one, each with the reason."""
    named: list[tuple[Mistake, Fingerprint]] = []
    unnamed: dict[str, str] = {}
    for mistake, sights in seen:
        if sights is None:
            unnamed[mistake.name] = "a test did not come to its end"
        elif not any(sights.values()):
            unnamed[mistake.name] = "it passes the public suite"
        else:
            named.append((mistake, Fingerprint.of(sights)))
    told = []
    for members in in_classes(named, lambda known, new: new[1].fits(known[1])):
        (first, fingerprint), *_ = members
        if all(mistake.hint == first.hint for mistake, _ in members):
            told.append((fingerprint, first.hint))
        else:
            names = [mistake.name for mistake, _ in members]
            unnamed |= dict.fromkeys(names, f"the suite can't tell: {', '.join(names)}")
    return told, unnamed
