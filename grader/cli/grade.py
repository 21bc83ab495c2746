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
from grader.grading.basis import Grounds
from grader.grading.engine import Setup, Task, grade_all
from grader.grading.gradebook import Gradebook, GradebookError
from grader.grading.plan import Plan, make_plans, summary
from grader.report import ReportError, check_orders, find_formats, write_report
from grader.report.formats import table
from grader.result import Grades
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
    exercises = find_exercises(setup.suites)
    grounds = Grounds(exercises, repr(setup.patience), repr(setup.isolation), isolation)
    try:
        with Gradebook(out / "gradebook.sqlite") as gradebook:
            anew = regrade or seed is not None
            plans = make_plans(submissions, exercises, grounds, gradebook, anew=anew)
            for line in summary(plans):
                err.print(line, highlight=False, markup=False)
            interrupted = _grade(plans, setup, workers, grades, gradebook)
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
    plans: list[Plan], setup: Setup, workers: int, grades: Grades, gradebook: Gradebook
) -> bool:
    """Grade what isn't known, writing each result down at once; whether that was interrupted."""
    by_name = {plan.submission.name: plan for plan in plans}
    results = {name: plan.result(None) for name, plan in by_name.items() if not plan.todo}
    tasks = [
        # No names stand for all exercises.
        Task(setup, plan.submission, grades.seed, frozenset(plan.todo if plan.kept else ()))
        for plan in plans
        if plan.todo
    ]
    run = gradebook.begin("grade", grades)
    attempts = gradebook.arrive((plan.submission for plan in plans), run)
    known = len(results)
    interrupted = False
    try:
        with progress("Grading") as advance:
            advance(0, len(tasks))
            for fresh in grade_all(tasks, min(workers, len(tasks) or 1)):
                name = fresh.submission
                plan = by_name[name]
                gradebook.add(fresh, plan.submission, attempts[name], run, plan.bases)
                results[name] = plan.result(fresh)
                advance(len(results) - known, len(tasks))
    except KeyboardInterrupt:
        interrupted = True
    grades.results = [results[name] for name in by_name if name in results]
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
