"""`grader similar`."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import click
from rich.console import Console

from grader.assignment.exercises import Exercise, find_exercises
from grader.assignment.rules import Rules
from grader.cli.grading import open_gradebook, out_option
from grader.cli.options import solutions_option
from grader.grading.running import entrant, last_known
from grader.grading.similar import explained, find_similar, read_work
from grader.report import similar_page
from grader.report.text import labels
from grader.result import Result


@click.command()
@solutions_option
@out_option
def similar(solutions: Path, out: Path) -> None:
    """List students whose answers are unusually alike.

    What the stub, the lesson and the reference explain doesn't count.

    It compares the latest submissions in the gradebook, and writes similar.html with the matching
    lines side by side. That is a ranking for a person to look at, and no verdict. It is never for
    students.
    """
    exercises = find_exercises(solutions)
    known = {e.name: _explained(e, solutions.parent / "exercises") for e in exercises}
    with open_gradebook(out) as gradebook:
        works, students = [], []
        for key in gradebook.students():  # one by one: a large class in little room
            one = entrant(key, gradebook, Rules())
            result = last_known([one], gradebook).get(one.submission.name)
            # Names of submissions may be the same; what students go by isn't.
            works.append(replace(read_work(one.submission, exercises, result), name=key))
            students.append(Result(one.submission.name, one.submission.student))
    by_key = dict(zip((work.name for work in works), labels(students), strict=True))
    pairs = find_similar(works, known)
    similar_page.show(pairs, by_key, len(works), Console())
    print(f"\n{similar_page.write(pairs, by_key, out, len(works))}: the lines side by side.")


def _explained(exercise: Exercise, folder: Path) -> set[int]:
    half = folder / exercise.name
    texts = [
        file.read_text("utf-8") if file.is_file() else ""
        for file in (half / f"{exercise.module}.py", half / "README.md")
    ]
    return explained(exercise, *texts)
