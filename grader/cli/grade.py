"""`grader grade`."""

from __future__ import annotations

import secrets
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path

import click
from rich.markup import escape

from grader.assignment.exercises import AssignmentError, find_exercises
from grader.cli.interrupts import Stopped
from grader.cli.options import (
    NOT_GRADED,
    Unusable,
    announce_isolation,
    err,
    progress,
    setup_options,
    workers_option,
)
from grader.grading.basis import Grounds
from grader.grading.damage import set_aside
from grader.grading.engine import Setup, Task, grade_all
from grader.grading.gradebook import Gradebook, GradebookError
from grader.grading.plan import Plan, make_plans, summary
from grader.grading.reserve import Reserve
from grader.report import ReportError, check_orders, find_formats, write_report
from grader.report.formats import json, table
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
    submission could not be graded because of a fault in the grader (they are listed); 130 and 143
    interrupted by Ctrl-C and by SIGTERM.
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
        with (
            _room(out, len(submissions)) as reserve,
            Gradebook(_sound(out / "gradebook.sqlite")) as gradebook,
        ):
            plans = make_plans(submissions, exercises, grounds, gradebook, anew=regrade, seed=seed)
            for line in summary(plans):
                err.print(line, highlight=False, markup=False)
            cut = _grade(plans, setup, workers, grades, gradebook, reserve)
    except (AssignmentError, GradebookError) as error:
        raise Unusable(str(error)) from None
    kept = cut is not None and _has_more(out / "results.json", grades)
    _show(grades, out, reports, options, files=not kept)
    if cut is not None:
        err.print(
            f"[yellow]{escape(cut.why)}:[/] {len(grades.results)} of {len(submissions)} graded "
            "and kept; the same command grades the rest."
        )
        if kept:
            err.print(f"The reports in {out} are still those of the run before, which had more.")
        sys.exit(cut.exit_code)
    if len(grades.results) < len(submissions) or not all(r.graded for r in grades.results):
        sys.exit(NOT_GRADED)


@dataclass(frozen=True)
class _Cut:
    """Why grading ended before everything was graded."""

    why: str
    exit_code: int


def _room(out: Path, submissions: int) -> Reserve:
    try:
        return Reserve(out, submissions)
    except OSError as error:
        raise Unusable(
            f"There is no room for results in {out}: the disk is full, or can't be written to "
            f"({error.strerror or error})."
        ) from None


def _sound(path: Path) -> Path:
    """The place of a gradebook that isn't damaged: one that is, is kept under another name."""
    try:
        kept = set_aside(path)
    except OSError as error:
        raise GradebookError(
            f"{path} is damaged, and can't be moved away: {error.strerror or error}."
        ) from None
    if kept is not None:
        err.print(
            f"[yellow]The gradebook was damaged.[/] It is kept as {kept.name}; what was graded "
            "before is graded anew, into a new one.",
            highlight=False,
        )
    return path


def _has_more(results: Path, grades: Grades) -> bool:
    """Whether these results are of submissions that aren't among `grades`."""
    try:
        before = json.read(results).results
    except ReportError:  # none, or not ours
        return False
    return not {r.submission for r in before} <= {r.submission for r in grades.results}


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
    plans: list[Plan],
    setup: Setup,
    workers: int,
    grades: Grades,
    gradebook: Gradebook,
    reserve: Reserve,
) -> _Cut | None:
    """Grade what isn't known, writing each result down at once; what cut that short, if anything.

    What was written down until then is kept.
    """
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
    cut = None

    def keep(fresh: Result) -> None:
        plan = by_name[fresh.submission]
        results[fresh.submission] = plan.result(fresh)
        gradebook.add(fresh, plan.submission, attempts[fresh.submission], run, plan.bases)

    try:
        with progress("Grading") as advance:
            advance(0, len(tasks))
            for fresh in grade_all(tasks, min(workers, len(tasks) or 1)):
                try:
                    keep(fresh)
                except GradebookError:  # a full disk
                    reserve.give_back()
                    keep(fresh)
                    raise
                advance(len(results) - known, len(tasks))
    except Stopped as stopped:
        cut = _Cut("Interrupted", stopped.exit_code)
    except (GradebookError, OSError) as error:
        cut = _Cut(f"Ended early ({error})", NOT_GRADED)
    grades.results = [results[name] for name in by_name if name in results]
    return cut


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
    grades: Grades,
    out: Path,
    reports: tuple[str, ...],
    options: dict[str, dict[str, str]],
    *,
    files: bool,
) -> None:
    """Write the reports, where there are to be `files`, and show the table."""
    # Files first: a reader who closes the pipe early must not cost them.
    lines: list[str] = []
    try:
        for order in dict.fromkeys(("json", "feedback", *reports)) if files else ():
            name = order.partition("=")[0]
            written = write_report(grades, order, options.get(name), out)
            where = written[0].parent if len(written) > 1 else written[0] if written else out
            lines.append(f"{name:>13}: {where}")
    except ReportError as error:
        raise Unusable(str(error)) from None
    finally:
        table.show(grades)
        print("", *lines, sep="\n")
