"""`grader doctor`."""

from __future__ import annotations

import sys

import click
from rich.console import Console

from grader.grading.engine import probe
from grader.report import doctor_table


@click.command()
def doctor() -> None:
    """Say what isolation sandboxes get on this machine, layer by layer, and how to get more.

    Exit codes: 0 full isolation; 1 less.
    """
    profile = probe()
    doctor_table.show(profile, Console())
    if not profile.full:
        sys.exit(1)
