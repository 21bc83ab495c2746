"""HTML for the instructor: class, tests, mistakes and students. It holds secrets.

A class of ordinary size is one file with everything. Of a larger one, the students' own results lie
in pages beside it, fifty to a page, compressed, and the map shows targets instead of tests: so the
page of 5,000 opens at once (two hundred rows are shown at a time), and all of it takes little room.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from statistics import mean, median
from typing import Any

from grader.report import analysis, text
from grader.report.files import ReportError, save
from grader.report.pages import css, mark, packed, part, render
from grader.report.seen import titles
from grader.report.stuck import hurdles, stuck
from grader.result import Grades, Outcome, Result

NAME = "html"
HELP = "An HTML page with everything, for instructors: no network needed."
OUT = "grades.html"
OPTIONS: Mapping[str, str] = {
    "apart": "yes: students' results in pages of their own; no; auto (default): above 60 students",
}

BONUS = ("o-bonus", "○")  # the CSS class and the mark of one that wasn't earned
LARGE, CHUNK = 60, 50
MOST = 40  # names beside a mistake
ROWS = 200  # of the map at a time

Cells = dict[tuple[str, str], tuple[str, str]]


@dataclass(frozen=True)
class Column:
    """A column of the map: a test, or all base tests of a target."""

    exercise: str
    name: str
    title: str


def write(grades: Grades, out: Path, options: Mapping[str, str]) -> list[Path]:
    """Write the page, and those of the students if they are apart."""
    asked = options.get("apart", "auto")
    if asked not in ("yes", "no", "auto"):
        raise ReportError(f"apart={asked}: give yes, no or auto.")
    if asked == "no" or (asked == "auto" and len(grades.results) <= LARGE):
        return [save(out, page(grades))]
    folder = out.with_name(f"{out.stem}-students")
    numbered = list(enumerate(grades.results))
    chunks = [
        (folder / f"{first // CHUNK + 1}.html", numbered[first : first + CHUNK])
        for first in range(0, len(numbered), CHUNK)
    ]
    links = [f"{folder.name}/{path.name}#s-{n}" for path, chunk in chunks for n, _ in chunk]
    shared = _shared(grades)
    written = [save(out, page(grades, links))]
    for path, chunk in chunks:
        inner = packed(part("student_list", students=chunk, **shared))
        outer = render("students", students=chunk, back=out.name, packed=inner, **shared)
        written.append(save(path, outer))
    # A class that has shrunk leaves pages that nothing leads to.
    for old in {*folder.glob("*.html")}.difference(written):
        if old.stem.isdecimal():
            old.unlink()
    return written


def page(grades: Grades, links: list[str] | None = None) -> str:
    """The page of the class. `links`: where the students' results are, if they are apart."""
    totals = analysis.totals(grades)
    items = analysis.items(grades)
    columns = [Column(i.exercise, i.name, i.title) for i in items]
    if links is not None:
        columns = _targets(items)
    return render(
        "instructor",
        scripts=["instructor", "students"],
        apart=links is not None,
        links=links or [f"#s-{number}" for number in range(len(grades.results))],
        students=list(enumerate(grades.results)),
        most=MOST,
        rows=ROWS,
        mean=mean(totals) if totals else None,
        median=median(totals) if totals else None,
        ungraded=sum(r.total is None and not r.excused for r in grades.results),
        bins=analysis.distribution(grades),
        summaries=analysis.summaries(grades),
        items=items,
        groups=_groups(columns),
        cells=[_cells(r) if links is None else _worst(r) for r in grades.results],
        mistakes=analysis.mistakes(grades),
        stuck=stuck(grades),
        hurdles=hurdles(grades),
        **_shared(grades),
    )


def _shared(grades: Grades) -> dict[str, Any]:
    """What the class's page and the students' need."""
    labels = text.labels(grades.results)
    return {"grades": grades, "labels": labels, "outcome_of": text.outcome, "titles": titles}


def _targets(items: list[analysis.Item]) -> list[Column]:
    """A column for each target that has base tests."""
    found = dict.fromkeys((i.exercise, i.target) for i in items if not i.bonus)
    return [Column(exercise, target, target or "other tests") for exercise, target in found]


def _groups(columns: list[Column]) -> list[tuple[str, list[Column]]]:
    """The columns of each exercise."""
    names = dict.fromkeys(column.exercise for column in columns)
    return [(name, [column for column in columns if column.exercise == name]) for name in names]


def _cells(result: Result) -> Cells:
    """The CSS class and the mark of each test's cell, by exercise and name."""
    return {
        (text.line(exercise.name), text.line(test.name)): _look(
            test.outcome, bonus=test.bonus or exercise.extra_credit
        )
        for exercise in result.exercises
        for test in exercise.tests
    }


def _worst(result: Result) -> Cells:
    """The CSS class and the mark of each target's cell, by exercise and target."""
    found: dict[tuple[str, str], list[Outcome]] = {}
    for exercise in result.exercises:
        for test in exercise.tests:
            if not test.bonus:
                key = text.line(exercise.name), text.line(test.target)
                found.setdefault(key, []).append(test.outcome)
    extra = {text.line(exercise.name) for exercise in result.exercises if exercise.extra_credit}
    worst = {key: text.worst(outcomes) for key, outcomes in found.items()}
    return {key: _look(one, bonus=key[0] in extra) for key, one in worst.items()}


def _look(outcome: Outcome, *, bonus: bool) -> tuple[str, str]:
    """A bonus that wasn't earned is no failure, and doesn't look like one."""
    if bonus and outcome not in (Outcome.PASSED, Outcome.NOT_GRADED):
        return BONUS
    return css(outcome), mark(outcome)
