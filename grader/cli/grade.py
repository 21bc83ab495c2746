"""`grader grade`."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from datetime import datetime, timezone
from pathlib import Path

import click

from grader.assignment.exercises import find_exercises, syntax_error
from grader.cli.cluster import Site, site_options
from grader.cli.grading import (
    ClassRun,
    WithReports,
    any_gradebook,
    out_option,
    report_options,
    reports_option,
    room,
    run,
    seed_option,
    settings_option,
)  # fmt: skip
from grader.cli.options import Unusable, setup_options
from grader.grading.engine import SEEDS, Setup
from grader.grading.running import by_student
from grader.report import ReportError, check_orders
from grader.result import Grades
from grader.submission import NoSubmissions, Roster, RosterError, Submission, find_submissions


@click.command(cls=WithReports)
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path))
@setup_options
@site_options
@out_option
@seed_option
@click.option(
    "--roster",
    type=click.Path(path_type=Path),
    help="A CSV of names, ids, logins and e-mail addresses, to tell whose a submission is.",
)
@click.option("--single", is_flag=True, help="Each PATH is one student's, whatever it looks like.")
@reports_option
@settings_option
@click.option("--title", default="", help="The assignment's name, for the reports.")
@click.option("--regrade", is_flag=True, help="Grade anew what was graded with the same files.")
@click.option("--require-isolation", is_flag=True, help="Refuse to grade without full isolation.")
def grade(
    paths: tuple[Path, ...],
    setup: Setup,
    site: Site,
    out: Path,
    seed: int | None,
    roster: Path | None,
    single: bool,
    reports: tuple[str, ...],
    settings: tuple[str, ...],
    title: str,
    regrade: bool,
    require_isolation: bool,
) -> None:
    """Grade submissions, and write results and feedback.

    Each PATH is one submission, or a folder or archive of many, as the school's system writes it.

    Exit codes: 0 graded; 2 unusable arguments, or an assignment that doesn't hold; 3 some
    submission could not be graded because of a fault in the grader (they are listed); 130 and 143
    interrupted by Ctrl-C and by SIGTERM.
    """
    options = report_options(settings, reports)
    submissions, notes = _read(paths, setup, roster, single=single)
    try:
        check_orders(reports, len(submissions))
    except ReportError as error:
        raise Unusable(str(error)) from None
    grades = Grades(
        results=[],
        title=title,
        graded_at=datetime.now(timezone.utc).isoformat(timespec="seconds"),
        seed=secrets.randbelow(SEEDS) if seed is None else seed,
        notes=notes,
    )
    with site.crew(setup, full=require_isolation) as crew:
        job = ClassRun(setup, crew, out, grades, submissions, regrade, seed, reports, options)
        with room(out, len(submissions)) as reserve, any_gradebook(out) as gradebook:
            cut = run(job, "grade", gradebook, reserve)
        job.finish(cut)


def _read(
    paths: Iterable[Path], setup: Setup, roster: Path | None, *, single: bool
) -> tuple[list[Submission], list[str]]:
    """The submissions, and what the instructor should know about them as a whole."""
    exercises = find_exercises(setup.suites)
    try:
        students = Roster.read(roster) if roster else None
        found = [s for p in paths for s in find_submissions(p, exercises, students, single=single)]
    except (NoSubmissions, RosterError) as error:
        raise Unusable(str(error)) from None
    except SyntaxError as error:  # in a reference: submissions are read without raising it
        raise Unusable(f"{setup.suites.name}: {syntax_error(error)}") from None
    names = [s.name for s in found]
    double = sorted({name for name in names if names.count(name) > 1})
    if double:
        raise Unusable(f"Several submissions are called {', '.join(double[:5])}. Grade them apart.")
    found = by_student(found)
    if students is None:
        return found, []
    unknown, absent = students.unmatched(found)
    notes = [f"On the roster, but nothing handed in: {', '.join(absent)}."] if absent else []
    notes += [f"Handed in, but not on the roster: {', '.join(unknown)}."] if unknown else []
    return found, notes
