"""`grader check`."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import click
from rich.console import Console

from grader.assignment.exercises import AssignmentError, choose_exercises
from grader.cli.options import Unusable, progress, setup_options, workers_option
from grader.grading.check import check as check_assignment
from grader.grading.engine import Setup
from grader.report import mistakes_table


@click.command()
@click.argument("names", metavar="[EXERCISE]...", nargs=-1)
@setup_options
@workers_option
@click.option(
    "--exercises",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="The folder of the stubs. [default: exercises/ beside solutions/]",
)
@click.option(
    "--styles",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="Right answers, a folder an exercise. [default: tests/styles/ beside solutions/]",
)
def check(
    names: tuple[str, ...], setup: Setup, workers: int, exercises: Path | None, styles: Path | None
) -> None:
    """Prove the assignment, or one EXERCISE: all answers that are known score as they must.

    References and right styles pass, stubs aren't attempted, mistakes fail.

    Exit codes: 0 it holds; 2 it doesn't (what is wrong is listed).
    """
    root = setup.suites.parent
    stubs = exercises or root / "exercises"
    try:
        chosen = choose_exercises(setup.suites, names)
        with progress("Checking") as advance:
            for done, total, report in check_assignment(  # noqa: B007 - the last report is whole
                replace(setup, diagnose=False),
                chosen,
                stubs,
                styles or root / "tests" / "styles",
                workers,
            ):
                advance(done, total)
    except (AssignmentError, SyntaxError, ValueError) as error:
        raise Unusable(str(error)) from None
    mistakes_table.show(report, Console())
    if report.problems:
        raise Unusable("The assignment doesn't hold:\n  " + "\n  ".join(report.problems))
    print("The assignment holds.")
