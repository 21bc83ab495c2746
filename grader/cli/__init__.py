"""The command `grader`: one module a subcommand, each thin."""

from __future__ import annotations

import sys
from typing import Any

import click

from grader.cli.check import check
from grader.cli.ci import ci
from grader.cli.doctor import doctor
from grader.cli.grade import grade
from grader.cli.interrupts import Stopped, stop_once
from grader.cli.note import note
from grader.cli.regrade import regrade
from grader.cli.release import new, release
from grader.cli.show import show
from grader.cli.similar import similar
from grader.cli.stats import stats
from grader.cli.watch import watch


class Commands(click.Group):
    """Commands that clean up when they are asked to end."""

    def invoke(self, ctx: click.Context) -> Any:
        stop_once()
        try:
            return super().invoke(ctx)
        except Stopped as stopped:
            sys.exit(stopped.exit_code)


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="torchgrade")
def main() -> None:
    """Grade PyTorch exercises. Student code never runs in the process that judges it."""


for command in (watch, grade, regrade, note, show, stats, similar, check, doctor, release, new, ci):
    main.add_command(command)
