"""What people read without a browser: the table in the terminal and the feedback."""

from __future__ import annotations

import io
import re
from dataclasses import replace
from html import unescape
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_up_class import one, sample
from markdown_it import MarkdownIt
from rich.cells import cell_len
from rich.console import Console

from grader.report import text, write_report
from grader.report.formats import table
from grader.report.formats.html_students import page
from grader.report.markdown import escape, feedback, fence
from grader.report.seen import by_cause, seen
from grader.result import Grades, Mark, Outcome, Student

CONTROL = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


def shown(grades: Grades, width: int = 80) -> str:
    out = io.StringIO()
    table.show(grades, Console(file=out, width=width, color_system=None))
    return out.getvalue()


@pytest.mark.parametrize("width", [20, 40, 80, 100, 120, 200])
def test_the_table_keeps_within_the_terminal(width: int) -> None:
    for line in shown(sample(), width).splitlines():
        assert cell_len(line) <= width


def test_eighty_columns_hold_seven_exercises_and_what_matters() -> None:
    lines = shown(sample()).splitlines()
    assert re.fullmatch(
        r"Submission +01 +02 +03 +04 +05 +06 +07 +Total +Bonus +Outcome *", lines[0]
    )
    assert len([line for line in lines if "Ada Moreau " in line]) == 1
    (zero,) = [line for line in lines if line.startswith("Ola Nowak ")]
    assert zero.split()[2:] == [*["0-"] * 7, "0", "not", "attempted"]
    (fault,) = [line for line in lines if line.startswith("Pia Weber ")]
    assert fault.split()[2:] == ["?", "?", "not", "graded"]
    assert "26 submissions; mean 65.2, median 67.5; 1 not graded." in lines
    assert any("c crashed" in line for line in lines)
    assert "Pia Weber: not graded: the sandbox could not be started" in "\n".join(lines)


def test_a_wide_terminal_names_the_exercises() -> None:
    assert "07 temperature" in shown(sample(), 160).splitlines()[0]


@given(st.text(st.characters(codec=None, categories=None)))
def test_no_name_reaches_the_terminal_raw(name: str) -> None:
    result = one()
    result.student = Student(name)
    result.notes = [name]
    out = shown(Grades([result]))
    assert not CONTROL.search(out)
    assert len(out.splitlines()) < 40 + len(name)


def test_a_terminal_that_lacks_characters_gets_others() -> None:
    raw = io.BytesIO()
    file = io.TextIOWrapper(raw, encoding="ascii")
    table.show(sample(), Console(file=file, width=80))
    file.flush()
    assert b"Dae-jung Park" in raw.getvalue()


def test_nothing_graded_is_said() -> None:
    assert shown(Grades([])) == "No submission was graded.\n"


def test_the_table_as_a_file(tmp_path: Path) -> None:
    (path,) = write_report(sample(), "table", {"width": "80"}, tmp_path)
    content = path.read_text(encoding="utf-8")
    assert "\x1b" not in content
    assert "Ada Moreau" in content


@given(st.floats(0, 1000))
def test_a_number_is_short_and_never_rounds_to_a_whole_that_it_is_not(value: float) -> None:
    said = text.number(value)
    assert re.fullmatch(r"\d+(\.\d)?", said)
    assert abs(float(said) - value) <= 0.1
    assert ("." in said) == (value != int(value))


def test_what_went_wrong_everywhere_is_told_once() -> None:
    broken = "raised\n  nets.py, line 3: def f(\n  SyntaxError: '(' was never closed"
    result = one(Outcome.FAILED, feedback=f"f(2) {broken}")
    [exercise] = result.exercises
    first = next(test for test in exercise.tests if test.outcome is Outcome.FAILED)
    others = [replace(first, title=f"Number {n}", feedback=f"f({n}) {broken}") for n in range(3)]
    waiting = replace(first, title="Untouched", target="g", outcome=Outcome.NOT_ATTEMPTED)
    made = feedback(
        seen(replace(result, exercises=[replace(exercise, tests=[first, *others, waiting])]))
    )
    assert made.count("SyntaxError") == 1
    assert all(f"- Number {n} (" in made for n in range(3))
    assert "- g: not attempted yet (" in made
    assert "Untouched" not in made


