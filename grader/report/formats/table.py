"""The table in the terminal: rows are submissions, columns are exercises, scores are of 100."""

from __future__ import annotations

import io
import sys
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from statistics import mean, median

from rich.cells import cell_len
from rich.console import Console
from rich.table import Table
from rich.text import Text

from grader.report import text
from grader.report.files import ReportError, save
from grader.report.terminal import SafeConsole
from grader.result import ExerciseResult, Grades, Outcome, Result

NAME = "table"
HELP = "The table that the terminal shows, as plain text. For instructors."
OUT = "grades.txt"
OPTIONS: Mapping[str, str] = {"width": "columns of the table (default 120)"}

NARROW = 100
SHORTEST, LONGEST = 12, 40  # of a name
OTHERS, BONUS = 21, 6  # columns of the terminal for total and outcome, and for the bonus
MAX_NOTES = 20
DECIDED = "*"  # beside a total that a person's decision has part in


def write(grades: Grades, out: Path, options: Mapping[str, str]) -> list[Path]:
    """Write the table as text."""
    shown, width = io.StringIO(), options.get("width", "120")
    if not (width.isdecimal() and int(width) > SHORTEST):
        raise ReportError(f"width={width}: give a number of columns, such as 120.")
    show(grades, SafeConsole(file=shown, width=int(width), no_color=True))
    lines = [line.rstrip() for line in shown.getvalue().splitlines()]
    return [save(out, "\n".join(lines) + "\n")]


def show(grades: Grades, console: Console | None = None) -> None:
    """Print the table, a summary, the meaning of its marks, and notes on what went wrong."""
    stream = console.file if console else sys.stdout
    console = console or SafeConsole()
    if isinstance(stream, io.TextIOWrapper):
        stream.reconfigure(errors="replace")  # a terminal may lack a character of a name
    if not grades.results:
        console.print("No submission was graded.")
        return
    exercises = list(dict.fromkeys(e.name for r in grades.results for e in r.exercises))
    names = text.labels(grades.results)
    shown = exercises[: _room(console.width, any(r.bonus for r in grades.results))]
    console.print(_table(grades, names, shown, console.width))
    console.print(Text(_sum(grades.results), style="bold"))
    console.print(Text(_legend(grades.results, shown, exercises, console.width), style="dim"))
    for line in _remarks(grades, names):
        console.print(Text(line))


