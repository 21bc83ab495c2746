"""Known answers in a rehearsal: what `grader check` asks of one, in processes of their own."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import as_completed
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar

from grader.assignment.exercises import AssignmentError, Exercise
from grader.assignment.mistakes import load_mistakes, splice
from grader.grading.engine import Setup, local_processes, new_forker
from grader.judge.sandboxes import Forker

if TYPE_CHECKING:
    from grader.judge.rehearsal import Known, Rehearsal

T = TypeVar("T")


def in_processes(
    function: Callable[..., T], work: Sequence[tuple[Any, ...]], workers: int
) -> Iterator[tuple[int, T]]:
    """Call `function(*arguments)` for each of `work`: its place and what it gave, as they come."""
    executor = local_processes(min(workers, len(work)) or 1)
    try:
        running = {executor.submit(function, *args): place for place, args in enumerate(work)}
        for future in as_completed(running):
            yield running[future], future.result()
    finally:
        executor.shutdown(wait=False, cancel_futures=True)


@contextmanager
def rehearsing(setup: Setup, test_seconds: float = 0.0, home: bool = False) -> Iterator[Rehearsal]:
    """A rehearsal of this process, with so much time for a test if that is given.

    `home`: of public suites, as on a student's own machine.
    """
    from grader.judge.rehearsal import Rehearsal

    patience = replace(setup.patience, test=test_seconds) if test_seconds else setup.patience
    rehearsal = Rehearsal(_forker(replace(setup, shared=None)), patience, home=home)
    try:
        yield rehearsal
    finally:
        rehearsal.close()


@functools.cache
def _forker(setup: Setup) -> Forker:
    """This process's zygote."""
    return new_forker(setup)


@functools.cache
def base_tests(half: Exercise) -> list[str]:
    """The names of a suite's base tests, in order."""
    from grader.suite.session import Suites

    suites = Suites([half.suite], half.folder.parent.parent)
    if suites.problems:
        raise AssignmentError("\n".join(suites.problems))
    return [test.name for test in suites.tests if test.get_closest_marker("bonus") is None]


def alike_mistakes(setup: Setup, exercise: Exercise, seed: int) -> list[list[str]]:
    """The names of mistakes that all base tests of their target see alike, where they are several.

    They are those that feedback can't tell apart.
    """
    mistakes = load_mistakes(exercise)
    classes: list[list[str]] = []
    with rehearsing(setup) as rehearsal:
        for target in exercise.targets:
            tests = [name for name in base_tests(exercise) if exercise.target_of(name) == target]
            mine = [mistake for mistake in mistakes if mistake.target == target]
            answers = [splice(exercise, mistake) for mistake in mine]
            groups: list[tuple[list[Known], list[str]]] = []
            for mistake, seen in zip(
                mine, rehearsal.run(exercise, answers, tests, seed), strict=True
            ):
                known = [seen[test] for test in tests]
                for first, names in groups:
                    if all(map(_alike, first, known)):
                        names.append(mistake.name)
                        break
                else:
                    groups.append((known, [mistake.name]))
            classes += [names for _, names in groups if len(names) > 1]
    return classes


def _alike(one: Known, other: Known) -> bool:
    from grader.suite.seen import alike

    if one.lost or other.lost:
        return False
    if one.sight is None or other.sight is None:
        return one.sight is other.sight
    return alike(one.sight, other.sight)
