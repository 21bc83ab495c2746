"""What instructors do every week: late and repeated submissions, exceptions, grading anew."""

from __future__ import annotations

import csv
import json
import os
from pathlib import Path

import pytest
import tiny

pytestmark = pytest.mark.slow
RULES = """
title = "Doubling"
attempts = "best"
[lateness]
due = 2026-11-20T12:00:00Z
penalty = 10
"""


@pytest.fixture
def kit(tmp_path: Path) -> Path:
    tiny.write_assignment(tmp_path)
    (tmp_path / "assignment.toml").write_text(RULES)
    return tmp_path


def hand_in(kit: Path, name: str, answer: str, at: str) -> None:
    """As nbgrader collects it."""
    folder = kit / "class" / "submitted" / name / "hw"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "double.py").write_text(tiny.answer(answer))
    (folder / "timestamp.txt").write_text(at)


def results(kit: Path) -> dict[str, dict]:
    grades = json.loads((kit / "grades" / "results.json").read_text())
    return {result["submission"]: result for result in grades["results"]}


def total(kit: Path, name: str) -> float:
    return results(kit)[name]["mark"]["total"]


def test_late_and_repeated_submissions_and_decisions(kit, grader):
    hand_in(kit, "ann", "2 * x", "2026-11-20 13:00:00 UTC")
    hand_in(kit, "bob", "x * 3", "2026-11-20 11:00:00 UTC")
    assert grader(kit, "grade", "class").returncode == 0
    assert total(kit, "ann") == 90
    first = results(kit)["bob"]["exercises"]
    assert results(kit)["ann"]["mark"]["reasons"] == [
        "Handed in 1 hour late (by nbgrader): 10 points less."
    ]

    # Bob is better the second time, but so late that the first counts as much as it can.
    hand_in(kit, "bob", "2 * x", "2026-12-20 11:00:00 UTC")
    said = grader(kit, "grade", "class", "--report", "csv")
    bob = results(kit)["bob"]
    assert [a["number"] for a in bob["attempts"]] == [1, 2]
    sheet = csv.DictReader((kit / "grades/grades.csv").open(encoding="utf-8-sig", newline=""))
    assert [row["Attempts"] for row in sheet] == ["1", "2"]
    assert [a["counts"] for a in bob["attempts"]] == [True, False]
    assert bob["exercises"] == first
    assert "The best of 2 attempts: number 1." in bob["mark"]["reasons"]
    assert (
        "The assignment's rules (lateness, attempts, weights) changed 2 of 2 totals" in said.stdout
    )

    # Then rules and decisions change; nothing is graded.
    (kit / "assignment.toml").write_text(RULES.replace("best", "latest"))
    (kit / "overrides.csv").write_text(
        "student,score,excuse,comment,extension,by\n"
        "ann,,,,2 days,J. Doe\n"
        "bob,55,,Shown in the lab.,,J. Doe\n"
        "zoe,,yes,,,J. Doe\n"
    )
    said = grader(kit, "grade", "class", "--report", "csv", "--report", "canvas")
    assert "2 of 2 were graded before" in said.stderr
    assert (total(kit, "ann"), total(kit, "bob")) == (100, 55)
    assert "55*" in said.stdout and "a person has decided" in said.stdout
    assert "A decision is about zoe, who isn't in this run." in said.stdout
    assert "Shown in the lab" in (kit / "grades/feedback/bob.md").read_text()
    assert "Set to 55 by J. Doe." in (kit / "grades/grades.csv").read_text()

    # Grading all anew loses none of them.
    assert grader(kit, "grade", "class", "--regrade").returncode == 0
    assert total(kit, "bob") == 55
    (kit / "overrides.csv").write_text("student,excuse\nbob,yes\n")
    said = grader(kit, "grade", "class", "--report", "canvas", "--report", "html")
    assert results(kit)["bob"]["mark"]["excused"]
    assert '"EX"' in (kit / "grades/canvas.csv").read_text()
    assert "1 excused" in said.stdout and said.returncode == 0
    assert "**Excused.**" in (kit / "grades/feedback/bob.md").read_text()


def test_files_that_only_their_own_times_date_are_said_to_be(kit, grader):
    file = kit / "class" / "ann" / "double.py"
    file.parent.mkdir(parents=True)
    file.write_text(tiny.answer("2 * x"))
    os.utime(file, (1795000000, 1795000000))  # 2026-11-18
    said = grader(kit, "grade", "class")
    assert "For 1 of 1, only the files' own times say when they were handed in" in said.stdout
    os.utime(file, (1799000000, 1799000000))  # copied in January: it is as old as it was
    grader(kit, "grade", "class")
    assert results(kit)["ann"]["attempts"][0]["late"] == 0


