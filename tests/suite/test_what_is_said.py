"""What is said of a mismatch: everything in public, nothing of the right values in hidden."""

from __future__ import annotations

import subprocess
import sys

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.suite import current
from grader.suite.checks import Mismatch, Mismatched, same
from grader.suite.checks.compare import compare
from grader.suite.checks.mismatch import RANKS
from grader.suite.local import Local
from grader.suite.sight import Sight, alike, sight_of

NUMBERS = st.floats(-1e3, 1e3, allow_nan=False, width=32)
VALUES = st.one_of(
    NUMBERS,
    st.lists(NUMBERS, min_size=1, max_size=4),
    st.lists(NUMBERS, min_size=1, max_size=6).map(torch.tensor),
    st.lists(NUMBERS, min_size=4, max_size=4).map(lambda x: torch.tensor(x).reshape(2, 2)),
    st.lists(NUMBERS, min_size=1, max_size=3).map(lambda x: torch.tensor(x, dtype=torch.float64)),
    st.lists(st.integers(0, 9), min_size=1, max_size=3).map(torch.tensor),
    st.just(None),
    st.text("ab", max_size=3),
)


@pytest.fixture(autouse=True)
def a_test_is_running() -> None:
    current.begin(Local())


def mismatch_of(theirs: object, ours: object) -> Mismatch | None:
    try:
        same(theirs, ours)
    except Mismatched as error:
        return error.mismatch
    return None


@given(VALUES, VALUES)
@settings(max_examples=200, deadline=None)
def test_a_mismatch_is_ranked_and_told_in_a_few_lines(theirs: object, ours: object) -> None:
    current.begin(Local())
    found = mismatch_of(theirs, ours)
    assert (found is None) == (not compare(theirs, ours))
    if found is None:
        return
    kinds = [problem.kind for problem in found.ranked]
    assert kinds == sorted(kinds, key=RANKS.index)
    assert 1 <= len(found.public().splitlines()) <= 14
    assert found.detail()
    sight = sight_of(Mismatched(found))
    assert alike(sight, sight)


@given(VALUES)
@settings(max_examples=100, deadline=None)
def test_everything_is_the_same_as_itself(value: object) -> None:
    current.begin(Local())
    assert mismatch_of(value, value) is None


def numbers_in(text: str) -> set[str]:
    return {word.strip(",.:()[]") for word in text.split() if any(c.isdigit() for c in word)}


@pytest.mark.parametrize("slip", ["", "* 3", "+ 0.625", "* -1", "** 2", "[:3]"])
def test_the_hidden_text_holds_no_right_value(slip: str) -> None:
    x = torch.tensor([[0.1234, 2.5678], [3.4567, 0.9753], [1.1111, -2.2222], [7.1717, 0.5]])
    right = F.log_softmax(x, -1)
    with pytest.raises(Mismatched) as caught:
        same(lambda x: eval(f"(F.log_softmax(x, -1) + 1e-2){slip}"), lambda x: right, x)
    mismatch = caught.value.mismatch
    rights = {f"{n:.{d}g}" for n in right.flatten().tolist() for d in (3, 4, 5, 6)}
    theirs = {f"{n:.{d}g}" for n in mismatch.got.flatten().tolist() for d in (3, 4, 5, 6)}
    assert not numbers_in(mismatch.hidden()) & (rights - theirs)
    assert numbers_in(mismatch.hidden()) & theirs
    for less in ("theirs", "title"):
        with pytest.raises(Mismatched) as caught:
            same(torch.tensor(1.0), torch.tensor(2.5), show=less)
        assert "2.5" not in caught.value.mismatch.public()
    assert caught.value.mismatch.hidden() == ""


def test_both_sides_are_told_where_they_differ() -> None:
    with pytest.raises(Mismatched) as caught:
        same(torch.tensor([[1.0, 2.0], [3.0, 4.0]]), torch.tensor([[1.0, 2.0], [3.5, 4.0]]))
    assert caught.value.mismatch.public() == (
        "the result: 1 of 4 numbers are wrong\n  at      yours  expected\n  [1, 0]  3      3.5"
    )


def test_what_is_no_mismatch_has_a_fingerprint_too() -> None:
    def sight(code: str) -> Sight:
        with pytest.raises(Exception) as caught:
            exec(code)
        return sight_of(caught.value)

    assert sight("assert 1 == 2, 'one 1.5'").check == "assert"
    assert alike(sight("assert 0, 'it is 1.50001'"), sight("assert 0, 'it is 1.5'"))
    assert not alike(sight("assert 0, 'it is 1.6'"), sight("assert 0, 'it is 1.5'"))
    assert sight("[][1]").got[0] == "IndexError"
    assert alike(sight("[][1]"), sight("[0][3]"))
    assert not alike(sight("[][1]"), sight("{}['a']"))


@pytest.mark.slow
def test_the_words_load_nothing_of_the_graders_machinery() -> None:
    """`pytest exercises` pays for torch and pytest alone."""
    code = (
        "import grader.suite.checks, grader.suite.plugin, sys\n"
        "rooms = {name.split('.')[1] for name in sys.modules if name.startswith('grader.')}\n"
        "assert rooms <= {'suite', 'assignment', 'result', 'torchside'}, rooms"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
