"""`grader doctor`."""

from __future__ import annotations

import sys

import click
from rich.console import Console

from grader.judge.isolation import account
from grader.report import doctor_table


@click.command()
def doctor() -> None:
    """Say what isolation sandboxes get on this machine, layer by layer, and how to get more.

    Exit codes: 0 full isolation; 1 less.
    """
    doctor_table.show(account(), Console())
    if account().missing:
        sys.exit(1)
