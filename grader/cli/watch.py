"""`grader watch`."""

from __future__ import annotations

import signal
import sys
from pathlib import Path

import click

from grader.assignment.exercises import AssignmentError, choose_exercises
from grader.cli.options import Unusable


@click.command()
@click.argument("exercise", default="")
def watch(exercise: str) -> None:
    """Run the checks of what you write as soon as you save it. EXERCISE is where to begin."""
    from grader.student.watch.course import NoCourseError, course_of
    from grader.student.watch.loop import Watch

    folder = _exercises()
    try:
        course = course_of(folder)
        begin = choose_exercises(folder, [exercise])[0].name if exercise else ""
    except (NoCourseError, AssignmentError) as error:
        raise Unusable(str(error)) from None
    signal.signal(signal.SIGINT, signal.default_int_handler)  # more than once: it stops runs, too
    Watch(folder, course, terminal=sys.stdin.isatty() and sys.stdout.isatty()).go(begin)


def _exercises() -> Path:
    """The folder of exercises, here or above."""
    here = Path.cwd()
    for place in (here, *here.parents):
        if place.name == "exercises":
            return place
        if (place / "exercises").is_dir():
            return place / "exercises"
    raise Unusable("There is no folder exercises/ here or above.")
