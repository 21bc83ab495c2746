"""`grader ci`: grade one submission unattended. Whatever happens, there is a well-formed result."""

from __future__ import annotations

import os
import secrets
import signal
import sys
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timezone
from pathlib import Path
from types import FrameType
from typing import NoReturn

import click

from grader.assignment.exercises import AssignmentError, find_exercises
from grader.assignment.rules import Rules
from grader.cli.grading import read_assignment
from grader.cli.options import NOT_GRADED, Unusable, announce_isolation, err, setup_options
from grader.grading.decisions import extended
from grader.grading.engine import SEEDS, Setup, Task, grade_all
from grader.grading.gradebook_records import Handed, names_of
from grader.grading.policy import Ruling, settle
from grader.report import ReportError, check_orders, find_formats, report_failure, write_report
from grader.report.formats import gradescope
from grader.report.terminal import inert
from grader.report.text import line
from grader.result import Grades, Result
from grader.submission import NoSubmissions, Submission, find_submissions
from grader.submission.arrival.times import FILES

FORMATS = sorted(name for name, form in find_formats().items() if form.write_failure)
HELP = f"""Grade one SUBMISSION unattended, for GitHub, Gradescope or other CI.

FORMAT is one of {", ".join(FORMATS)}. Whatever happens, a result is written in that
format. docs/ci.md says how to set each platform up. An assignment.toml beside the suites counts:
weights, bonus, and lateness if the platform or the last commit says when the work was handed in.

Exit codes: 0 graded, whatever the grade; 2 unusable arguments; 3 not graded, through no
fault of the submission (the result says so, and no points are counted)."""
# The time for starting up, reading the submission and writing the result.
OVERHEAD_SECONDS = 60.0
# What a student may read about a failure. `--detail` tells the rest.
REASONS: tuple[tuple[type[BaseException], str], ...] = (
    (NoSubmissions, "There was no submission to read."),
    (TimeoutError, "The time ran out before it was graded."),
    (AssignmentError, "The tests of this assignment are broken: the instructor has to fix them."),
    (Unusable, "The grader isn't set up correctly: the instructor has to fix that."),
)
# The variables in which a platform says whose a submission is.
WHOSE = {"classroom": ("GITHUB_ACTOR",), "classroom50": ("USERNAME",)}
FAULT = "A fault in the grader kept it from being graded."


class Unattended(click.Command):
    """A command that writes a result even if its own options can't be used."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        try:
            return super().parse_args(ctx, args)
        except Unusable as error:
            given = ctx.params
            if "form" not in given:
                raise
            _fail(_target(given["form"], given.get("out")), error, detail=bool(given.get("detail")))


@click.command(cls=Unattended, help=HELP)
@click.argument("form", metavar="FORMAT", type=click.Choice(FORMATS), is_eager=True)
@click.argument("submission", type=click.Path(path_type=Path))
@setup_options
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    is_eager=True,
    help="Where to write the result. [default: where the platform looks for it, or junit.xml]",
)
@click.option(
    "--time-limit",
    type=click.IntRange(20),
    default=600,
    show_default=True,
    help="Seconds after which the platform would end the job.",
)
@click.option(
    "--student",
    "students",
    multiple=True,
    metavar="NAME",
    help="Whose it is, for the extensions in assignment.toml. [default: as the platform says]",
)
@click.option("--require-isolation", is_flag=True, help="Refuse to grade without full isolation.")
@click.option(
    "--detail",
    is_flag=True,
    is_eager=True,
    help="Say on standard error what broke. That may show tests: not for logs that students read.",
)
def ci(
    form: str,
    submission: Path,
    setup: Setup,
    out: Path | None,
    time_limit: int,
    students: tuple[str, ...],
    require_isolation: bool,
    detail: bool,
) -> None:
    target = _target(form, out)
    overhead = min(OVERHEAD_SECONDS, time_limit / 3)
    _end_in_time(round(time_limit - overhead / 4))
    try:
        check_orders([target], 1)
        isolation = announce_isolation(required=require_isolation)
        patience = replace(setup.patience, submission=time_limit - overhead)
        exercises = find_exercises(setup.suites)
        rules = read_assignment(setup, exercises)
        [read] = find_submissions(submission, exercises, single=True)
        result = _grade(read, replace(setup, patience=patience))
        result = _settled(result, read, rules, form, out, students)
        now = datetime.now(timezone.utc).isoformat(timespec="seconds")
        write_report(Grades([result], graded_at=now, seed=result.seed, isolation=isolation), target)
        print(inert(f"{line(result.submission)}: {result.total:.1f} of 100"))
    # Catch everything: a run that nobody watches must not end without a result.
    except (Exception, SystemExit, KeyboardInterrupt) as error:
        _fail(target, error, detail=detail)


def _target(form: str, out: Path | None) -> str:
    return f"{form}={out}" if out else form


def _grade(read: Submission, setup: Setup) -> Result:
    [result] = grade_all([Task(setup, read, secrets.randbelow(SEEDS))], 1)
    if not result.graded:
        raise RuntimeError(result.fault or "a test could not be run")
    return result


def _settled(
    result: Result,
    read: Submission,
    rules: Rules,
    form: str,
    out: Path | None,
    names: Sequence[str],
) -> Result:
    """The result after the assignment's rules."""
    when, source = read.submitted, read.time_source
    if when is None or source == FILES:  # a checkout's files are as old as the checkout
        when, source = None, ""
    told: Sequence[str] = [os.environ[key] for key in WHOSE.get(form, ()) if os.environ.get(key)]
    if form == "gradescope":
        said, told = gradescope.submitted(gradescope.metadata_of(out or Path(gradescope.OUT)))
        when, source = (said, "Gradescope") if said else (when, source)
    if rules.lateness.due is not None and when is None:
        err.print(
            "The time of handing in isn't known, so nothing is taken off for lateness.",
            highlight=False,
        )
    known = names_of(read.name, read.name, read.student) | set(names or told)
    ruling = extended(Ruling(), rules.extensions, known)
    return settle([(result, Handed(1, 1, when, source))], rules, ruling)


def _end_in_time(seconds: int) -> None:
    """Raise `TimeoutError` after so many seconds, or as soon as the platform asks us to stop."""

    def out_of_time(number: int, frame: FrameType | None) -> NoReturn:
        raise TimeoutError(f"signal {number}")

    signal.signal(signal.SIGTERM, out_of_time)
    if hasattr(signal, "SIGALRM"):
        signal.signal(signal.SIGALRM, out_of_time)
        signal.alarm(seconds)


def _fail(target: str, error: BaseException, *, detail: bool) -> NoReturn:
    """Report in the platform's own way that nothing was graded, without any detail of ours."""
    reason = next((text for kind, text in REASONS if isinstance(error, kind)), FAULT)
    err.print(f"Not graded. {reason}", markup=False, highlight=False)
    if detail:
        err.print(f"{type(error).__name__}: {error}", markup=False, highlight=False)
    try:
        report_failure(f"{reason} Nothing is counted.", target)
    except ReportError as problem:
        err.print(f"The result could not be written. {problem}", markup=False, highlight=False)
    sys.exit(NOT_GRADED)
