"""What the formats for a single submission share."""

from __future__ import annotations

from fractions import Fraction
from math import lcm

from grader.report.seen import Seen, SeenTest, seen
from grader.report.text import MEANINGS
from grader.result import Grades

FINEST = 1000


def only(grades: Grades) -> Seen:
    """The one submission of a run: `SINGLE` formats are refused for several (see `registry`)."""
    [result] = grades.results
    return seen(result)


def whole_factor(result: Seen) -> int:
    """The factor that makes every test's points whole: 2 if some are worth 0.5."""
    points = [test.points for exercise in result.exercises for test in exercise.tests]
    parts = (Fraction(p).limit_denominator(FINEST).denominator for p in points)
    return min(lcm(1, *parts), FINEST)


def counted(result: Seen) -> float:
    """The base points that count: those earned, unless rules and decisions say otherwise."""
    if not result.ruled or result.total is None:
        return result.earned
    return result.points * result.total / 100


def said(test: SeenTest) -> str:
    """The outcome, feedback and hint of a test that didn't pass, as text."""
    parts = [MEANINGS[test.outcome].capitalize() + ".", test.feedback]
    parts += [f"{'Hint' if test.hint else 'Observed'}: {' '.join(test.why)}"] if test.why else []
    return "\n".join(part for part in parts if part)
