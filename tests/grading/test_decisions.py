"""Decisions: checked where they are made, matched to students, newest first, never lost."""

from __future__ import annotations

import pytest

from grader.grading.decisions import (
    FILE,
    DecisionError,
    find_student,
    make,
    news,
    read_overrides,
    rulings,
)
from grader.grading.gradebook_records import Decision, names_of
from grader.result import Student

EXERCISES = ("01_a", "02_b")
KIM = {"k1": names_of("k1", "kim-folder", Student("Kim Lee", "k1", "kim", "kim@example.org"))}


def note(
    kind: str, value: str, exercise: str = "", source: str = "note", by: str = "J"
) -> Decision:
    return Decision("kim", exercise, kind, value, "", by, source)


def ruled(*decisions: Decision):
    found, lost = rulings(decisions, KIM)
    assert not lost
    return found["k1"]


def test_a_file_is_read(tmp_path):
    path = tmp_path / FILE
    path.write_text(
        "\ufeffStudent;Exercise;Score;Excuse;Comment;Extension;By\r\n"
        "kim;b;80;;Shown in the lab.;;J. Doe\r\n;;;;;;\r\nkim;;;x;;2 days;\r\n",
        "utf-8",
    )
    read = read_overrides(path, EXERCISES)
    assert [(d.exercise, d.kind, d.value, d.by) for d in read] == [
        ("02_b", "score", "80", "J. Doe"),
        ("02_b", "comment", "Shown in the lab.", "J. Doe"),
        ("", "excuse", "yes", "the instructor"),
        ("", "extension", "2 days", "the instructor"),
    ]
    assert {d.source for d in read} == {FILE}
    assert read_overrides(tmp_path / "none.csv", EXERCISES) == []


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("who,score\nkim,3\n", "there is no column 'who'"),
        ("score\n3\n", "a column `student` is missing"),
        ("student,score\nkim,many\n", "line 2: score 'many' is not a number"),
        ("student,score\nkim,\n,3\n", "line 3: no student is named"),
        ("student,exercise,score\nkim,9,3\n", "line 2: there is no exercise 9"),
        ("student,extension\nkim,soon\n", "'soon' is not a length of time"),
        ("student,excuse\nkim,perhaps\n", "write yes or nothing"),
        ("student,score\nkim,-1\n", "give the points out of 100"),
    ],
)
def test_what_cannot_be_used_is_named_with_its_line(tmp_path, text, said):
    (tmp_path / FILE).write_text(text)
    with pytest.raises(DecisionError) as error:
        read_overrides(tmp_path / FILE, EXERCISES)
    assert said in str(error.value) and FILE in str(error.value)


@pytest.mark.parametrize("named", ["02_b", "b", "02", "2"])
def test_an_exercise_is_named_as_for_other_commands(named):
    assert make("score", "kim", named, "80", EXERCISES).exercise == "02_b"


def test_an_extension_is_for_the_whole_submission():
    with pytest.raises(DecisionError, match="whole submission"):
        make("extension", "kim", "01_a", "2 days", EXERCISES)


def test_only_what_is_new_in_the_file_is_written_down_and_what_is_gone_is_withdrawn():
    first = [note("score", "80", source=FILE), note("comment", "Good.", source=FILE)]
    assert news([], first, FILE) == first
    assert news(first, first, FILE) == []
    changed = [note("score", "85", source=FILE)]
    written = news(first, changed, FILE)
    assert {(d.kind, d.value) for d in written} == {("score", "85"), ("comment", "")}
    assert news([*first, *written], changed, FILE) == []
    assert ruled(*first, *written).scores == {"": (85.0, "J")}
    assert ruled(*first, *written).comments == []


def test_the_newest_counts_and_withdrawing_it_uncovers_the_files(tmp_path):
    file, typed = note("score", "70", source=FILE), note("score", "90")
    assert ruled(file, typed).scores == {"": (90.0, "J")}
    assert ruled(typed, file).scores == {"": (70.0, "J")}
    assert ruled(file, typed, note("score", "")).scores == {"": (70.0, "J")}


def test_comments_add_up_until_they_are_withdrawn():
    both = (note("comment", "One."), note("comment", "Two.", "01_a"))
    assert ruled(*both).comments == ["One.", "01_a: Two."]
    assert ruled(*both, note("comment", "")).comments == ["01_a: Two."]


@pytest.mark.parametrize("name", ["k1", "KIM", "kim@example.org", "Kim Lee", "kim-folder"])
def test_a_student_is_found_by_any_name(name):
    assert find_student(name, KIM) == "k1"
    found, _ = rulings([Decision(name, "", "excuse", "yes")], KIM)
    assert "k1" in found


def test_nobody_and_several_are_said():
    two = KIM | {"k2": names_of("k2", "kim-2", Student("Kim Lee", "k2"))}
    with pytest.raises(DecisionError, match="several students fit: k1, k2"):
        find_student("Kim Lee", two)
    with pytest.raises(DecisionError, match="Did you mean k1"):
        find_student("example.org", two)
    found, lost = rulings(
        [Decision("zoe", "", "score", "1"), Decision("Kim Lee", "", "score", "1")], two
    )
    assert (found, lost) == ({}, ["zoe", "Kim Lee"])


def test_what_a_student_goes_by_is_theirs_even_if_it_is_anothers_name():
    students = {"kim": {"kim", "Kim"}, "k2": {"k2", "kim"}}
    assert find_student("kim", students) == "kim"
