"""One HTML file for the instructor: class, tests, mistakes and students. It holds secrets."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from statistics import mean, median

from grader.report import analysis, text
from grader.report.files import save
from grader.report.formats.table import outcome
from grader.report.pages import css, mark, render
from grader.report.seen import titles
from grader.report.stuck import hurdles, stuck
from grader.result import Grades, Outcome, TestResult

NAME = "html"
HELP = "One HTML file with everything, for instructors: no network needed."
OUT = "grades.html"
OPTIONS: Mapping[str, str] = {}

BONUS = ("o-bonus", "○")  # the CSS class and the mark of one that wasn't earned


def write(grades: Grades, out: Path, options: Mapping[str, str]) -> list[Path]:
    """Write the page."""
    return [save(out, page(grades))]


def page(grades: Grades) -> str:
    """The page."""
    totals = analysis.totals(grades)
    items = analysis.items(grades)
    return render(
        "instructor",
        grades=grades,
        labels=text.labels(grades.results),
        outcome_of=outcome,
        titles=titles,
        mean=mean(totals) if totals else None,
        median=median(totals) if totals else None,
        ungraded=sum(r.total is None and not r.excused for r in grades.results),
        bins=analysis.distribution(grades),
        summaries=analysis.summaries(grades),
        items=items,
        groups=_groups(items),
        cells=_cells(grades),
        mistakes=analysis.mistakes(grades),
        stuck=stuck(grades),
        hurdles=hurdles(grades),
    )


def _groups(items: list[analysis.Item]) -> list[tuple[str, list[analysis.Item]]]:
    """The tests of each exercise, for the heat map's columns."""
    names = dict.fromkeys(item.exercise for item in items)
    return [(name, [item for item in items if item.exercise == name]) for name in names]


def _cells(grades: Grades) -> list[dict[tuple[str, str], tuple[str, str]]]:
    """For each result, the CSS class and the mark of each test's cell, by exercise and name."""
    return [
        {
            (text.line(exercise.name), text.line(test.name)): _cell(test)
            for exercise in result.exercises
            for test in exercise.tests
        }
        for result in grades.results
    ]


def _cell(test: TestResult) -> tuple[str, str]:
    """A bonus that wasn't earned is no failure, and doesn't look like one."""
    if test.bonus and test.outcome not in (Outcome.PASSED, Outcome.NOT_GRADED):
        return BONUS
    return css(test.outcome), mark(test.outcome)
