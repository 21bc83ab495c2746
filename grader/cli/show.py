"""`grader show`."""

from __future__ import annotations

from pathlib import Path

import click
from rich.console import Console

from grader.assignment.exercises import find_exercises
from grader.cli.grading import open_gradebook, out_option, read_assignment
from grader.cli.options import Unusable, solutions_option
from grader.grading.decisions import DecisionError, find_student
from grader.grading.engine import Setup
from grader.grading.running import history_of
from grader.report import history_table


@click.command()
@click.argument("student")
@solutions_option
@out_option
def show(student: str, solutions: Path, out: Path) -> None:
    """Show all that the gradebook has on STUDENT.

    That is: attempts, gradings, decisions, and what changed between attempts.
    """
    rules = read_assignment(Setup(solutions), find_exercises(solutions))
    with open_gradebook(out) as gradebook:
        try:
            key = find_student(student, gradebook.people())
        except DecisionError as error:
            raise Unusable(str(error)) from None
        history_table.show(history_of(key, gradebook, rules), Console())
