"""One HTML file for each student: progress, what to do next, loss curves. Holds no secret."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from grader.report.files import file_stems, save
from grader.report.pages import render
from grader.report.seen import Seen, SeenTest, seen
from grader.result import Grades, Outcome

NAME = "html-students"
HELP = "An HTML file for each student: progress, feedback, loss curve. Holds no secret."
OUT = "students"
OPTIONS: Mapping[str, str] = {}

NEXT = 3


@dataclass(frozen=True)
class Suggestion:
    """A suggestion for the student's next step."""

    exercise: str
    test: SeenTest
    anchor: str


def write(grades: Grades, out: Path, options: Mapping[str, str]) -> list[Path]:
    """Write `out/<submission>.html` for each submission."""
    stems = file_stems(result.submission for result in grades.results)
    return [
        save(out / f"{stem}.html", page(seen(result), grades.graded_at))
        for stem, result in zip(stems, grades.results, strict=True)
    ]


def page(student: Seen, graded_at: str = "") -> str:
    """The page of one student."""
    return render("student", student=student, graded_at=graded_at, steps=list(_steps(student)))


def _steps(student: Seen) -> Iterator[Suggestion]:
    """The first tests to look at: one for each target, by exercise, those with a cause first."""
    found: list[Suggestion] = []
    for number, exercise in enumerate(student.exercises):
        missed = [
            (test.outcome is Outcome.NOT_ATTEMPTED, not test.why, place, test)
            for place, test in enumerate(exercise.tests)
            if not test.bonus and test.outcome not in (Outcome.PASSED, Outcome.NOT_GRADED)
        ]
        targets: set[str] = set()
        for *_, place, test in sorted(missed, key=lambda entry: entry[:3]):
            if test.target not in targets:
                targets.add(test.target)
                found.append(Suggestion(exercise.name, test, f"t-{number}-{place}"))
    yield from found[:NEXT]
