"""`grader release` and `grader new`."""

from __future__ import annotations

from pathlib import Path

import click

from grader.assignment.exercises import find_exercises
from grader.assignment.rules import RulesError
from grader.cli.options import Unusable, solutions_option, workers_option
from grader.cli.progress import progress
from grader.release import bundles, scaffold, student
from grader.release.hints import HomeHints, home_hints
from grader.release.student import ReleaseError


@click.command()
@click.argument("out", required=False, type=click.Path(path_type=Path))
@solutions_option
@click.option(
    "--hints/--no-hints",
    default=True,
    help="Put locked hints for home into it, which takes about a minute.",
)
@workers_option
@click.option("--gradescope", type=click.Path(path_type=Path), help="Gradescope's archive (.zip).")
@click.option("--classroom50", type=click.Path(path_type=Path), help="Classroom 50's folder.")
@click.option("--suites", type=click.Path(path_type=Path), help="The hidden suites as a .tar.xz.")
@click.option("--notebooks", "here", is_flag=True, help="Make the notebooks in exercises/ anew.")
def release(
    out: Path | None,
    solutions: Path,
    hints: bool,
    workers: int,
    gradescope: Path | None,
    classroom50: Path | None,
    suites: Path | None,
    here: bool,
) -> None:
    """Write the students' repository to OUT: everything but solutions/. Or bundles for CI.

    The bundles hold the hidden suites: they are for instructors and graders only.
    """
    root = solutions.parent
    if not any((out, gradescope, classroom50, suites, here)):
        raise Unusable("Nothing to write. Name a folder for the students' repository.")
    try:
        if here:
            from grader.release.notebooks import write_notebooks

            for path in write_notebooks(root / "exercises"):
                print(path.relative_to(root))
        if out:
            told: list[HomeHints] = []

            def hints_for(exercises: Path) -> list[HomeHints]:
                told.extend(_rehearsed(solutions, exercises, workers) if hints else [])
                return told

            files = student.release(root, solutions, out, hints_for)
            print(f"{out}: {len(files)} files, nothing secret in them.")
            if told:
                _tell(told)
        if gradescope:
            print(f"{bundles.gradescope(root, solutions, gradescope)}: upload it to Gradescope.")
        if classroom50:
            print(f"{bundles.classroom50(root, solutions, classroom50)}: with the hidden suites!")
        if suites:
            print(f"{bundles.suites(solutions, suites)}: the hidden suites. Keep them secret.")
    except (ReleaseError, RulesError, OSError) as error:
        raise Unusable(str(error)) from None


def _rehearsed(solutions: Path, exercises: Path, workers: int) -> list[HomeHints]:
    """The hints for home, with a progress bar, because it takes a while."""
    chosen = find_exercises(solutions)
    told = []
    with progress("hints for home") as advance:
        for done, hints in enumerate(home_hints(chosen, exercises, workers), 1):
            told.append(hints)
            advance(done, len(chosen))
    return sorted(told, key=lambda hints: hints.exercise)


def _tell(told: list[HomeHints]) -> None:
    """Print how many of the known mistakes get their hint at home, and which don't."""
    print("Known mistakes that get their hint at home, and those that don't:")
    for hints in told:
        print(f"{hints.exercise}: {hints.mistakes - len(hints.unnamed)} of {hints.mistakes}")
        for name, why in hints.unnamed.items():
            print(f"    {name}: {why}")
    known, unnamed = sum(h.mistakes for h in told), sum(len(h.unnamed) for h in told)
    print(f"In all: {known - unnamed} of {known} ({1 - unnamed / max(1, known):.0%}).")


@click.command()
@click.argument("name")
@solutions_option
def new(name: str, solutions: Path) -> None:
    """Write a small, complete exercise NAME to start from."""
    try:
        for path in scaffold.new(solutions.parent, name):
            print(path.relative_to(solutions.parent))
    except (ReleaseError, OSError) as error:
        raise Unusable(str(error)) from None
