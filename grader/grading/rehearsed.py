"""Rehearsals for `grader check`: run known answers through suites, in other processes."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import BrokenExecutor, as_completed
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

from grader.assignment.exercises import AssignmentError, Exercise
from grader.assignment.mistakes import load_mistakes, splice
from grader.assignment.stubs import stubs_in
from grader.grading import engine
from grader.grading.engine import Setup
from grader.result import Outcome

if TYPE_CHECKING:
    import pytest

    from grader.judge.rehearsal import Known, Rehearsal

T = TypeVar("T")
PATIENCE_WITH_DEATHS = 3


def in_processes(
    function: Callable[..., T], work: Sequence[tuple[Any, ...]], workers: int
) -> Iterator[tuple[int, T]]:
    """Call `function(*arguments)` for each of `work`: its place and what it gave, as they come.

    Raises `AssignmentError` where processes die again and again.
    """
    waiting = dict(enumerate(work))
    for _ in range(PATIENCE_WITH_DEATHS):
        executor = engine.local_processes(min(workers, len(waiting)) or 1)
        try:
            running = {executor.submit(function, *args): place for place, args in waiting.items()}
            for future in as_completed(running):
                found = future.result()
                del waiting[running[future]]
                yield running[future], found
            return
        except BrokenExecutor:  # one was killed: the rest goes on in others
            continue
        finally:
            executor.shutdown(wait=False, cancel_futures=True)
    raise AssignmentError(
        "The processes that run the suites are killed from outside again and again."
    )


@contextmanager
def rehearsing(setup: Setup, cpu_seconds: float = 0.0, home: bool = False) -> Iterator[Rehearsal]:
    """A rehearsal that this process starts.

    `cpu_seconds`: a test that takes more processor time fails; 0 for no limit. `home`: run public
    suites as on a student's own machine.
    """
    from grader.judge.rehearsal import Rehearsal

    forker = engine.warm_forker(setup.isolation, setup.spawn)
    rehearsal = Rehearsal(forker, setup.patience, home=home, cpu_seconds=cpu_seconds)
    try:
        yield rehearsal
    finally:
        rehearsal.close()


def base_tests(half: Exercise) -> list[str]:
    """The names of a suite's base tests, in order."""
    return [name for name, bonus in _collected(half) if not bonus]


def all_tests(half: Exercise) -> list[str]:
    """The names of a suite's tests, in order."""
    return [name for name, _ in _collected(half)]


@functools.cache
def _collected(half: Exercise) -> list[tuple[str, bool]]:
    """A suite's tests by name, and whether each is a bonus."""
    return [(test.name, is_bonus(test)) for test in collect(half)]


def collect(half: Exercise) -> list[pytest.Function]:
    """A suite's tests, in order. Raises `AssignmentError` where they don't load."""
    from grader.suite.session import Suites

    suites = Suites([half.suite], half.folder.parent.parent)
    if suites.problems:
        raise AssignmentError("\n".join(suites.problems))
    return suites.tests


def is_bonus(test: pytest.Function) -> bool:
    return test.get_closest_marker("bonus") is not None


@dataclass(frozen=True)
class Met:
    """How one mistake did in one suite.

    `failed`: the tests that it failed, in the suite's order. `broken`: those in which it counts as
    no answer, with the outcome: it crashed, or it is still a stub.
    """

    mistake: str
    failed: list[str]
    broken: dict[str, Outcome]


@dataclass
class Meetings:
    """How an exercise's mistakes did in one suite.

    `confused`: groups of mistakes, by name, that look the same in all base tests of their target,
    so that feedback can't tell them apart. `used`: the share of a tolerance that the reference
    uses, by base test.
    """

    met: list[Met] = field(default_factory=list)
    confused: list[list[str]] = field(default_factory=list)
    used: dict[str, float] = field(default_factory=dict)


def meet_mistakes(setup: Setup, exercise: Exercise, half: Exercise, seed: int) -> Meetings:
    """Run the mistakes in each target through every test of a suite that calls the target.

    A target that raises `NotImplementedError` shows which tests call it.
    """
    found = Meetings()
    with rehearsing(setup, home=half != exercise) as rehearsal:
        for target in exercise.targets:
            _meet(rehearsal, exercise, half, target, seed, found)
    return found


def _meet(
    rehearsal: Rehearsal,
    exercise: Exercise,
    half: Exercise,
    target: str,
    seed: int,
    found: Meetings,
) -> None:
    """Run the mistakes in one target, and add the results to `found`."""
    mistakes = [mistake for mistake in load_mistakes(exercise) if mistake.target == target]
    answers = [splice(exercise, mistake) for mistake in mistakes]
    base = [name for name in base_tests(half) if exercise.target_of(name) == target]
    refusing = f"{exercise.file.read_text('utf-8')}\n\n{_REFUSING.format(target)}"
    [refused] = rehearsal.run(half, [refusing], all_tests(half), seed)
    tests = [n for n in all_tests(half) if _failed(refused[n]) or n in base]
    seen = rehearsal.run(half, answers, tests, seed)
    [right] = rehearsal.run(half, [exercise.file.read_text("utf-8")], base, seed)
    for mistake, answer, known in zip(mistakes, answers, seen, strict=True):
        failed = [name for name in tests if _failed(known[name])]
        unwritten = dict.fromkeys(
            failed if target in stubs_in(answer) else (), Outcome.NOT_ATTEMPTED
        )
        died = {name: Outcome.CRASHED for name in failed if known[name].lost}
        found.met.append(Met(mistake.name, failed, unwritten | died))
    fingerprints = [
        (mistake.name, [known[name] for name in base])
        for mistake, known in zip(mistakes, seen, strict=True)
    ]
    classes = in_classes(fingerprints, _all_alike)
    found.confused += [[name for name, _ in members] for members in classes if len(members) > 1]
    found.used |= {name: right[name].tolerance_used for name in base}


_REFUSING = "def {0}(*args, **kwargs):\n    raise NotImplementedError\n"


def _failed(known: Known) -> bool:
    return known.lost or known.sight is not None


def in_classes(items: Iterable[T], alike: Callable[[T, T], bool]) -> list[list[T]]:
    """Group the items: each one joins the first group whose first member it is like."""
    classes: list[list[T]] = []
    for item in items:
        for members in classes:
            if alike(members[0], item):
                members.append(item)
                break
        else:
            classes.append([item])
    return classes


def _all_alike(one: tuple[str, list[Known]], other: tuple[str, list[Known]]) -> bool:
    return all(a.saw(b.sight) and not b.lost for a, b in zip(one[1], other[1], strict=True))
