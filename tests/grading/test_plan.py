"""`grader grade` says what it will do and why, and grades no more than that."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import tiny

from grader.grading.basis import Basis
from grader.grading.plan import Plan, summary
from grader.submission import Submission

pytestmark = pytest.mark.slow


@pytest.fixture
def kit(tmp_path: Path) -> Path:
    tiny.write_assignment(tmp_path)
    tiny.write_second(tmp_path)
    for name, answer in (("ann", "2 * x"), ("bob", "x * 3")):
        for module in ("double", "again"):
            file = tmp_path / "class" / name / f"{module}.py"
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(tiny.answer(answer))
    return tmp_path


def results(kit: Path) -> dict[str, dict]:
    grades = json.loads((kit / "grades" / "results.json").read_text())
    return {result["submission"]: result for result in grades["results"]}


def graded(result: dict, number: int) -> list[dict]:
    return result["exercises"][number]["tests"]


def test_only_what_changed_is_graded_and_the_reason_is_said(kit, grader):
    first = grader(kit, "grade", "class")
    assert "To grade: all exercises of 2 submissions (never graded)." in first.stderr
    before = results(kit)

    suite = kit / "solutions/02_again/test_again.py"
    suite.write_text(suite.read_text() + "\n# a comment\n")
    assert "2 of 2 were graded before" in grader(kit, "grade", "class").stderr
    assert results(kit) == before

    suite.write_text(suite.read_text().replace("points(3)", "points(5)"))
    said = grader(kit, "grade", "class").stderr
    assert "To grade: 02_again of 2 submissions (changed since: its suite or reference)." in said, (
        said
    )
    after = results(kit)
    for name in before:
        assert graded(after[name], 0) == graded(before[name], 0)
        assert [t["points"] for t in graded(after[name], 1)] == [5, 1, 1]

    (kit / "class/bob/double.py").write_text(tiny.answer("x + x"))
    said = grader(kit, "grade", "class").stderr
    assert "1 of 2 were graded before" in said
    assert "To grade: 01_double of 1 submission (changed since: its files)." in said
    assert graded(results(kit)["bob"], 1) == graded(after["bob"], 1)
    assert {t["outcome"] for t in graded(results(kit)["bob"], 0)} == {"passed"}


def test_how_many_it_is_of_each_exercise_is_said():
    one = Basis("files", "suite", "machinery", "limits")
    bases = dict.fromkeys(("01_a", "02_b", "03_c"), one)

    def plan(*todo: str) -> Plan:
        return Plan(Submission("ann", {}), bases, todo=dict.fromkeys(todo, "its files"))

    for plans, said in (
        ([plan("01_a"), plan("01_a")], "01_a of 2 submissions"),
        ([plan("01_a", "02_b")], "01_a, 02_b of 1 submission"),
        ([plan(*bases), plan(*bases)], "all exercises of 2 submissions"),
        ([plan(*bases), plan("02_b")], "01_a of 1 submission, 02_b of 2, 03_c of 1"),
        ([plan("03_c"), plan("01_a")], "01_a of 1 submission, 03_c of 1"),
    ):
        assert summary(plans) == [f"To grade: {said} (its files)."]


def test_a_new_hint_reaches_the_feedback_without_grading(kit, grader):
    grader(kit, "grade", "class")
    [old] = {t["hint"] for t in graded(results(kit)["bob"], 0) if t["mistake"]}
    mistakes = kit / "solutions/01_double/mistakes.py"
    mistakes.write_text(mistakes.read_text().replace(old, "Count the summands."))
    assert "2 of 2 were graded before" in grader(kit, "grade", "class").stderr
    assert "Count the summands." in (kit / "grades/feedback/bob.md").read_text()
    mistakes.write_text(mistakes.read_text().replace('"variant_1"', '"renamed"'))
    grader(kit, "grade", "class")
    assert not any(t["hint"] or t["mistake"] for t in graded(results(kit)["bob"], 0))
