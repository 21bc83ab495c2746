"""`grader ci`: one submission, unattended. Whatever happens, a well-formed result says so."""

from __future__ import annotations

import secrets
import sys
from dataclasses import replace
from datetime import datetime, timezone
from pathlib import Path

import click

from grader.cli.options import NOT_GRADED, announce_isolation, err, setup_options
from grader.curriculum import find_exercises
from grader.engine import Setup, Task, grade_all
from grader.report import ReportError, find_formats, write_report
from grader.result import Grades
from grader.submission import find_submissions

FORMATS = sorted(name for name, form in find_formats().items() if form.write_failure)
# What starting up, reading the submission and writing the result may take.
OVERHEAD_SECONDS = 60


@click.command()
@click.argument("form", metavar="FORMAT", type=click.Choice(FORMATS))
@click.argument("submission", type=click.Path(path_type=Path))
@setup_options
@click.option("--out", type=click.Path(path_type=Path), help="Where the result goes.")
@click.option(
    "--time-limit",
    type=click.IntRange(2 * OVERHEAD_SECONDS),
    default=600,
    show_default=True,
    help="Seconds after which the platform would end this.",
)
@click.option("--require-isolation", is_flag=True, help="Refuse to grade with less than full.")
def ci(
    form: str,
    submission: Path,
    setup: Setup,
    out: Path | None,
    time_limit: int,
    require_isolation: bool,
) -> None:
    """Grade the one SUBMISSION and write the result that a platform reads.

    Exit codes: 0 graded, whatever the grade; 3 not graded by a fault of ours (the result says so).
    """
    target = f"{form}={out}" if out else form
    try:
        profile = announce_isolation(required=require_isolation)
        patience = replace(setup.patience, submission=float(time_limit - OVERHEAD_SECONDS))
        [read] = find_submissions(submission, find_exercises(setup.suites), single=True)
        task = Task(replace(setup, patience=patience), read, secrets.randbelow(2**31))
        [result] = grade_all([task], 1)
        if not result.graded:
            raise RuntimeError(result.fault or "a test could not be run")
        now = datetime.now(timezone.utc).isoformat(timespec="seconds")
        grades = Grades([result], graded_at=now, seed=result.seed, isolation=profile.name)
        write_report(grades, target)
        print(f"{result.submission}: {result.total:.1f} of 100")
    # Anything: a run that nobody watches must not end without a result.
    except (Exception, click.ClickException, SystemExit) as error:
        _fail(form, target, error)


def _fail(form: str, target: str, error: BaseException) -> None:
    """Say that it could not be graded, in the platform's own way; no detail of ours in it."""
    message = "This submission could not be graded by a fault of ours. It is not counted."
    err.print(f"not graded: {type(error).__name__}: {error}", markup=False)
    write_failure = find_formats()[form].write_failure
    assert write_failure is not None
    path = target.partition("=")[2]
    try:
        write_failure(message, Path(path or find_formats()[form].out))
    except (ReportError, OSError) as problem:
        err.print(f"and its result could not be written: {problem}", markup=False)
    sys.exit(NOT_GRADED)
