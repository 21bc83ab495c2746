"""`grader regrade`."""

from __future__ import annotations

import secrets
from datetime import datetime, timezone
from pathlib import Path

import click
from rich.console import Console

from grader.assignment.rules import Rules
from grader.cli.cluster import Site, site_options
from grader.cli.grading import (
    ClassRun,
    WithReports,
    open_gradebook,
    out_option,
    report_options,
    reports_option,
    room,
    run,
    seed_option,
    settings_option,
)  # fmt: skip
from grader.cli.options import setup_options
from grader.grading.changes import grade_changes
from grader.grading.engine import SEEDS, Setup
from grader.grading.gradebook import Gradebook
from grader.grading.running import Entrant, entrants, last_known, settle_all
from grader.report import ReportError, changes_table
from grader.report.formats import json
from grader.result import Grades, Result


@click.command(cls=WithReports)
@setup_options
@site_options
@out_option
@click.option("--dry-run", is_flag=True, help="Say what would be graded and why, and do nothing.")
@click.option("--all", "anew", is_flag=True, help="Grade everything, not only what has changed.")
@seed_option
@reports_option
@settings_option
def regrade(
    setup: Setup,
    site: Site,
    out: Path,
    dry_run: bool,
    anew: bool,
    seed: int | None,
    reports: tuple[str, ...],
    settings: tuple[str, ...],
) -> None:
    """Grade the gradebook's submissions again if suites have changed.

    Only what a change of the suites, the grader or the limits concerns is graded. The submissions
    come from the gradebook, so nothing has to be given. Afterwards a table says
    whose grade changed, and by which tests; changes.csv has all of it. Exit codes: as for `grader
    grade`.
    """
    options = report_options(settings, reports)
    grades = Grades(
        results=[],
        graded_at=datetime.now(timezone.utc).isoformat(timespec="seconds"),
        seed=secrets.randbelow(SEEDS) if seed is None else seed,
    )
    if dry_run:
        with open_gradebook(out) as gradebook:
            crew = site.imagined(gradebook.isolation())
            job = ClassRun(setup, crew, out, grades, None, anew, seed, reports, options)
            job.look(gradebook)
        tasks = sum(bool(plan.todo) for plan in job.plans)
        print(f"{tasks} of {len(job.plans)} submissions would be graded.")
        return
    with site.crew(setup, full=False) as crew:
        job = ClassRun(setup, crew, out, grades, None, anew, seed, reports, options)
        with open_gradebook(out) as gradebook:
            everybody = entrants(gradebook, job.rules)
            before = _before(out, everybody, gradebook, job.rules)
            with room(out, len(everybody)) as reserve:
                cut = run(job, "regrade", gradebook, reserve)

        def compare(results: Grades) -> None:
            changes = grade_changes(before, results.results)
            print()
            changes_table.show(changes, Console())
            print(f"\n{changes_table.write(changes, out)}: all changes.")

        job.finish(cut, compare)


def _before(
    out: Path, everybody: list[Entrant], gradebook: Gradebook, rules: Rules
) -> dict[str, Result]:
    """What each student had, by submission.

    That is what the run before reported: the rules may have changed since. Of whom it said nothing,
    the gradebook knows.
    """
    try:
        reported = {one.submission: one for one in json.read(out / json.OUT).results}
    except ReportError:
        reported = {}
    others = [one for one in everybody if one.submission.name not in reported]
    settled, _ = settle_all(others, last_known(others, gradebook), gradebook, rules)
    return reported | {one.submission: one for one in settled}
