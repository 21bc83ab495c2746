"""The list to act on: who fails where most others pass, and where everybody does."""

from __future__ import annotations

import io
from dataclasses import replace

from made_up_class import sample
from rich.console import Console

from grader.report import stats_table
from grader.report.formats import html
from grader.report.stuck import hurdles, stuck
from grader.result import Attempt, ExerciseResult, Grades, Mark, Outcome, Result, TestResult

PASS, FAIL, IDLE = Outcome.PASSED, Outcome.FAILED, Outcome.NOT_ATTEMPTED


def student(name: str, easy: Outcome, hard: Outcome = IDLE, mistake: str = "") -> Result:
    tests = [
        TestResult("t1", "easy", "Easy is easy.", easy, 1.0, mistake=mistake, hint=mistake),
        TestResult("t2", "hard", "Hard is hard.", hard, 1.0),
        TestResult("t3", "easy", "A bonus.", FAIL, 1.0, bonus=True),
    ]
    return Result(name, exercises=[ExerciseResult("01_one", tests)])


def names(grades: Grades) -> list[str]:
    return [grades.results[one.number].submission for one in stuck(grades)]


def test_who_fails_where_most_pass_is_stuck_and_nobody_else():
    grades = Grades(
        [
            student("passes", PASS, FAIL),
            student("too", PASS, FAIL),
            student("fails", FAIL, FAIL, mistake="halves"),
            student("idle", IDLE),
            student("third", PASS, FAIL),
        ]
    )
    [one] = stuck(grades)
    assert grades.results[one.number].submission == "fails"
    assert (one.target, one.what, one.hint, one.more) == ("easy", "halves", "halves", 0)
    assert [(h.target, h.passed, h.tried) for h in hurdles(grades)] == [("hard", 0, 4)]


def test_what_is_seen_of_no_known_mistake_is_the_outcome():
    grades = Grades([student("a", PASS), student("b", PASS), student("c", Outcome.TIMED_OUT)])
    [one] = stuck(grades)
    assert (one.what, one.hint) == ("timed out", "Easy is easy.")


def test_many_attempts_come_first_and_the_excused_not_at_all():
    again = student("again", FAIL)
    again.attempts = [Attempt(1), Attempt(3)]
    excused = replace(student("excused", FAIL), mark=Mark(None, excused=True))
    rest = [student(f"p{n}", PASS) for n in range(4)]
    assert names(Grades([student("once", FAIL), again, excused, *rest])) == ["again", "once"]


def test_the_page_has_the_list_on_top():
    page = html.page(sample())
    assert page.index("Who is stuck") < page.index("Totals")


def said(now: Grades, before: Grades | None = None) -> str:
    out = io.StringIO()
    stats_table.show(now, before, "run 1", Console(file=out, width=120, color_system=None))
    return out.getvalue()


def test_stats_say_what_has_moved():
    rest = [student(f"p{n}", PASS) for n in range(4)]
    before = Grades([student("ann", FAIL), student("bob", PASS), *rest])
    now = Grades([student("ann", PASS), student("bob", FAIL), student("new", PASS), *rest])
    text = said(now, before)
    assert "Since run 1, 6 students" in text
    assert "No longer stuck: ann" in text and "Newly stuck: bob" in text
    assert "Since" not in said(now)


def test_stats_survive_any_class():
    assert "Stuck where most others pass" in said(sample(), sample(seed=1))
    assert said(Grades([])) == "0 students.\n"
