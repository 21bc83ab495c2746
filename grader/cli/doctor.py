"""`grader doctor`."""

from __future__ import annotations

import sys

import click
from rich.console import Console

from grader.cli.options import allow_import_option
from grader.judge.isolation import account
from grader.judge.packages import Package, installed, missing
from grader.report import doctor_table


@click.command()
@allow_import_option
def doctor(packages: tuple[Package, ...]) -> None:
    """Say what isolation sandboxes get on this machine.

    It lists the layers, how to get those that are missing, and the packages that submissions can
    import.

    Exit codes: 0 full isolation; 1 less.
    """
    doctor_table.show(account(), Console())
    doctor_table.show_packages(installed(), packages, missing(packages), Console())
    if account().missing:
        sys.exit(1)
