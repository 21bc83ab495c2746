"""A zip for Moodle's "Upload multiple feedback files in a zip": a page for each student.

Moodle finds the student by the number in a folder's name, which is as in its own download:
`Full name_123_assignsubmission_file_/feedback.html`. That number is the participant's in this
assignment, not a school's.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Mapping
from pathlib import Path

from grader.report.files import save
from grader.report.formats import html_students
from grader.report.formats.moodle import WORKSHEET_COLUMNS, Worksheet, read_worksheet
from grader.report.seen import seen
from grader.report.sheet import left_out
from grader.report.text import labels, line
from grader.result import Grades, Result

NAME = "moodle-feedback"
HELP = "A zip of feedback files for Moodle to upload, one a student. Holds no secret."
OUT = "moodle-feedback.zip"
OPTIONS: Mapping[str, str] = {
    "worksheet": "Moodle's grading worksheet: its numbers count, instead of those in the download",
    "columns": WORKSHEET_COLUMNS,
}

TIME = (2026, 1, 1, 0, 0, 0)  # the same grades give the same file
PAGE = "feedback.html"


def write(grades: Grades, out: Path, options: Mapping[str, str]) -> list[Path]:
    """Write the zip, and a sheet on who isn't in it."""
    worksheet = read_worksheet(options, "Identifier") if "worksheet" in options else None
    missing, taken = [], set()
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for label, result in zip(labels(grades.results), grades.results, strict=True):
            number = _number(result, worksheet)
            if not number or number in taken:
                missing.append((label, "its number in Moodle isn't known" if not number
                                else "somebody else has the same number"))  # fmt: skip
                continue
            taken.add(number)
            # Moodle splits the folder's name at underscores.
            name = re.sub(r'[_/\\:*?"<>|]+', "-", line(result.student.name if result.student
                          else label)).strip(" .") or "student"  # fmt: skip
            info = zipfile.ZipInfo(f"{name}_{number}_assignsubmission_file_/{PAGE}", TIME)
            info.compress_type = zipfile.ZIP_DEFLATED
            info.external_attr = 0o100644 << 16
            archive.writestr(info, html_students.page(seen(result), grades.graded_at))
    return [save(out, packed.getvalue()), *left_out(out, missing)]


def _number(result: Result, worksheet: Worksheet | None) -> str:
    """The participant's number; '' if it isn't known."""
    if worksheet is None:
        label = result.student.id if result.student else ""
    else:
        fits = worksheet.rows_of(result, worksheet.rows)
        label = fits[0][worksheet.columns[0]] if len(fits) == 1 else ""
    told = re.fullmatch(r"(?:Participant )?(\d+)", label.strip())
    return told[1] if told else ""
