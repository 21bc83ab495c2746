"""`grader similar`: what is alike beyond chance comes first, and independent answers don't."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
import tiny
from hypothesis import given
from hypothesis import strategies as st

from grader.assignment.exercises import find_exercises
from grader.grading.phrases import Phrase, Phrases, phrases
from grader.grading.similar import (
    Work,
    clusters,
    explained,
    find_similar,
    read_work,
    side_by_side,
)
from grader.report import similar_page
from grader.result import ExerciseResult, Outcome, Result, TestResult
from grader.submission import Submission, find_submissions

ROOT = Path(__file__).parents[2]
EXERCISES = find_exercises(ROOT / "solutions")


def keys(source: str) -> list[int]:
    return list(phrases(source, "01").keys)


CODE = '''
def fit(model, data, lr):
    """Fit."""
    losses = []
    for epoch in range(3):  # three times
        total = model(data) * lr + epoch
        losses.append(total.item())
    return losses
'''
RENAMED = """
def fit(net, values, rate: float = 3) -> list:
    history = []
    for n in range(3):
        s = (net(values) *
             rate + n)
        history.append(s.item())
    return history
"""
HELPED = """
SCALE = 2.0
def shifted(x):
    return x - x.max(-1, keepdim=True).values
def log_softmax(x):
    def row(values):
        return shifted(values) * SCALE
    return row(x) - row(x).exp().sum(-1, keepdim=True).log()
"""
BRANCHES = """
def step(values, lr):
    return values.mul(2) if lr > 0.5 else map(lambda v: v + 3, values)