def test_what_cannot_be_used_ends_it_before_anything_is_graded(kit, grader):
    hand_in(kit, "ann", "2 * x", "")
    (kit / "assignment.toml").write_text("attempts = 3")
    said = grader(kit, "grade", "class")
    assert said.returncode == 2 and "assignment.toml: attempts: Expected `str`" in said.stderr
    assert not (kit / "grades").exists()
    (kit / "assignment.toml").unlink()
    (kit / "overrides.csv").write_text("student,score\nann,much\n")
    said = grader(kit, "grade", "class")
    assert said.returncode == 2 and "overrides.csv, line 2" in said.stderr


def test_regrading_says_whose_grade_changed_and_by_which_test(kit, grader):
    hand_in(kit, "ann", "2 * x", "2026-11-20 11:00:00 UTC")
    hand_in(kit, "bob", "x.float() * 2", "2026-11-20 11:00:00 UTC")
    assert "no gradebook" in grader(kit, "regrade").stderr
    grader(kit, "grade", "class")
    suite = kit / "solutions/01_double/test_double.py"
    text = suite.read_text().replace("@pytest.mark.bonus\n", "")
    suite.write_text(text.replace("whole_numbers(student)", "integers(student)"))
    before = (kit / "grades/gradebook.sqlite").read_bytes()

    said = grader(kit, "regrade", "--dry-run")
    assert "changed since: its suite or reference" in " ".join(said.stderr.split())
    assert "2 of 2 submissions would be graded." in said.stdout
    # Nobody has to be there for it.
    far = grader(kit, "regrade", "--dry-run", "--scheduler", "tcp://127.0.0.1:1")
    assert (far.returncode, far.stdout) == (0, said.stdout)
    assert (kit / "grades/gradebook.sqlite").read_bytes() == before

    for folder in (kit / "class/submitted").iterdir():  # they aren't needed any more
        (folder / "hw/double.py").unlink()
    said = grader(kit, "regrade")
    assert said.returncode == 0, said.stderr
    assert "test_double_of_integers: not there → failed" in said.stdout
    assert "2 grades changed." in said.stdout
    assert "80f" in said.stdout
    rows = (kit / "grades/changes.csv").read_text()
    assert '"bob"' in rows and "test_double_of_whole_numbers" in rows

    said = grader(kit, "regrade")
    assert "2 of 2 were graded before" in said.stderr
    assert "No grade has changed" in said.stdout

    # Rules and decisions change grades too, and nothing is graded.
    (kit / "assignment.toml").write_text(RULES.replace("20T12", "20T10"))
    assert "ann: excuse yes" in grader(kit, "note", "ann", "--excuse").stdout
    said = grader(kit, "regrade")
    assert "2 of 2 were graded before" in said.stderr
    rows = [row.split() for row in said.stdout.partition("Before")[2].splitlines()]
    why = ["rules", "or", "decisions,", "no", "test"]
    assert ["ann", "100", "excused", *why] in rows and ["bob", "80", "70", *why] in rows


def test_notes_and_what_the_gradebook_shows(kit, grader):
    hand_in(kit, "ann", "2 * x", "2026-11-20 11:00:00 UTC")
    for name in ("bob", "cyd", "dan"):
        hand_in(kit, name, "x * 3" if name == "bob" else "x + x", "2026-11-20 11:00:00 UTC")
    grader(kit, "grade", "class")
    for arguments, wrong in (
        (["zoe", "--excuse"], "no student of that name"),
        (["bob"], "nothing is decided"),
        (["bob", "--score", "much"], "is not a number"),
        (["bob", "--score", "9", "--exercise", "07_x"], "there is no exercise 07_x"),
    ):
        done = grader(kit, "note", *arguments)
        assert done.returncode == 2 and wrong in done.stderr
    given = ("--score", "70", "--exercise", "double", "--comment", "By hand.", "--by", "J. Doe")
    assert "bob: score for 01_double 70, by J. Doe" in grader(kit, "note", "BOB", *given).stdout
    assert grader(kit, "regrade", "--all").returncode == 0
    assert total(kit, "bob") == 70
    hand_in(kit, "bob", "x / 2", "2026-11-20 11:30:00 UTC")
    grader(kit, "grade", "class")

    said = grader(kit, "show", "bob").stdout
    assert "Total: 70 of 100, and 25 bonus." in said
    assert "01_double: set to 70 by J. Doe." in said
    assert "Attempt 2, handed in 2026-11-20T11:30:00+00:00 (by nbgrader)" in said
    # Attempt 1 has a score that somebody has set; a late one would say so.
    assert "Worth 70, and 25 bonus; counts\n" in said
    assert said.count("01_double 25") == 3  # twice the first attempt, once the second
    assert "score of 01_double: 70, by J. Doe (grader note)" in said

    said = grader(kit, "stats").stdout
    assert "4 students" in said
    assert "01_double: double" in said and "variant_1" in said
    assert "Since run 2" in said
    assert grader(kit, "stats", "--since", "99").returncode == 2

    assert (
        "withdrawn"
        in grader(kit, "note", "bob", "--withdraw", "score", "--exercise", "double").stdout
    )
    grader(kit, "regrade")
    assert total(kit, "bob") == 25
