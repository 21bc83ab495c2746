"""Find the formats, and write what `--report NAME[=PATH]` asks for."""

from __future__ import annotations

import importlib
import pkgutil
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from grader.report import formats
from grader.report.files import ReportError
from grader.report.text import few
from grader.result import Grades

WriteReport = Callable[[Grades, Path, Mapping[str, str]], list[Path]]
WriteFailure = Callable[[str, Path], list[Path]]
Ready = Callable[[], None]


@dataclass(frozen=True)
class Format:
    """One way out. `out` is relative; `options` maps each option's name to a line of help.

    `write_failure` writes that nothing could be graded, for platforms that wait for a result; None
    for the other formats. `single`: whether it holds one submission only. `ready` raises
    `ReportError` where something that it will need isn't there.
    """

    name: str
    help: str
    out: str
    options: Mapping[str, str]
    write: WriteReport
    write_failure: WriteFailure | None
    single: bool = False
    ready: Ready | None = None


@cache
def find_formats() -> Mapping[str, Format]:
    """The formats by name, in alphabetical order."""
    found: dict[str, Format] = {}
    for entry in pkgutil.iter_modules(formats.__path__):
        module = importlib.import_module(f"grader.report.formats.{entry.name}")
        if hasattr(module, "NAME"):
            found[module.NAME] = Format(
                module.NAME,
                module.HELP,
                module.OUT,
                module.OPTIONS,
                module.write,
                getattr(module, "write_failure", None),
                getattr(module, "SINGLE", False),
                getattr(module, "ready", None),
            )
    return dict(sorted(found.items()))


def write_report(
    grades: Grades, order: str, options: Mapping[str, str] | None = None, folder: Path | None = None
) -> list[Path]:
    """Write the report that `order` names, as `NAME` or `NAME=PATH`, and return the paths written.

    Without a path it is written to `folder` (by default the current one), under the format's own
    name. `options` are those of this format. Raises `ReportError`, which says what to do.
    """
    wanted, out = read_order(order, folder)
    check_orders([order], len(grades.results))
    options = options or {}
    for option in options:
        if option not in wanted.options:
            known = ", ".join(wanted.options) or "none"
            raise ReportError(
                f"The report {wanted.name} has no option {option!r}. It has: {known}."
            )
    results = [replace(result, notes=few(result.notes)) for result in grades.results]
    with _reasons(wanted, out):
        return wanted.write(replace(grades, results=results), out, options)


def report_failure(message: str, order: str, folder: Path | None = None) -> list[Path]:
    """Write in the format of `order` that nothing could be graded, with `message` as the reason.

    Nothing is written in a format that can't say so. The caller also exits with an error.
    """
    wanted, out = read_order(order, folder)
    with _reasons(wanted, out):
        return wanted.write_failure(message, out) if wanted.write_failure else []


def read_order(order: str, folder: Path | None = None) -> tuple[Format, Path]:
    """The format and the path that `NAME` or `NAME=PATH` means. Raises `ReportError`."""
    name, _, path = order.partition("=")
    formats = find_formats()
    if name not in formats:
        raise ReportError(f"There is no report {name!r}. There are: {', '.join(formats)}.")
    return formats[name], Path(path) if path else (folder or Path()) / formats[name].out


def check_orders(orders: Iterable[str], submissions: int) -> None:
    """Refuse, before anything is graded, a report that can't hold so many, or lacks what it needs.

    Raises `ReportError`, which says what to do.
    """
    for order in orders:
        wanted, _ = read_order(order)
        if wanted.single and submissions != 1:
            raise ReportError(
                f"The report {wanted.name} is for one submission; this run has {submissions}. "
                "Grade one at a time for it."
            )
        if wanted.ready is not None:
            wanted.ready()


def try_options(name: str, options: Mapping[str, str]) -> None:
    """Refuse, before anything is graded, options that a report can't be written with.

    It is written for a class of nobody, to a folder that is gone afterwards. A report for one
    submission isn't tried: it may write to what CI hands it. Raises `ReportError`.
    """
    if not find_formats()[name].single:
        with tempfile.TemporaryDirectory() as folder:
            write_report(Grades([]), name, options, Path(folder))


@contextmanager
def _reasons(wanted: Format, out: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise ReportError(
            f"The report {wanted.name} could not be written to {out}: {error.strerror or error}."
        ) from error
