"""One Markdown file for each student, readable as plain text: for e-mail, GitHub or an LMS."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from grader.report.files import file_stems, save
from grader.report.markdown import feedback
from grader.report.seen import seen
from grader.result import Grades

NAME = "feedback"
HELP = "A Markdown file for each student: outcomes, feedback, hints. Holds no secret."
OUT = "feedback"
OPTIONS: Mapping[str, str] = {}


def write(grades: Grades, out: Path, options: Mapping[str, str]) -> list[Path]:
    """Write `out/<submission>.md` for each submission."""
    stems = file_stems(result.submission for result in grades.results)
    return [
        save(out / f"{stem}.md", feedback(seen(result)))
        for stem, result in zip(stems, grades.results, strict=True)
    ]
