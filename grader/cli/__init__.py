"""The command `grader`: one module a subcommand, each thin."""

from __future__ import annotations

import click

from grader.cli.check import check
from grader.cli.ci import ci
from grader.cli.doctor import doctor
from grader.cli.grade import grade
from grader.cli.release import new, release


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="torchgrade")
def main() -> None:
    """Grade PyTorch exercises. Student code never runs in the process that judges it."""


for command in (grade, check, doctor, release, new, ci):
    main.add_command(command)
