"""`grader check`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import NoReturn

import click
from rich.console import Console

from grader.assignment.exercises import AssignmentError, choose_exercises
from grader.cli.options import UNUSABLE, Unusable, err, setup_options, workers_option
from grader.cli.progress import progress
from grader.grading.check import Assignment, Report
from grader.grading.check import check as check_assignment
from grader.grading.engine import Setup
from grader.grading.margins import measure as find_margins
from grader.report import margins_table, mistakes_table


@click.command()
@click.argument("names", metavar="[EXERCISE]...", nargs=-1)
@click.option("--exercise", "more", multiple=True, help="The same as EXERCISE.")
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
    help="Right answers, a folder for each exercise. [default: tests/styles/ beside solutions/]",
)
@click.option(
    "-v", "--verbose", is_flag=True, help="Show every problem, and what catches each mistake."
)
@click.option(
    "--table",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write what catches each mistake to this file.",
)
@click.option("--mutants", is_flag=True, help="Try wrong answers that a program makes, instead.")
@click.option(
    "--measure",
    is_flag=True,
    help="Show how far answers lie from thresholds, over 20 seeds, instead.",
)
@click.option("--no-styles", is_flag=True, help="Leave the right styles out.")
def check(
    names: tuple[str, ...],
    more: tuple[str, ...],
    setup: Setup,
    workers: int,
    exercises: Path | None,
    styles: Path | None,
    verbose: bool,
    table: Path | None,
    mutants: bool,
    measure: bool,
    no_styles: bool,
) -> None:
    """Prove that the assignment holds, or the named EXERCISEs.

    `01_losses`, `losses` and `1` name the same exercise.

    References and right styles must pass, stubs must count as not attempted, and every mistake must
    fail a test of its target, in most cases a public one too. The command lists what doesn't hold,
    and what to do about it.

    With --mutants, a program changes references and right styles in one place at a time, and each
    such change must fail a base test of the hidden suite. Changes that leave the answer right are
    listed in survivors.diff beside the reference, each under a line `# reason`.

    Exit codes: 0 it holds; 2 it doesn't.
    """
    root = setup.suites.parent
    try:
        chosen = choose_exercises(setup.suites, [*names, *more])
    except AssignmentError as error:
        raise Unusable(str(error)) from None
    stubs = exercises or root / "exercises"
    rights = Path() / "none" if no_styles else styles or root / "tests" / "styles"
    assignment = Assignment(setup, chosen, stubs, rights)
    if mutants:
        _check_mutants(assignment, workers, verbose=verbose)
    if measure:
        _measure(assignment, workers)
    try:
        with progress("Checking") as advance:
            report = check_assignment(assignment, workers, advance)
    except AssignmentError as error:
        err.print(str(error), markup=False, highlight=False)
        print("The assignment doesn't hold: its tests don't load.")
        sys.exit(UNUSABLE)
    console = Console(highlight=False, markup=False)
    if verbose:
        mistakes_table.show_mistakes(report, console)
    if table:
        with table.open("w", encoding="utf-8") as file:
            mistakes_table.show_mistakes(report, Console(file=file, width=160))
    mistakes_table.show(report, console, everything=verbose)
    print(_verdict(report))
    sys.exit(UNUSABLE if report.problems else 0)


def _check_mutants(assignment: Assignment, workers: int, *, verbose: bool) -> NoReturn:
    try:
        from grader.grading.mutants import grade_mutants
    except ImportError:
        raise Unusable("--mutants needs LibCST: pip install 'torchgrade[check]'") from None
    from grader.report import mutants_table

    try:
        with progress("Mutants") as advance:
            tallies = grade_mutants(
                assignment.setup,
                assignment.exercises,
                assignment.stubs,
                assignment.styles_of,
                workers,
                advance,
            )
    except AssignmentError as error:
        raise Unusable(str(error)) from None
    mutants_table.show(tallies, Console(highlight=False, markup=False), everything=verbose)
    survivors = sum(len(tally.survivors) for tally in tallies.values())
    total = sum(len(tally.fates) for tally in tallies.values())
    print(
        f"{survivors} of {total} mutants survive: add tests that they fail, or write down why they "
        "are right." if survivors else f"No mutant survives, of {total}."
    )  # fmt: skip
    sys.exit(UNUSABLE if survivors else 0)


def _measure(assignment: Assignment, workers: int) -> NoReturn:
    try:
        with progress("Measuring") as advance:
            setup, exercises = assignment.setup, assignment.exercises
            margins = find_margins(setup, exercises, assignment.styles_of, workers, advance)
    except (AssignmentError, ValueError) as error:
        raise Unusable(str(error)) from None
    margins_table.show(margins, Console(highlight=False, markup=False))
    crossed = sum(not margin.holds for margin in margins)
    print(
        f"Right answers cross {crossed} of {len(margins)} thresholds."
        if crossed
        else f"Right answers stay on the right side of all {len(margins)} thresholds."
    )
    sys.exit(UNUSABLE if crossed else 0)


def _verdict(report: Report) -> str:
    if count := len(report.problems):
        return f"The assignment doesn't hold: {count} problem{'s' if count > 1 else ''}."
    checked = report.exercises.values()
    tests = sum(len(exercise.tests) for exercise in checked)
    mistakes = sum(len(exercise.proofs) for exercise in checked)
    return f"The assignment holds: {len(checked)} exercise(s), {tests} tests, {mistakes} mistakes."
