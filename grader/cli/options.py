"""What several subcommands share: options, exit codes, the terminal."""

from __future__ import annotations

import atexit
import functools
import os
import shutil
import sys
import tarfile
import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from grader.assignment.exercises import find_exercises
from grader.grading.engine import Setup, default_workers
from grader.judge.isolation import account
from grader.judge.packages import Package, PackageError, check_apart, find_package
from grader.release.bundles import unpack_suites
from grader.report.terminal import SafeConsole, inert

UNUSABLE, NOT_GRADED = 2, 3

DEFAULT = Setup(Path())
LIMITS, PATIENCE = DEFAULT.isolation.limits, DEFAULT.patience
MIB = 1 << 20

# Messages go here: standard output is for what was asked for.
err = SafeConsole(stderr=True)


class Unusable(click.ClickException):
    """Arguments or an assignment that can't be used."""

    exit_code = UNUSABLE

    def format_message(self) -> str:
        return inert(self.message)


def _solutions(context: click.Context, parameter: click.Parameter, value: Path | None) -> Path:
    """The folder of the hidden suites: given, or `solutions/` here or in a folder above."""
    if value and (str(value) == "-" or value.is_file()):
        return _unpacked(value)
    here = Path.cwd()
    places = [value] if value else [folder / "solutions" for folder in (here, *here.parents)]
    for place in places:
        if find_exercises(place):
            return place.resolve()
    raise Unusable(
        f"No exercises in {value}." if value else "No folder solutions/ here. Give --solutions DIR."
    )


def _unpacked(archive: Path) -> Path:
    """The suites of an archive (`-`: standard input), in a folder that goes when this process does.

    Nobody else can read it, and no sandbox can. Where there is a file system in memory it is there,
    so that what must stay secret never gets to a disk.
    """
    place = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    private = Path(tempfile.mkdtemp(prefix="torchgrade-suites-", dir=place))
    atexit.register(shutil.rmtree, private, ignore_errors=True)
    folder = private / "archive"  # what is looked for beside the suites is looked for in there
    try:
        data = sys.stdin.buffer.read() if str(archive) == "-" else archive.read_bytes()
        unpack_suites(data, folder)
    except (tarfile.TarError, OSError, EOFError) as error:
        raise Unusable(f"--solutions {archive}: not an archive of suites ({error}).") from None
    found = next((f for f in (folder / "solutions", folder) if find_exercises(f)), None)
    if found is None:
        raise Unusable(f"--solutions {archive}: no exercises in it.")
    return found


solutions_option = click.option(
    "--solutions",
    type=click.Path(path_type=Path),
    callback=_solutions,
    help="The folder of references and hidden suites, an archive of it, or - for one on standard "
    "input. [default: solutions/ here or above]",
)
workers_option = click.option(
    "--workers",
    type=click.IntRange(1, 512),
    default=default_workers,
    show_default="processors",
    help="How many judges work at once.",
)
spawn_option = click.option(
    "--spawn", is_flag=True, help="A new interpreter for each sandbox, instead of a fork (slow)."
)


def _packages(
    context: click.Context, parameter: click.Parameter, names: tuple[str, ...]
) -> tuple[Package, ...]:
    """The packages that sandboxes may import though they aren't installed with the grader."""
    try:
        found = (find_package(name) for name in names)
        return tuple(dict.fromkeys(package for package in found if package is not None))
    except PackageError as error:
        raise Unusable(f"{error}.") from None


allow_import_option = click.option(
    "--allow-import",
    "packages",
    multiple=True,
    metavar="NAME",
    callback=_packages,
    help="Let submissions import a package that isn't installed beside the grader, but elsewhere "
    "on its path.",
)


def setup_options(command: Callable[..., None]) -> Callable[..., None]:
    """The options for what a sandbox may use; the command gets them as one `setup`."""

    @functools.wraps(command)
    def with_setup(
        solutions: Path,
        spawn: bool,
        memory: int,
        cpu_seconds: int,
        threads: int,
        scratch: int,
        output: int,
        test_seconds: float,
        submission_seconds: float,
        packages: tuple[Package, ...],
        **rest: Any,
    ) -> None:
        try:
            check_apart(packages, solutions)
        except PackageError as error:
            raise Unusable(f"{error}.") from None
        limits = replace(
            LIMITS,
            memory_bytes=memory * MIB,
            cpu_seconds=cpu_seconds,
            threads=threads,
            scratch_bytes=scratch * MIB,
            output_bytes=output * MIB,
        )
        setup = Setup(
            solutions,
            spawn=spawn or DEFAULT.spawn,
            isolation=replace(DEFAULT.isolation, limits=limits, allowed=packages),
            patience=replace(PATIENCE, test=test_seconds, submission=submission_seconds),
        )
        command(setup=setup, **rest)

    def number(flag: str, default: float, text: str) -> Callable[..., Any]:
        kind = click.IntRange(1) if isinstance(default, int) else click.FloatRange(0.1)
        return click.option(flag, type=kind, default=default, show_default=True, help=text)

    decorated: Any = with_setup
    for option in (
        number("--memory", LIMITS.memory_bytes // MIB, "MiB of memory for a sandbox."),
        number("--cpu-seconds", LIMITS.cpu_seconds, "Processor time for an exercise."),
        number("--threads", LIMITS.threads, "Threads in a sandbox."),
        number("--scratch", LIMITS.scratch_bytes // MIB, "MiB of files a sandbox may write."),
        number("--output", LIMITS.output_bytes // MIB, "MiB a sandbox may print."),
        number("--test-seconds", PATIENCE.test, "Time for a test, unless it is marked otherwise."),
        number(
            "--submission-seconds", PATIENCE.submission, "Time for all of a submission's tests."
        ),
        allow_import_option,
        spawn_option,
        solutions_option,
    ):
        decorated = option(decorated)
    result: Callable[..., None] = decorated
    return result


def announce_isolation(*, required: bool) -> str:
    """Say aloud what isolation this machine gives; exit where it is less than is required.

    Returns its name.
    """
    here = account()
    names = ", ".join(part.name for part in here.missing)
    less = f", without {names} (see `grader doctor`)" if names else ""
    err.print(f"Isolation: {here.name}{less}", highlight=False)
    if required and here.missing:
        raise Unusable("This machine gives less than full isolation. `grader doctor` says more.")
    return here.name
