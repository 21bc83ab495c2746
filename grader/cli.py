"""The command `grader`."""

from __future__ import annotations

import secrets as random
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timezone
from pathlib import Path

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from grader.check import check as check_assignment
from grader.curriculum import find_exercises
from grader.engine import Setup, Task, default_workers, grade_all
from grader.gradebook import Gradebook, GradebookError, digest_of
from grader.judge import AssignmentError
from grader.report import ReportError, console, find_formats, mistakes_table, write_report
from grader.result import Grades, Result
from grader.submission import NoSubmissions, Submission, find_submissions

UNUSABLE, NOT_GRADED, INTERRUPTED = 2, 3, 130

err = Console(stderr=True)


class Unusable(click.ClickException):
    """Arguments or an assignment that can't be used."""

    exit_code = UNUSABLE


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="torchgrade")
def main() -> None:
    """Grade PyTorch exercises. Student code never runs in the process that judges it."""


def _solutions(context: click.Context, parameter: click.Parameter, value: Path | None) -> Path:
    """The folder of the hidden suites: given, or `solutions/` here or in a folder above."""
    here = Path.cwd()
    places = [value] if value else [folder / "solutions" for folder in (here, *here.parents)]
    for place in places:
        if find_exercises(place):
            return place.resolve()
    raise Unusable(
        f"No exercises in {value}." if value else "No folder solutions/ here. Give --solutions DIR."
    )


solutions_option = click.option(
    "--solutions",
    type=click.Path(path_type=Path),
    callback=_solutions,
    help="The folder of references and hidden suites. [default: solutions/ here or above]",
)
workers_option = click.option(
    "--workers",
    type=click.IntRange(1, 512),
    default=default_workers,
    show_default="processors",
    help="How many submissions to grade at once.",
)
spawn_option = click.option(
    "--spawn", is_flag=True, help="A new interpreter for each sandbox, instead of a fork (slow)."
)


def _setup(solutions: Path, spawn: bool, **more: bool) -> Setup:
    return Setup(solutions, spawn=spawn or Setup(solutions).spawn, **more)


@main.command()
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path))
@solutions_option
@workers_option
@spawn_option
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("grades"),
    show_default=True,
    help="Where results.json, the gradebook and the feedback go.",
)
@click.option("--seed", type=click.IntRange(0, 2**31), help="Inputs of the tests. [default: random]")
@click.option(
    "--report",
    "reports",
    multiple=True,
    metavar="NAME[=PATH]",
    help=f"Write this report too: {', '.join(find_formats())}.",
)
@click.option("--regrade", is_flag=True, help="Grade anew what was graded with the same files.")
def grade(
    paths: tuple[Path, ...],
    solutions: Path,
    workers: int,
    spawn: bool,
    out: Path,
    seed: int | None,
    reports: tuple[str, ...],
    regrade: bool,
) -> None:
    """Grade submissions: each PATH is one, or a folder of them.

    Exit codes: 0 graded; 2 unusable arguments, or an assignment that doesn't hold; 3 some
    submission could not be graded by a fault of the grader's (they are listed).
    """
    exercises = find_exercises(solutions)
    try:
        found = [s for path in paths for s in find_submissions(path, [e.module for e in exercises])]
    except NoSubmissions as error:
        raise Unusable(str(error)) from None
    submissions = _told_apart(found)
    run_seed = random.randbelow(2**31) if seed is None else seed
    setup = _setup(solutions, spawn)
    results: dict[str, Result] = {}
    interrupted = False
    try:
        with Gradebook(out / "gradebook.sqlite", digest_of(solutions)) as gradebook:
            if not regrade and seed is None:
                results = _graded_before(gradebook, submissions)
            tasks = [Task(setup, s, run_seed) for s in submissions if s.name not in results]
            if results:
                err.print(
                    f"{len(results)} of {len(submissions)} were graded before, with the same files "
                    "and suites (--regrade grades them anew).",
                    highlight=False,
                )
            with _bar("Grading", len(tasks)) as advance:
                try:
                    for result in grade_all(tasks, min(workers, len(tasks) or 1)):
                        gradebook.add(result)
                        results[result.submission] = result
                        advance()
                except KeyboardInterrupt:
                    interrupted = True
    except (AssignmentError, GradebookError) as error:
        raise Unusable(str(error)) from None
    grades = Grades(
        results=[results[s.name] for s in submissions if s.name in results],
        graded_at=datetime.now(timezone.utc).isoformat(timespec="seconds"),
        seed=run_seed,
    )
    _finish(grades, out, reports, len(submissions), interrupted)


def _finish(
    grades: Grades, out: Path, reports: tuple[str, ...], expected: int, interrupted: bool
) -> None:
    console.show(grades)
    print()
    try:
        for order in dict.fromkeys(("json", "feedback", *reports)):
            written = write_report(grades, order, folder=out)
            where = written[0] if len(written) == 1 else written[0].parent if written else out
            print(f"{order.partition('=')[0]:>10}: {where}")
    except ReportError as error:
        raise Unusable(str(error)) from None
    if interrupted:
        err.print(
            f"[yellow]Interrupted:[/] {len(grades.results)} of {expected} graded and kept; "
            "the same command grades the rest."
        )
        sys.exit(INTERRUPTED)
    faults = [result for result in grades.results if not result.graded]
    for result in faults:
        err.print(f"not graded: {result.submission}: {result.fault or 'a test could not be run'}", markup=False)
    if faults or len(grades.results) < expected:
        sys.exit(NOT_GRADED)


def _told_apart(submissions: list[Submission]) -> list[Submission]:
    """No two of one name: results are kept by it."""
    names = [s.name for s in submissions]
    double = sorted({name for name in names if names.count(name) > 1})
    if double:
        raise Unusable(f"Several submissions are called {', '.join(double[:5])}. Grade them apart.")
    return submissions


def _graded_before(gradebook: Gradebook, submissions: list[Submission]) -> dict[str, Result]:
    found = ((s.name, gradebook.find(s.name, s.digest)) for s in submissions)
    return {name: result for name, result in found if result is not None}


@contextmanager
def _bar(title: str, total: int) -> Iterator[object]:
    columns = (TextColumn(title), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=err, transient=True) as progress:
        task = progress.add_task(title, total=total)
        yield lambda: progress.advance(task)


@main.command()
@solutions_option
@click.option(
    "--exercises",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="The folder of the stubs. [default: exercises/ beside solutions/]",
)
@workers_option
@spawn_option
def check(solutions: Path, exercises: Path | None, workers: int, spawn: bool) -> None:
    """Prove the assignment: references, stubs and mistakes score as they must."""
    stubs = exercises or solutions.parent / "exercises"
    setup = _setup(solutions, spawn, diagnose=False)
    try:
        with Progress(
            TextColumn("Checking"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(),
            console=err, transient=True,
        ) as progress:  # fmt: skip
            bar = progress.add_task("Checking", total=None)
            for done, total, report in check_assignment(setup, stubs, workers):
                progress.update(bar, completed=done, total=total)
    except AssignmentError as error:
        raise Unusable(str(error)) from None
    mistakes_table.show(report, Console())
    if report.problems:
        raise Unusable("The assignment doesn't hold:\n  " + "\n  ".join(report.problems))
    print("The assignment holds.")


if __name__ == "__main__":
    main()
