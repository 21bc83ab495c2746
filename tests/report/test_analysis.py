"""The figures on the class, the tests and the loss curves."""

from __future__ import annotations

import math
import random
import statistics
from collections.abc import Callable

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from made_up_class import a_test, sample

from grader.report import analysis
from grader.report.curves import HEIGHT, WIDTH, picture
from grader.result import ExerciseResult, Grades, Outcome, Result

anything = st.floats(allow_nan=True, allow_infinity=True)
band = st.lists(st.tuples(st.floats(0, 1e6), st.floats(0, 1e6)), max_size=30)


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 50).map(float)), max_size=40))
def test_discrimination_is_the_correlation(pairs: list[tuple[bool, float]]) -> None:
    found = analysis.correlation(pairs)
    passes = [float(passed) for passed, _ in pairs]
    rests = [rest for _, rest in pairs]
    if len(pairs) < 5 or len(set(passes)) < 2 or len(set(rests)) < 2:
        assert found is None
    else:
        assert found == pytest.approx(statistics.correlation(passes, rests), abs=1e-9)
    apart = analysis.difference(pairs)
    assert apart is None or -1 <= apart <= 1


def test_the_upper_part_passes_more() -> None:
    pairs = [(points > 5, float(points)) for points in range(11)]
    assert analysis.difference(pairs) == 1


def class_of(size: int, passes: Callable[[float, random.Random], bool], seed: int) -> Grades:
    """Students whose other tests follow what they can; the last test is as `passes` says."""
    draw = random.Random(seed)
    results = []
    for number in range(size):
        able = draw.random()
        tests = [a_test(n, "nll", outcome(draw.random() < able)) for n in range(12)]
        tests.append(a_test(99, "nll", outcome(passes(able, draw))))
        results.append(Result(str(number), exercises=[ExerciseResult("01_losses", tests)]))
    return Grades(results)


def outcome(passed: bool) -> Outcome:
    return Outcome.PASSED if passed else Outcome.FAILED


def remarks(grades: Grades) -> list[str]:
    return [item.remark for item in analysis.items(grades)]


def test_a_small_class_says_nothing_of_an_easy_test() -> None:
    """One student of twenty who fails it may be anybody."""
    for seed in range(20):
        easy = class_of(20, lambda able, draw: draw.random() < 0.95, seed)
        assert remarks(easy)[-1] == ""


def test_remarks_are_made_where_the_class_can_tell() -> None:
    against = class_of(20, lambda able, draw: able < 0.5, 1)
    assert remarks(against)[-1] == "goes against the rest"
    assert remarks(against)[:-1] == [""] * 12
    nothing = class_of(400, lambda able, draw: draw.random() < 0.5, 1)
    assert remarks(nothing) == [*[""] * 12, "tells little"]
    assert remarks(class_of(20, lambda able, draw: False, 1))[-1] == "nobody passes"


def test_every_graded_submission_is_in_one_bar() -> None:
    grades = sample()
    bars = analysis.distribution(grades)
    assert sum(bar.count for bar in bars) == len(grades.results) - 1
    assert (bars[0].low, bars[-1].high) == (0, 100)


def test_mistakes_are_counted_by_student() -> None:
    tests = [a_test(n, "nll", Outcome.FAILED, mistake=True) for n in range(3)]
    results = [Result(name, exercises=[ExerciseResult("01_losses", tests)]) for name in "abc"]
    (mistake,) = analysis.mistakes(Grades(results))
    assert mistake.who == [0, 1, 2]
    assert analysis.mistakes(Grades([])) == []


def test_exercises_are_summed_up() -> None:
    first = analysis.summaries(sample())[0]
    assert (first.name, first.taken, first.attempted) == ("01_losses", 25, 24)


@pytest.mark.parametrize("results", [[], [Result("kim", fault="dead")]])
def test_a_run_without_a_grade_has_figures_all_the_same(results: list[Result]) -> None:
    grades = Grades(results)
    assert analysis.totals(grades) == []
    assert analysis.items(grades) == []
    assert sum(bar.count for bar in analysis.distribution(grades)) == 0


@given(st.lists(anything, max_size=1000), band)
@example([1.75e308], [])
def test_any_curve_can_be_drawn(curve: list[float], band: list[tuple[float, float]]) -> None:
    drawn = picture(curve, band)
    assert (drawn is None) == (not curve)
    if drawn is None:
        return
    for points in (*drawn.lines, drawn.band):
        for x, y in (point.split(",") for point in points.split()):
            assert -1 <= float(x) <= WIDTH + 1
            assert -2 * HEIGHT <= float(y) <= 3 * HEIGHT
    assert drawn.across[0][1] == "1"
    assert drawn.across[-1][1] == str(max(len(curve), len(band)))
    assert len(drawn.across) <= 8
    assert all(math.isfinite(y) for y, _ in drawn.up)


def test_a_curve_says_in_words_what_it_shows() -> None:
    drawn = picture([2.3, 1.0, 0.5], [(2.0, 2.5), (0.9, 1.2), (0.4, 0.6)])
    assert drawn is not None
    assert drawn.summary == (
        "Your loss went from 2.3 to 0.5 in 3 epochs. A right loss ends between 0.4 and 0.6."
    )
    drawn = picture([2.3, math.nan], [])
    assert drawn is not None
    assert drawn.summary == "Your loss stopped being a finite number at epoch 2 of 2."