def _room(width: int, bonus: bool) -> int:
    """How many exercises fit beside the name, the total, the bonus and the outcome."""
    return max(0, (width - SHORTEST - OTHERS - BONUS * bonus) // 5)


def _table(grades: Grades, names: list[str], exercises: list[str], width: int) -> Table:
    table = Table(box=None, padding=(0, 1, 0, 0), header_style="bold", pad_edge=False)
    wide = width >= NARROW + 6 * len(exercises)
    heads = [text.short(e) for e in exercises]
    headers = [f"{head} {name}" if wide else head[:4] for head, name in heads]
    bonus = any(result.bonus for result in grades.results)
    taken = sum(max(4, len(header)) + 1 for header in headers) + (OTHERS + BONUS * bonus)
    longest = min(LONGEST, max(SHORTEST, width - taken))
    names = _distinct(names, longest)
    table.add_column("Submission", min_width=SHORTEST, ratio=1, overflow="ellipsis", no_wrap=True)
    for header in headers:
        table.add_column(Text(header), justify="right", no_wrap=True, min_width=4)
    table.add_column("Total", justify="right", no_wrap=True)
    if bonus:
        table.add_column("Bonus", justify="right", no_wrap=True)
    table.add_column("Outcome", no_wrap=True)
    for name, result in zip(names, grades.results, strict=True):
        graded = {e.name: e for e in result.exercises}
        row = [Text(name), *(_cell(graded.get(exercise)) for exercise in exercises)]
        row.append(Text(_total(result), style="bold"))
        if bonus:
            row.append(Text(f"+{text.number(result.bonus)}" if result.bonus else ""))
        worst = text.outcome(result)
        said = Text(worst.value, style=text.STYLES[worst])
        row.append(Text(text.EXCUSED, style="dim") if result.excused else said)
        table.add_row(*row)
    table.expand = width < NARROW
    return table


def _total(result: Result) -> str:
    total = "?" if result.total is None else text.number(result.total)
    decided = result.mark is not None and result.mark.decided
    return f"{'-' if result.excused else total}{DECIDED if decided else ''}"


def _distinct(names: list[str], width: int) -> list[str]:
    """Names that fit. Those that look alike without their middle are numbered."""
    short = [_shortened(name, width) for name in names]
    count = Counter(short)
    return [
        one if count[one] == 1 else f"{row} {_shortened(name, width - len(str(row)) - 1)}"
        for row, (name, one) in enumerate(zip(names, short, strict=True), 1)
    ]


def _shortened(name: str, width: int) -> str:
    """A name that fits, without its middle: the end may be all that tells two students apart."""
    if cell_len(name) <= width:
        return name
    start, end = name[: width // 2], name[-(width - width // 2 - 1) :]
    while cell_len(f"{start}…{end}") > width:  # some characters are two columns wide
        start, end = (start[:-1], end) if len(start) > 4 else (start, end[1:])
    return f"{start}…{end}"


def _cell(exercise: ExerciseResult | None) -> Text:
    """The score, and the mark of the most serious outcome if something went wrong."""
    if exercise is None:
        return Text("")
    if exercise.excused:
        return Text("ex", style="dim")
    if exercise.decided is not None:
        return Text(f"{exercise.decided:.0f}{DECIDED}")
    worst = exercise.outcome
    if exercise.score is None:
        return Text("?", style=text.STYLES[Outcome.NOT_GRADED])
    mark = "" if worst is Outcome.PASSED else text.MARKS[worst]
    return Text(f"{exercise.score:.0f}{mark:1}", style=text.STYLES[worst])


def _sum(results: list[Result]) -> str:
    totals = [r.total for r in results if r.total is not None]
    parts = [f"{len(results)} submission{'' if len(results) == 1 else 's'}"]
    if len(totals) > 1:
        parts.append(f"mean {text.number(mean(totals))}, median {text.number(median(totals))}")
    excused = sum(r.excused for r in results)
    if excused:
        parts.append(f"{excused} excused")
    if len(totals) + excused < len(results):
        parts.append(f"{len(results) - len(totals) - excused} not graded")
    return "; ".join(parts) + "."


def _legend(results: list[Result], shown: list[str], exercises: list[str], width: int) -> str:
    lines = []
    if width < NARROW + 6 * len(exercises) and shown:
        lines.append(", ".join(" ".join(dict.fromkeys(text.short(e))) for e in shown) + ".")
    if len(shown) < len(exercises):
        lines.append(f"{len(exercises) - len(shown)} more exercises in a wider terminal.")
    used = {exercise.outcome for result in results for exercise in result.exercises}
    used |= {text.outcome(result) for result in results if not result.excused}
    marks = [f"{text.MARKS[o]} {text.MEANINGS[o]}" for o in Outcome if o in used]
    if any(result.mark and result.mark.decided for result in results):
        marks.append(f"{DECIDED} a person has decided something")
    lines.append("Scores are out of 100. " + ", ".join(m for m in marks if m[0] != "+"))
    return "\n".join(line.rstrip(" ,") for line in lines)


def _ruled(result: Result) -> bool:
    """Whether rules, not decisions, make its total differ from its points."""
    mark, plain = result.mark, replace(result, mark=None)
    if mark is None or mark.decided:
        return False
    return bool(mark.reasons) or (mark.total, mark.bonus) != (plain.total, plain.bonus)


def _remarks(grades: Grades, names: list[str]) -> list[str]:
    """Faults first, then notes."""
    both = list(zip(names, grades.results, strict=True))
    lines = [text.line(note) for note in grades.notes]
    lines += [f"{name}: not graded: {text.line(r.fault)}" for name, r in both if r.fault]
    marked = [(name, r.mark) for name, r in both if r.mark]
    if ruled := sum(map(_ruled, grades.results)):
        lines.append(
            f"The assignment's rules (lateness, attempts, weights) changed {ruled} of {len(both)} "
            "totals. The other reports say how."
        )
    lines += [
        f"{name}: {text.line(reason)}"
        for name, mark in marked
        if mark.decided
        for reason in mark.reasons
    ]
    lines += [f"{name}: {text.line(note)}" for name, r in both for note in text.few(r.notes)]
    if len(lines) > MAX_NOTES:
        more = len(lines) - MAX_NOTES
        lines[MAX_NOTES:] = [f"… and {more} more notes: the HTML report has them."]
    return lines