def test_one_cause_is_one_paragraph() -> None:
    """What explains several tests is said once, in Markdown and on the student's page alike."""
    first = one(Outcome.FAILED, feedback="f(2)\nIt gave 3.").exercises[0].tests[0]
    first = replace(first, outcome=Outcome.FAILED, feedback="f(2)\nIt gave 3.")
    hinted = [
        replace(first, title=f"H{n}", hint="Take the mean.", feedback=f"f\nIt gave {n}.")
        for n in range(3)
    ]
    seen_so = [
        replace(first, title=f"S{n}", observed=["It is transposed.", f"And {n}."]) for n in range(2)
    ]
    raised = [replace(first, title=f"R{n}", cause="line 3", feedback=f"f({n})") for n in range(2)]
    others = [replace(first, title="O", target="other", hint="Take the mean.")]
    tests = [*hinted, *seen_so, *raised, *others]
    exercise = replace(one().exercises[0], tests=tests)
    student = seen(replace(one(), exercises=[exercise]))
    causes = by_cause(student.exercises[0].missed)
    titles = [[test.title for test in cause.tests] for cause in causes]
    assert titles == [["H0", "H1", "H2"], ["S0", "S1"], ["R0", "R1"], ["O"]]
    assert [cause.why for cause in causes] == [
        "Take the mean.", "It is transposed. And 0.", "", "Take the mean.",
    ]  # fmt: skip
    for made in (feedback(student), page(student)):
        assert made.count("Take the mean.") == 2  # one for each target
        assert made.count("It is transposed.") == 1
        assert made.count("The same in:") == 3


def test_feedback_says_what_a_student_may_know() -> None:
    result = one(Outcome.FAILED, feedback="nll(x)\nreturned ```3```", hint="Take the *mean*.")
    made = feedback(seen(result))
    assert "**33.3 of 100**" in made
    assert "````text\nnll(x)\nreturned ```3```\n````" in made
    assert "Hint: Take the \\*mean\\*." in made


@given(st.text(st.characters(codec="utf-8", exclude_characters="\n\r")))
def test_markdown_is_escaped(value: str) -> None:
    assert re.sub(r"\\(.)", r"\1", escape(value.replace("\\", ""))) == value.replace("\\", "")
    assert not re.search(r"(?<!\\)[`*<>\[\]@#|~]", escape(value))


@given(st.text("ab1 _*`[]()<>#+-!|~&@$\\.:/='\"", max_size=30))
def test_markdown_shows_text_as_it_is(value: str) -> None:
    """A real renderer shows the text unchanged."""
    shown = MarkdownIt("commonmark").enable(["table", "strikethrough"]).renderInline(escape(value))
    assert unescape(shown).strip() == value.strip()


@given(st.text())
def test_a_code_block_ends_where_it_should(value: str) -> None:
    first, *body, last = fence(value).split("\n")
    assert first.removesuffix("text") == last
    assert not any(line.strip().startswith(last) for line in "\n".join(body).split("\n"))


def test_two_of_a_name_are_told_apart() -> None:
    first, second = one(), one()
    second.submission = "kim-2"
    assert text.labels([first, second]) == ["Kim (kim)", "Kim (kim-2)"]


@pytest.mark.parametrize("width", [80, 100, 120, 160])
@pytest.mark.parametrize("name", ["Alexandra Konstantinopoulou-Schmidt", "김하늘" * 9, "Kim"])
def test_students_of_one_name_can_be_told_apart(name: str, width: int) -> None:
    grades = sample(hostile=False)
    twins = grades.results[:4]
    for number, result in enumerate(twins):
        result.student = Student(name, str(4711 + number), f"login{number}")
    rows = shown(grades, width).splitlines()[1:5]
    for number, row in enumerate(rows):
        assert f"({4711 + number})" in row
        assert row.rstrip().endswith(text.outcome(twins[number]).value)
    for result in twins:
        assert result.student is not None
        result.student.id = "7"
    assert "(login2)" in shown(grades, width)
    for result in twins:
        result.student = Student(name)
    assert twins[0].submission in shown(grades, width)


def test_names_that_would_look_alike_when_they_are_cut_are_numbered() -> None:
    grades = sample()
    for result, mark in zip(grades.results, "AB", strict=False):
        result.student = Student("Maximilian Alexander von Schulenburg", f"7-{mark}-2026-autumn")
    rows = [line[:14] for line in shown(grades).splitlines()[1:3]]
    assert all("Max" in row or "7" in row for row in rows)
    assert len(set(rows)) == 2


def test_what_is_excused_and_decided_is_said_everywhere(tmp_path: Path) -> None:
    result = one()
    result.exercises[0].excused = True
    result.mark = Mark(None, reasons=["Excused by J. Doe."], decided=True, excused=True)
    grades = Grades([result])
    table_text = shown(grades)
    assert "1 excused" in table_text and "* a person has decided something" in table_text
    assert "not graded" not in table_text
    for name in ("feedback", "html-students", "moodle", "csv", "html"):
        said = "".join(p.read_text("utf-8") for p in write_report(grades, name, folder=tmp_path))
        assert "xcused" in said, name
        assert name == "html" or "fault" not in said.replace("default", ""), name
        assert "J. Doe" in said or name == "moodle", name
    result.exercises[0].decided, result.exercises[0].excused = 80.0, False
    result.mark = Mark(80.0, reasons=["01_losses: set to 80 by J. Doe."], decided=True)
    assert "80*" in shown(grades)
    for name in ("feedback", "html-students", "moodle", "csv", "html"):
        said = "".join(p.read_text("utf-8") for p in write_report(grades, name, folder=tmp_path))
        assert "set to 80 by J. Doe" in said.replace("\\", ""), name
