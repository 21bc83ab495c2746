"""All there is to learn, read from the folder of the exercises."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from grader.assignment.exercises import find_exercises
from grader.assignment.guides import Guide, guides_of
from grader.student.answers import PublicTest, given_targets, public_tests
from grader.student.watch.desk import Course, Spot


class NoCourseError(Exception):
    """There is nothing to watch; the message says why."""


def course_of(folder: Path) -> Course:
    """The course below `folder`. A student's file may be broken: targets are read elsewhere.

    Raises `NoCourseError`.
    """
    spots: list[Spot] = []
    known: dict[Spot, Guide] = {}
    checks: dict[Spot, Sequence[PublicTest]] = {}
    learned: dict[str, Sequence[str]] = {}
    for exercise in find_exercises(folder):
        try:
            guides = guides_of(exercise)
        except ValueError as error:
            raise NoCourseError(f"{exercise.name}: {error}") from None
        targets = given_targets(exercise)
        tests = public_tests(exercise, targets)
        for target in targets:
            spot = Spot(exercise, target)
            spots.append(spot)
            known[spot] = guides.targets.get(target, Guide())
            checks[spot] = [test for test in tests if test.target == target]
        learned[exercise.name] = guides.learned
    if not spots:
        raise NoCourseError(f"There are no exercises in {folder}.")
    return Course(spots, known, checks, learned)