"""


def test_names_layout_comments_and_annotations_do_not_count():
    assert keys(CODE)[1:] == keys(RENAMED)[1:]
    assert len(keys(CODE)) > 4


def test_names_of_helpers_and_constants_do_not_count():
    renamed = HELPED.replace("shifted", "a").replace("SCALE", "B").replace("row", "each")
    assert keys(HELPED) == keys(renamed)


@pytest.mark.parametrize(
    ("code", "old", "new"),
    [
        (CODE, "range(3)", "range(4)"),
        (CODE, "item()", "sum()"),
        (CODE, "* lr", "/ lr"),
        (HELPED, "keepdim=True", "keepdim=False"),
        (BRANCHES, "mul(2)", "mul(4)"),
        (BRANCHES, "v + 3", "v - 3"),
    ],
)
def test_what_the_code_does_counts(code, old, new):
    assert set(keys(code.replace(old, new))) != set(keys(code))


def test_phrases_keep_their_lines_in_little_room():
    found = [Phrase(2**64 - 1, ((1, 2), (4, 4))), Phrase(7, ((300_000, 300_001),))]
    assert list(Phrases(found)) == found


@given(st.text())
def test_any_source_has_phrases_or_none(source):
    list(phrases(source, "01"))


def works() -> list[Work]:
    """The sample class, and the answers of one of them once more, renamed and reprinted."""
    found = {s.name: s for s in find_submissions(ROOT / "data" / "sample_class", EXERCISES)}
    source = found["ada-lindqvist"].files
    copies = {}
    for name, content in source.items():
        tree = ast.parse(content)
        taken = {n.id for n in ast.walk(tree) if isinstance(n, ast.Name)
                 and isinstance(n.ctx, ast.Store)}  # fmt: skip
        for node in ast.walk(tree):
            if isinstance(node, ast.Name) and node.id in taken:
                node.id += "_mine"
        copies[name] = ast.unparse(tree).encode()
    found["copy"] = Submission("copy", copies)
    return [read_work(one, EXERCISES, None) for one in found.values()]


def known() -> dict[str, set[bytes]]:
    texts = {
        e.name: [(ROOT / "exercises" / e.name / name).read_text("utf-8")
                 for name in (f"{e.module}.py", "README.md")]
        for e in EXERCISES
    }  # fmt: skip
    return {e.name: explained(e, *texts[e.name]) for e in EXERCISES}


def test_a_renamed_copy_stands_far_above_independent_answers():
    first, second, *_ = find_similar(works(), known())
    assert {first.one.name, first.other.name} == {"ada-lindqvist", "copy"}
    assert first.score > 5 * second.score
    assert first.exercises == [exercise.name for exercise in EXERCISES]


def made(name: str, body: str, mistakes: tuple[str, ...] = (), **more: object) -> Work:
    submission = Submission(name, {"losses.py": f"def nll(a, b):\n{body}".encode()}, **more)
    tests = [TestResult(m, "nll", "T.", Outcome.FAILED, 1, mistake=m) for m in mistakes]
    result = Result(name, exercises=[ExerciseResult("01_losses", tests)])
    return read_work(submission, EXERCISES, result)


RARE = "    c = a.cumsum(0)\n    d = c[b] - a.flip(0).square().sum()\n    return d.atan() * 7\n"
USUAL = "    return -a[range(len(b)), b].mean() + a.log().sum() * a.exp().sum()\n"


def test_what_many_have_weighs_nothing_and_what_stub_or_reference_have_neither():
    usual = [made(f"u{n}", USUAL) for n in range(10)]
    assert find_similar(usual, {}) == []
    pair = [made("x", RARE), made("y", RARE)]
    [found] = find_similar([*usual, *pair], {})
    assert {found.one.name, found.other.name} == {"x", "y"}
    assert side_by_side(found, "01_losses") == [((n, n), (n, n)) for n in (2, 3, 4)]
    everything = {"01_losses": set(pair[0].phrases["01_losses"].keys)}
    assert find_similar([*usual, *pair], everything) == []


def test_what_both_have_stands_side_by_side_whatever_the_order_is():
    usual = [made(f"u{n}", USUAL) for n in range(10)]
    more = "def loss(a):\n    return a.cumsum(0).diff().abs().sum()\n"
    one = Submission("one", {"losses.py": f"def nll(a, b):\n{RARE}{more}".encode()})
    other = Submission("other", {"losses.py": f"{more}def nll(a, b):\n\n{RARE}".encode()})
    works = [read_work(submission, EXERCISES, None) for submission in (one, other)]
    [found] = find_similar([*usual, *works], {})
    rows = side_by_side(found, "01_losses")
    assert [(mine[0], theirs[0]) for mine, theirs in rows] == [(2, 5), (3, 6), (4, 7), (6, 2)]


def test_a_mistake_that_few_make_counts_beside_the_code():
    usual = [made(f"u{n}", USUAL, ("common",)) for n in range(10)]
    pair = [made(name, USUAL, ("common", "odd")) for name in "xy"]
    [found] = find_similar([*usual, *pair], {})
    assert (found.bits, found.mistakes) == (0, [("01_losses", "odd")])
    assert found.mistake_bits == pytest.approx(2.585, abs=1e-3)  # 2 of 12


def test_a_group_that_handed_in_together_is_no_pair_and_three_are_a_cluster():
    usual = [made(f"u{n}", USUAL) for n in range(20)]
    note = ["Handed in together by 2 students."]
    group = [made(name, RARE, notes=note) for name in "xy"]
    assert find_similar([*usual, *group], {}) == []
    three = [made(name, RARE) for name in "xyz"]
    assert clusters(find_similar([*usual, *three], {}), 1.0) == [["x", "y", "z"]]


def test_the_page_shows_both_sides_and_says_that_it_is_no_verdict(tmp_path):
    usual = [made(f"u{n}", USUAL) for n in range(10)]
    pairs = find_similar([*usual, made("<x>", RARE), made("y", RARE)], {})
    page = similar_page.write(pairs, {"y": "Yu & Co"}, tmp_path, 12).read_text("utf-8")
    assert page.count("<mark>") == 6  # in the whole answers, and once in each half of three rows
    assert page.count("cumsum") == 4 and page.count("<tr><td>") == 3
    assert "no verdict" in page and "Yu &amp; Co" in page and "<x>" not in page
    empty = similar_page.write([], {}, tmp_path, 12).read_text("utf-8")
    assert "No two answers share" in empty


@pytest.mark.slow
def test_the_command_reads_the_gradebook(tmp_path, grader):
    tiny.write_assignment(tmp_path)
    bodies = {"ann": RARE, "bob": RARE.replace("c ", "k ").replace("c[", "k[")}
    bodies |= {f"u{n}": f"    return a + a * {n}\n" for n in range(4)}
    for name, body in bodies.items():
        folder = tmp_path / "class" / name
        folder.mkdir(parents=True)
        (folder / "double.py").write_text(f"def double(a, b=0):\n{body}")
    assert grader(tmp_path, "grade", "class").returncode == 0
    said = grader(tmp_path, "similar").stdout
    assert "6 submissions compared." in said and "no verdict" in said
    assert said.index("ann") < said.index("bob")
    assert "<mark>" in (tmp_path / "grades" / "similar.html").read_text()
    assert not any("similar" in f.name for f in (tmp_path / "grades" / "feedback").iterdir())
