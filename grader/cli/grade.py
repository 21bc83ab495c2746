"""`grader grade`."""

from __future__ import annotations

import secrets
import sys
from collections.abc import Iterable
from datetime import datetime, timezone
from pathlib import Path

import click

from grader.assignment.exercises import AssignmentError, find_exercises
from grader.cli.options import (
    INTERRUPTED,
    NOT_GRADED,
    Unusable,
    announce_isolation,
    err,
    progress,
    setup_options,
    workers_option,
)
from grader.grading.engine import Setup, Task, grade_all
from grader.grading.gradebook import Gradebook, GradebookError, digest_of
from grader.report import ReportError, check_orders, find_formats, write_report
from grader.report.formats import table
from grader.result import Grades, Result
from grader.submission import NoSubmissions, Roster, RosterError, Submission, find_submissions


@click.command()
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path))
@setup_options
@workers_option
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("grades"),
    show_default=True,
    help="Where results.json, the gradebook and the feedback go.",
)
@click.option(
    "--seed", type=click.IntRange(0, 2**31), help="Inputs of the tests. [default: random]"
)
@click.option(
    "--roster",
    type=click.Path(path_type=Path),
    help="A CSV of names, ids, logins and e-mail addresses, to tell whose a submission is.",
)
@click.option("--single", is_flag=True, help="Each PATH is one student's, whatever it looks like.")
@click.option(
    "--report",
    "reports",
    multiple=True,
    metavar="NAME[=PATH]",
    help=f"Write this report too: {', '.join(find_formats())}.",
)
@click.option("--set", "settings", multiple=True, metavar="NAME.OPTION=VALUE", help="For a report.")
@click.option("--title", default="", help="The assignment's name, for the reports.")
@click.option("--regrade", is_flag=True, help="Grade anew what was graded with the same files.")
@click.option("--require-isolation", is_flag=True, help="Refuse to grade with less than full.")
def grade(
    paths: tuple[Path, ...],
    setup: Setup,
    workers: int,
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
    """Grade submissions: each PATH is one, or many as a school's system lays them out.

    Exit codes: 0 graded; 2 unusable arguments, or an assignment that doesn't hold; 3 some
    submission could not be graded because of a fault in the grader (they are listed).
    """
    options = _report_options(settings, reports)
    submissions, notes = _read(paths, setup, roster, single=single)
    try:
        check_orders(reports, len(submissions))
    except ReportError as error:
        raise Unusable(str(error)) from None
    isolation = announce_isolation(required=require_isolation)
    grades = Grades(
        results=[],
        title=title,
        graded_at=datetime.now(timezone.utc).isoformat(timespec="seconds"),
        seed=secrets.randbelow(2**31) if seed is None else seed,
        isolation=isolation,
        notes=notes,
    )
    assignment = digest_of(setup.suites, repr(setup.patience), repr(setup.isolation))
    try:
        with Gradebook(out / "gradebook.sqlite", assignment) as gradebook:
            known = {} if regrade or seed is not None else gradebook.find_all(submissions)
            interrupted = _grade(submissions, known, setup, workers, grades, gradebook)
    except (AssignmentError, GradebookError) as error:
        raise Unusable(str(error)) from None
    _show(grades, out, reports, options)
    if interrupted:
        err.print(
            f"[yellow]Interrupted:[/] {len(grades.results)} of {len(submissions)} graded and kept; "
            "the same command grades the rest."
        )
        sys.exit(INTERRUPTED)
    if len(grades.results) < len(submissions) or not all(r.graded for r in grades.results):
        sys.exit(NOT_GRADED)


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
    names = [s.name for s in found]
    double = sorted({name for name in names if names.count(name) > 1})
    if double:
        raise Unusable(f"Several submissions are called {', '.join(double[:5])}. Grade them apart.")
    if students is None:
        return found, []
    unknown, absent = students.unmatched(found)
    notes = [f"On the roster, but nothing handed in: {', '.join(absent)}."] if absent else []
    notes += [f"Handed in, but not on the roster: {', '.join(unknown)}."] if unknown else []
    return found, notes


def _grade(
    submissions: list[Submission],
    known: dict[str, Result],
    setup: Setup,
    workers: int,
    grades: Grades,
    gradebook: Gradebook,
) -> bool:
    """Grade what isn't known, writing each result down at once; whether that was interrupted."""
    results = dict(known)
    interrupted = False
    tasks = [Task(setup, s, grades.seed) for s in submissions if s.name not in known]
    if known:
        err.print(
            f"{len(known)} of {len(submissions)} were graded before, with the same files and "
            "suites (--regrade grades them anew).",
            highlight=False,
        )
    try:
        with progress("Grading") as advance:
            advance(0, len(tasks))
            for result in grade_all(tasks, min(workers, len(tasks) or 1)):
                gradebook.add(result)
                results[result.submission] = result
                advance(len(results) - len(known), len(tasks))
    except KeyboardInterrupt:
        interrupted = True
    grades.results = [results[s.name] for s in submissions if s.name in results]
    return interrupted


def _report_options(
    settings: tuple[str, ...], reports: tuple[str, ...]
) -> dict[str, dict[str, str]]:
    """What `--set` says, by report; asked about before hours of grading, not after."""
    formats = find_formats()
    for order in reports:
        name = order.partition("=")[0]
        if name not in formats:
            raise Unusable(f"There is no report {name!r}. There are: {', '.join(formats)}.")
    options: dict[str, dict[str, str]] = {}
    for setting in settings:
        key, equals, value = setting.partition("=")
        name, dot, option = key.partition(".")
        if not equals or not dot or name not in formats or option not in formats[name].options:
            raise Unusable(f"--set {setting}: expected NAME.OPTION=VALUE of a report.")
        options.setdefault(name, {})[option] = value
    return options


def _show(
    grades: Grades, out: Path, reports: tuple[str, ...], options: dict[str, dict[str, str]]
) -> None:
    # Files first: a reader who closes the pipe early must not cost them.
    lines: list[str] = []
    try:
        for order in dict.fromkeys(("json", "feedback", *reports)):
            name = order.partition("=")[0]
            written = write_report(grades, order, options.get(name), out)
            where = written[0].parent if len(written) > 1 else written[0] if written else out
            lines.append(f"{name:>13}: {where}")
    except ReportError as error:
        raise Unusable(str(error)) from None
    finally:
        table.show(grades)
        print("", *lines, sep="\n")
