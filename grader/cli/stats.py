"""`grader stats`."""

from __future__ import annotations

from pathlib import Path

import click
from rich.console import Console

from grader.assignment.exercises import find_exercises
from grader.cli.grading import open_gradebook, out_option, read_assignment
from grader.cli.options import Unusable, solutions_option
from grader.grading.engine import Setup
from grader.grading.gradebook_records import GradingRun
from grader.grading.running import entrants, last_known, settle_all
from grader.report import stats_table
from grader.result import Grades


@click.command()
@solutions_option
@out_option
@click.option(
    "--since",
    default="",
    metavar="RUN",
    help="Compare with the state after this run: its number, or the day that it began on. "
    "[default: the run before the last]",
)
def stats(solutions: Path, out: Path, since: str) -> None:
    """Say who is stuck where, what is hard, and what has changed.

    It also counts the known mistakes. It reads the gradebook, so nothing is graded.
    """
    rules = read_assignment(Setup(solutions), find_exercises(solutions))
    with open_gradebook(out) as gradebook:
        everybody = entrants(gradebook, rules)
        then = _run(gradebook.runs(), since)

        def state(run: int | None) -> Grades:
            known = last_known(everybody, gradebook, run)
            return Grades(settle_all(everybody, known, gradebook, rules)[0], title=rules.title)

        before = state(then.id) if then else None
        said = f"run {then.id} ({then.started_at})" if then else ""
        stats_table.show(state(None), before, said, Console())


def _run(runs: list[GradingRun], since: str) -> GradingRun | None:
    if not since:
        return runs[-2] if len(runs) > 1 else None
    fits = [run for run in runs if since == str(run.id) or run.started_at.startswith(since)]
    if not fits:
        known = ", ".join(f"{run.id} ({run.started_at[:10]})" for run in runs[-8:])
        raise Unusable(f"--since {since}: there is no such run. There are: {known}.")
    return fits[-1]
