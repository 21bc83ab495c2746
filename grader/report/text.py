"""How reports put names, numbers and outcomes into words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Protocol

from grader.judge.harmless import LIMIT, clean
from grader.result import GRAVITY, Outcome, Result

# A character for each outcome, for tables; ASCII, so that every terminal shows it.
MARKS = {
    Outcome.PASSED: "+",
    Outcome.FAILED: "f",
    Outcome.NOT_ATTEMPTED: "-",
    Outcome.TIMED_OUT: "t",
    Outcome.CRASHED: "c",
    Outcome.REFUSED: "r",
    Outcome.NOT_GRADED: "?",
}
EXCUSED = "excused"
MEANINGS = {
    Outcome.PASSED: "passed",
    Outcome.FAILED: "failed",
    Outcome.NOT_ATTEMPTED: "not attempted",
    Outcome.TIMED_OUT: "timed out",
    Outcome.CRASHED: "crashed",
    Outcome.REFUSED: "refused: a shortcut",
    Outcome.NOT_GRADED: "not graded: a fault in the grader, not counted",
}
# How a terminal shows them, as rich names it; a page's colours are in templates/style.css.
STYLES = {
    Outcome.PASSED: "green",
    Outcome.FAILED: "yellow",
    Outcome.NOT_ATTEMPTED: "dim",
    Outcome.TIMED_OUT: "magenta",
    Outcome.CRASHED: "red",
    Outcome.REFUSED: "red",
    Outcome.NOT_GRADED: "bold red",
}
NOT_GRADED = Outcome.NOT_GRADED.value
MAX_CODE = 100_000
MAX_NOTES = 10


def few(notes: Sequence[str]) -> list[str]:
    """A submission's notes as far as a report shows them: ten at most, the last counts the rest."""
    if len(notes) <= MAX_NOTES:
        return list(notes)
    return [*notes[: MAX_NOTES - 1], f"… and {len(notes) - MAX_NOTES + 1} more."]


def number(value: float) -> str:
    """A number with at most one decimal: 66.7, 100. 99.96 is 99.9, since it isn't 100."""
    if value == int(value):
        return str(int(value))
    text = f"{value:.1f}"
    if not text.endswith(".0"):
        return text
    near = int(float(text))
    return f"{near - 0.1:.1f}" if near > value else f"{near + 0.1:.1f}"


def worth(points: float) -> str:
    """Points as people say them: '1 point', '2.5 points'."""
    return f"{number(points)} point{'' if points == 1 else 's'}"


def score(value: float | None) -> str:
    """A score out of 100, or 'not graded'."""
    return NOT_GRADED if value is None else number(value)


class Scored(Protocol):
    """An exercise's result, or the student's view of it."""

    @property
    def score(self) -> float | None: ...

    @property
    def excused(self) -> bool: ...

    @property
    def extra_credit(self) -> bool: ...


def exercise_score(exercise: Scored) -> str:
    """The score of an exercise, or that it is excused; and whether it is only a bonus."""
    said = "excused" if exercise.excused else score(exercise.score)
    return f"{said} (bonus)" if exercise.extra_credit else said


def line(text: str) -> str:
    """Text on one line, made harmless."""
    return " ".join(_clean(text).split())


def block(text: str) -> str:
    """Text on several lines, made harmless, and cut if it is longer than anyone would read."""
    shown = text[:MAX_CODE]
    kept = "\n".join(_clean(row) for row in shown.replace("\r\n", "\n").split("\n"))
    return kept if len(text) <= MAX_CODE else f"{kept}\n[…]"


def _clean(text: str) -> str:
    # Most text is printable and needs no check of each character.
    return text if text.isprintable() and len(text) <= LIMIT else clean(text)


def labels(results: Iterable[Result]) -> list[str]:
    """What to call each submission: the student's name, if it is known.

    If several have one name, what tells them apart comes after it: ids, or else logins, or else the
    names of the submissions.
    """
    results = list(results)
    found = [line(r.student.name) if r.student else "" for r in results]
    for name, count in Counter(found).items():
        if count > 1 or not name:
            alike = [number for number, other in enumerate(found) if other == name]
            for number, mark in zip(alike, _marks([results[n] for n in alike]), strict=True):
                found[number] = f"{name} ({mark})" if name else mark
    return found


def _marks(results: list[Result]) -> list[str]:
    """Something short that tells submissions of one name apart."""
    submissions = [line(r.submission) or "(no name)" for r in results]
    students = [r.student for r in results if r.student and r.student.name]
    for marks in ([line(s.id) for s in students], [line(s.login) for s in students]):
        if all(marks) and len(set(marks)) == len(results):
            return marks
    return submissions


def worst(outcomes: Iterable[Outcome]) -> Outcome:
    """The most serious of the outcomes; passed if there are none."""
    found = set(outcomes)
    return next((o for o in GRAVITY if o in found), Outcome.PASSED)


def outcome(result: Result) -> Outcome:
    """The most serious outcome in a submission, of what can cost something."""
    if result.total is None:
        return Outcome.NOT_GRADED
    if result.mark is not None and result.total >= 100:
        return Outcome.PASSED
    return worst(e.outcome for e in result.exercises if not (e.excused or e.extra_credit))


def short(exercise: str) -> tuple[str, str]:
    """The number and the name of an exercise: ('01', 'losses') for `01_losses`."""
    head, _, tail = exercise.partition("_")
    return (head, tail) if head.isdigit() and tail else (exercise, exercise)
