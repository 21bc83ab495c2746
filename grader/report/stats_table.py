"""The output of `grader stats`: who is stuck, what is hard, which mistakes, and what has moved."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import mean, median

from rich.console import Console
from rich.table import Table
from rich.text import Text

from grader.report import analysis, text
from grader.report.stuck import hurdles, stuck
from grader.result import Grades

MOST = 20  # rows of a list


def show(now: Grades, before: Grades | None, since: str, console: Console) -> None:
    """Print it. `before`: the grades of the run `since` to compare with; None if there are none."""
    totals = analysis.totals(now)
    figures = f"{len(now.results)} students"
    if totals:
        figures += f"; mean {text.number(mean(totals))}, median {text.number(median(totals))}"
    console.print(Text(f"{figures}.", style="bold"))
    _stuck(now, console)
    _exercises(now, console)
    _items(now, console)
    _mistakes(now, console)
    if before is not None:
        _trend(now, before, since, console)


def _stuck(grades: Grades, console: Console) -> None:
    labels = text.labels(grades.results)
    found = stuck(grades)
    rows = [
        (
            labels[one.number],
            f"{one.exercise}: {one.target}" + (f" and {one.more} more" if one.more else ""),
            one.what,
            str(one.attempts),
            text.score(one.total),
        )
        for one in found
    ]
    _table("Stuck where most others pass", ("Student", "Where", "Sees", "Attempts", "Total"), rows,
           console)  # fmt: skip
    hard = [(h.exercise, h.target, f"{h.passed} of {h.tried}") for h in hurdles(grades)]
    _table("Where most of the class is stuck", ("Exercise", "Target", "Pass"), hard, console)


def _exercises(grades: Grades, console: Console) -> None:
    rows = [
        (s.name, text.number(s.mean), f"{s.attempted} of {s.taken}", f"{s.full} of {s.taken}")
        for s in analysis.summaries(grades)
    ]
    _table("Exercises", ("Exercise", "Mean", "Attempted", "Full marks"), rows, console)


def _items(grades: Grades, console: Console) -> None:
    rows = [
        (i.exercise, i.name, f"{100 * i.rate:.0f} %", i.remark)
        for i in analysis.items(grades)
        if i.remark
    ]
    _table("Tests that deserve a look", ("Exercise", "Test", "Pass", "Remark"), rows, console)


def _mistakes(grades: Grades, console: Console) -> None:
    rows = [
        (str(len(m.who)), f"{m.exercise}: {m.target}", m.name, m.hint)
        for m in analysis.mistakes(grades)
    ]
    _table("Mistakes", ("Students", "Where", "Mistake", "Hint"), rows, console)


def _trend(now: Grades, before: Grades, since: str, console: Console) -> None:
    """The changes among the students who are in both."""
    both = {r.submission for r in now.results} & {r.submission for r in before.results}
    new, old = ([r for r in g.results if r.submission in both] for g in (now, before))
    new_grades, old_grades = Grades(new), Grades(old)
    was = {s.name: s for s in analysis.summaries(old_grades)}
    rows = [
        (s.name, text.number(was[s.name].mean), text.number(s.mean),
         str(was[s.name].full), str(s.full))
        for s in analysis.summaries(new_grades)
        if s.name in was
    ]  # fmt: skip
    heads = ("Exercise", "Mean then", "Mean now", "Full then", "Full now")
    _table(f"Since {since}, {len(both)} students", heads, rows, console)
    names = dict(zip((r.submission for r in new), text.labels(new), strict=True))
    then, today = (
        {g.results[one.number].submission for one in stuck(g)} for g in (old_grades, new_grades)
    )
    for title, who in (("No longer stuck", then - today), ("Newly stuck", today - then)):
        if who:
            said = ", ".join(sorted(names[name] for name in who))
            console.print(Text(f"{title}: {said}"))


def _table(
    title: str, heads: Sequence[str], rows: Sequence[Sequence[str]], console: Console
) -> None:
    if not rows:
        return
    console.print(Text(f"\n{title}", style="bold"))
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="dim")
    for head in heads:
        table.add_column(head)
    for row in rows[:MOST]:
        table.add_row(*(Text(cell) for cell in row))
    console.print(table)
    if len(rows) > MOST:
        console.print(f"… and {len(rows) - MOST} more.")
