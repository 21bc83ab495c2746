"""Find the formats, and write what `--report NAME[=PATH]` asks for."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import grader.report
from grader.report.files import ReportError
from grader.result import Grades

Write = Callable[[Grades, Path, Mapping[str, str]], list[Path]]


@dataclass(frozen=True)
class Format:
    """One way out. `out` is relative; `options` maps each option's name to a line of help."""

    name: str
    help: str
    out: str
    options: Mapping[str, str]
    write: Write


@cache
def find_formats() -> Mapping[str, Format]:
    """The formats by name, in order of their names."""
    found: dict[str, Format] = {}
    for entry in pkgutil.iter_modules(grader.report.__path__):
        module = importlib.import_module(f"grader.report.{entry.name}")
        if hasattr(module, "NAME"):
            found[module.NAME] = Format(
                module.NAME, module.HELP, module.OUT, module.OPTIONS, module.write
            )
    return dict(sorted(found.items()))


def write_report(
    grades: Grades, order: str, options: Mapping[str, str] | None = None, folder: Path | None = None
) -> list[Path]:
    """Write the report that `order`, `NAME` or `NAME=PATH`, names; the paths that were written.

    Without a path it is written to `folder`, by default the current one, under the format's own
    name. `options` holds this format's options only. Raises `ReportError` with what to do.
    """
    name, _, path = order.partition("=")
    formats = find_formats()
    if name not in formats:
        raise ReportError(f"There is no report {name!r}. There are: {', '.join(formats)}.")
    wanted = formats[name]
    options = options or {}
    for option in options:
        if option not in wanted.options:
            known = ", ".join(wanted.options) or "none"
            raise ReportError(f"The report {name} has no option {option!r}. It has: {known}.")
    out = Path(path) if path else (folder or Path()) / wanted.out
    try:
        return wanted.write(grades, out, options)
    except OSError as error:
        raise ReportError(
            f"The report {name} could not be written to {out}: {error.strerror or error}."
        ) from error
