"""The reports. Each module in `formats/` writes `Grades` in one format.

A format is a module with `NAME` (what `--report` calls it), `HELP` (one line), `OUT` (the file or
folder it writes if none is named), `OPTIONS` (what `--set` may give it, each with a line of
help) and `write(grades, out, options)`, which returns the paths it wrote. A format that holds one
submission only says `SINGLE = True`. One that an unattended run needs also has
`write_failure(message, out)`, for when nothing could be graded. To add a format, add its module: it
is found here.
"""

from grader.report.files import ReportError
from grader.report.registry import (
    Format,
    check_orders,
    find_formats,
    read_order,
    report_failure,
    try_options,
    write_report,
)

__all__ = [
    "Format",
    "ReportError",
    "check_orders",
    "find_formats",
    "read_order",
    "report_failure",
    "try_options",
    "write_report",
]
