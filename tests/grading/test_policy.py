"""Rules and decisions: what counts in the end."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.assignment.rules import Rules, RulesError, duration, read_rules, without_students
from grader.grading.gradebook_records import Handed
from grader.grading.policy import Ruling, length, settle
from grader.result import ExerciseResult, Outcome, Result, TestResult
from grader.submission.arrival.times import FILES

NAMES = ("01_a", "02_b", "03_c")
DUE = datetime(2026, 11, 20, 12, tzinfo=timezone.utc)
LATE = '[lateness]\ndue = 2026-11-20T13:00:00+01:00\ngrace = "15 minutes"\npenalty = 10\ncap = 25\n'


def rules(text: str, tmp_path: Path) -> Rules:
    (tmp_path / "assignment.toml").write_text(text)
    return read_rules(tmp_path / "assignment.toml", NAMES)


def exercise(name: str, score: float, points: float = 10.0, bonus: float = 0.0) -> ExerciseResult:
    """With a base test that passed, one that failed, and a bonus."""
    earned = score * points / 100
    tests = [
        TestResult("p", "t", "T.", Outcome.PASSED, earned),
        TestResult("f", "t", "T.", Outcome.FAILED, points - earned),
        TestResult("b", "t", "T.", Outcome.PASSED, bonus, bonus=True),
    ]
    return ExerciseResult(name, tests)


def work(*scores: float, points: tuple[float, ...] = (10, 10, 10)) -> Result:
    made = [exercise(n, s, p) for n, s, p in zip(NAMES, scores, points, strict=False)]
    return Result("ann", exercises=made)


def at(**late: float) -> Handed:
    return Handed(when=DUE + timedelta(**late), source="Gradescope")


def settled(result: Result, rule: Rules, ruling: Ruling | None = None, handed=None) -> Result:
    return settle([(result, handed or Handed())], rule, ruling or Ruling())


def reasons(result: Result) -> str:
    assert result.mark is not None
    return " ".join(result.mark.reasons)


# --- the file -------------------------------------------------------------------------------------


def test_without_a_file_points_decide_and_there_is_no_mark(tmp_path):
    plain = read_rules(tmp_path / "assignment.toml", NAMES)
    assert plain == Rules() and plain.plain
    result = work(50, 100, 0, points=(20, 5, 5))
    assert settled(result, plain).mark is None
    assert settled(result, plain).total == result.total


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("attemps = 'best'", "attemps"),
        ("attempts = 'first'", "attempts: Invalid enum value 'first'"),
        ("drop_lowest = 3", "drop_lowest: 3 of 3 leaves nothing"),
        ("drop_lowest = -1", "drop_lowest: Expected `int` >= 0"),
        ("[lateness]\npenalty = '10'", "lateness.penalty: Expected `float`, got `str`"),
        ("[lateness]\npenalty = 110", "lateness.penalty: Expected `float` <= 100"),
        ("[lateness]\ndue = 2026-11-20T23:59:00", "lateness.due: say the offset from UTC"),
        ("[lateness]\ngrace = 'a while'", "lateness.grace: 'a while' is not a length of time"),
        ("[extensions]\nkim = 'soon'", "extensions.kim: 'soon' is not a length of time"),
        ("[extensions]\nkim = '2026-13-01'", "extensions.kim: '2026-13-01' is not a time"),
        ("[exercises.09_z]\nweight = 1", "there is no exercise 09_z; there are: 01_a"),
        ("[exercises.01_a]\nweight = 1", "02_b, 03_c has no weight"),
        ("[exercises.01_a]\nweight = 0", "Expected `float` > 0"),
        ("".join(f"[exercises.{n}]\nbonus = true\n" for n in NAMES), "at least one has to count"),
        ("title = ", "assignment.toml: "),
        ("title = 'caf\xe9'".encode("latin-1"), "isn't UTF-8"),
    ],
)
def test_what_cannot_be_used_is_named(tmp_path, text, said):
    content = text if isinstance(text, bytes) else text.encode()
    (tmp_path / "assignment.toml").write_bytes(content)
    with pytest.raises(RulesError) as error:
        read_rules(tmp_path / "assignment.toml", NAMES)
    assert said in str(error.value)


def test_lengths_of_time():
    assert duration("1 day 12 hours") == timedelta(days=1.5)
    assert duration("90min") == timedelta(hours=1.5)
    assert length(timedelta(days=1, hours=2, minutes=3)) == "1 day 2 hours"
    assert length(timedelta(seconds=5)) == "1 minute"


def test_the_documented_file_can_be_read(tmp_path):
    page = (Path(__file__).parents[2] / "docs" / "assignment.md").read_text("utf-8")
    text = page.partition("```toml\n")[2].partition("```")[0]
    (tmp_path / "assignment.toml").write_text(text, "utf-8")
    names = ("01_losses", "02_scratch", "07_temperature")
    read = read_rules(tmp_path / "assignment.toml", names)
    assert read.extensions
    public = without_students((tmp_path / "assignment.toml").read_bytes())
    (tmp_path / "assignment.toml").write_text(public, "utf-8")
    assert read_rules(tmp_path / "assignment.toml", names) == replace(read, extensions={})
    assert read.attempts == "best" and read.extensions["kim"] == timedelta(days=2)
    assert read.exercises["07_temperature"].bonus


# --- weights --------------------------------------------------------------------------------------

WEIGHTS = "".join(f"[exercises.{n}]\nweight = {w}\n" for n, w in zip(NAMES, (1, 2, 1), strict=True))


def test_weights_take_the_place_of_points(tmp_path):
    assert settled(work(100, 50, 0, points=(1, 100, 7)), rules(WEIGHTS, tmp_path)).total == 50


def test_a_bonus_exercise_only_adds(tmp_path):
    rule = rules(WEIGHTS + "bonus = true\n", tmp_path)  # the third
    result = settled(work(60, 60, 90), rule)
    assert (result.total, result.bonus) == (60, 30)
    assert [e.extra_credit for e in result.exercises] == [False, False, True]
    assert settled(work(60, 60, 0), rule).total == 60


def test_the_lowest_is_dropped_and_of_equals_the_heaviest(tmp_path):
    result = settled(work(40, 40, 100), rules("drop_lowest = 1\n" + WEIGHTS, tmp_path))
    assert result.total == 70
    assert "02_b doesn't count: the lowest score is dropped." in reasons(result)


@given(st.lists(st.tuples(st.integers(0, 100), st.integers(1, 9)), min_size=1, max_size=3))
def test_rules_that_say_nothing_change_no_total(rows):
    result = work(*(s for s, _ in rows), points=tuple(float(p) for _, p in rows))
    comment = settled(result, Rules(), Ruling(comments=["Well done."]))
    assert comment.total == pytest.approx(result.total)
    assert comment.bonus == pytest.approx(result.bonus)


# --- lateness -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("handed", "total"),
    [
        (at(hours=-1), 80),
        (at(minutes=15), 80),
        (at(minutes=16), 70),
        (at(days=1), 70),
        (at(days=1, minutes=1), 60),
        (at(days=9), 55),
        (Handed(), 80),
        (Handed(late=True), 70),
        (Handed(when=DUE - timedelta(days=1), source=FILES, late=True), 70),
        (Handed(when=DUE + timedelta(days=2), source=FILES, late=True), 60),
        (Handed(when=DUE - timedelta(days=1), source="Gradescope", late=True), 80),
    ],
)
def test_each_day_begun_costs_up_to_a_cap(tmp_path, handed, total):
    assert settled(work(80, 80, 80), rules(LATE, tmp_path), handed=handed).total == total


def test_the_reason_is_said_with_its_source_and_nobody_goes_below_nothing(tmp_path):
    result = settled(work(5, 5, 5), rules(LATE, tmp_path), handed=at(hours=26))
    assert result.total == 0
    assert "Handed in 1 day 2 hours late (by Gradescope): 5 points less." in reasons(result)
    assert result.attempts[0].late == 2


@pytest.mark.parametrize("until", [timedelta(days=2), DUE + timedelta(days=2)])
def test_an_extension_moves_the_due_date(tmp_path, until):
    ruling = Ruling(extension=(until, "J. Doe"))
    rule = rules(LATE, tmp_path)
    assert settled(work(80, 80, 80), rule, ruling, at(days=1)).total == 80
    assert settled(work(80, 80, 80), rule, ruling, at(days=2, hours=1)).total == 70
    assert settled(work(80, 80, 80), rule, ruling, Handed(late=True)).total == 80


# --- attempts -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("policy", "total", "counting"),
    [("latest", 60, [3]), ("best", 90, [2]), ("average", 60, [1, 2, 3])],
)
def test_which_attempts_count(tmp_path, policy, total, counting):
    tries = [(work(s, s, s), Handed(number=n)) for n, s in enumerate((30, 90, 60), 1)]
    result = settle(tries, rules(f"attempts = '{policy}'", tmp_path), Ruling())
    assert result.total == pytest.approx(total)
    assert [a.number for a in result.attempts if a.counts] == counting
    assert [a.total for a in result.attempts] == pytest.approx([30, 90, 60])


def test_the_best_is_the_best_after_its_own_lateness(tmp_path):
    tries = [(work(70, 70, 70), at(hours=-1)), (work(75, 75, 75), at(hours=9))]
    assert settle(tries, rules("attempts = 'best'\n" + LATE, tmp_path), Ruling()).total == 70


def test_a_fault_in_an_attempt_leaves_the_mean_unknown(tmp_path):
    tries = [(work(70), Handed()), (Result("ann", fault="broken"), Handed(number=2))]
    result = settle(tries, rules("attempts = 'average'", tmp_path), Ruling())
    assert result.total is None and not result.excused


# --- decisions ------------------------------------------------------------------------------------


def test_a_decided_score_counts_and_says_by_whom(tmp_path):
    ruling = Ruling(scores={"02_b": (100.0, "J. Doe")})
    result = settled(work(70, 10, 70), rules(LATE, tmp_path), ruling, at(hours=1))
    assert result.total == 70  # 80, and 10 less for the day
    assert result.exercises[1].score == 100
    assert "02_b: set to 100 by J. Doe." in reasons(result)
    assert result.mark is not None and result.mark.decided
    whole = settled(
        work(1, 1, 1), rules(LATE, tmp_path), Ruling(scores={"": (66.0, "X")}), at(days=3)
    )
    assert whole.total == 66


def test_a_score_for_all_of_it_is_all_that_there_is():
    one = exercise("01_a", 60, bonus=5.0)
    ruling = Ruling(scores={"01_a": (70.0, "X")})
    given = settled(Result("ann", exercises=[one]), Rules(), ruling)
    assert (given.total, given.bonus) == (70, 50)
    whole = settled(Result("ann", exercises=[one]), Rules(), Ruling(scores={"": (77.0, "X")}))
    assert (whole.total, whole.bonus) == (77, 0)


def test_what_is_excused_does_not_count():
    one = settled(work(90, 0, 90), Rules(), Ruling(excuses={"02_b": "J. Doe"}))
    assert (one.total, one.excused) == (90, False)
    every = settled(work(1, 2, 3), Rules(), Ruling(excuses={"": "J. Doe"}))
    assert (every.total, every.excused) == (None, True)
    each = settled(work(1, 2, 3), Rules(), Ruling(excuses=dict.fromkeys(NAMES, "J. Doe")))
    assert each.excused


def test_a_score_can_stand_in_for_a_fault_of_ours():
    result = settled(Result("ann", fault="broken"), Rules(), Ruling(scores={"": (50.0, "X")}))
    assert result.total == 50
