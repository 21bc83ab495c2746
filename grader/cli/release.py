"""`grader release` and `grader new`."""

from __future__ import annotations

from pathlib import Path

import click

from grader.cli.options import Unusable, solutions_option
from grader.release import bundles, notebooks, scaffold, student
from grader.release.student import ReleaseError


@click.command()
@click.argument("out", required=False, type=click.Path(path_type=Path))
@solutions_option
@click.option("--gradescope", type=click.Path(path_type=Path), help="Gradescope's archive (.zip).")
@click.option("--classroom50", type=click.Path(path_type=Path), help="Classroom 50's folder.")
@click.option("--suites", type=click.Path(path_type=Path), help="The hidden suites as a .tar.xz.")
@click.option("--notebooks", "here", is_flag=True, help="Make the notebooks in exercises/ anew.")
def release(
    out: Path | None,
    solutions: Path,
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
            for path in notebooks.write_notebooks(root / "exercises"):
                print(path.relative_to(root))
        if out:
            files = student.release(root, solutions, out)
            print(f"{out}: {len(files)} files, nothing secret in them.")
        if gradescope:
            print(f"{bundles.gradescope(root, solutions, gradescope)}: upload it to Gradescope.")
        if classroom50:
            print(f"{bundles.classroom50(root, solutions, classroom50)}: with the hidden suites!")
        if suites:
            print(f"{bundles.suites(solutions, suites)}: the hidden suites. Keep it secret.")
    except (ReleaseError, OSError) as error:
        raise Unusable(str(error)) from None


@click.command()
@click.argument("name")
@solutions_option
def new(name: str, solutions: Path) -> None:
    """Begin exercise NAME: both halves, for you to fill in. `grader check` says what is missing."""
    try:
        for path in scaffold.new(solutions.parent, name):
            print(path.relative_to(solutions.parent))
    except (ReleaseError, OSError) as error:
        raise Unusable(str(error)) from None
