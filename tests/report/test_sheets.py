"""CSV, Canvas and Moodle, read as those systems read them."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_up_class import HOSTILE, one, sample

from grader.report import ReportError, write_report
from grader.report.sheet import sheet
from grader.result import Grades, Mark, Outcome, Result, Student

MOODLE = (
    "Identifier,Full name,Email address,Status,Grade,Maximum Grade,Grade can be changed,"
    "Last modified (submission),Last modified (grade),Feedback comments"
)


def rows_of(path: Path) -> list[dict[str, str]]:
    text = path.read_bytes().decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text, newline="")))


def moodle_reads(path: Path, maximum: float = 100.0) -> dict[str, tuple[float | None, str]]:
    """Grade and feedback by identifier, as the offline grading worksheet is imported."""
    found: dict[str, tuple[float | None, str]] = {}
    for row in rows_of(path):
        assert re.fullmatch(r"Participant \d+", row["Identifier"])
        assert row["Last modified (grade)"]
        grade = float(row["Grade"]) if row["Grade"] not in ("", "-") else None
        assert grade is None or 0 <= grade <= maximum  # else Moodle passes the row over
        found[row["Identifier"]] = grade, row["Feedback comments"]
    return found


# ----------------------------------------------------------------------------------------- CSV


@given(st.lists(st.lists(st.text(st.characters(codec="utf-8")), min_size=1), min_size=1))
def test_no_cell_is_a_formula(rows: list[list[str]]) -> None:
    for row in csv.reader(io.StringIO(sheet(rows), newline="")):
        for cell in row:
            assert not cell.lstrip().startswith(tuple("=+-@＝＋－＠")) or re.fullmatch(
                r"[+-]\d+(\.\d+)?", cell
            )
            assert not re.search("[\x00-\x08\x0b-\x1f\x7f\u202e\u2066]", cell)


def test_the_table_has_a_row_a_submission(tmp_path: Path) -> None:
    grades = sample()
    (path,) = write_report(grades, "csv", folder=tmp_path)
    rows = rows_of(path)
    assert len(rows) == len(grades.results)
    for row, result in zip(rows, grades.results, strict=True):
        assert (
            row["Total"] == ""
            if result.total is None
            else abs(float(row["Total"]) - result.total) < 0.01
        )
    assert rows[-1]["Outcome"] == "not graded"
    assert rows[-2]["Total"] == "0"
    assert "No exercise file" in rows[-2]["Notes"]


def test_the_long_table_has_a_row_a_test(tmp_path: Path) -> None:
    grades = sample()
    (path,) = write_report(grades, "csv", {"rows": "tests"}, tmp_path)
    rows = rows_of(path)
    assert len(rows) == sum(len(e.tests) for r in grades.results for e in r.exercises)
    assert {row["Earned"] for row in rows if row["Outcome"] == "not graded"} == {""}


# -------------------------------------------------------------------------------------- Canvas


def test_canvas_finds_header_maximum_and_students(tmp_path: Path) -> None:
    grades = sample()
    path, left = write_report(grades, "canvas", {"title": "Losses (1234)"}, tmp_path)
    data = path.read_bytes()
    assert not data.startswith(b"\xef\xbb\xbf")  # Canvas's reader can't take it before a quote
    header, maximum, *rows = csv.reader(io.StringIO(data.decode("utf-8"), newline=""))
    assert header == ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", "Losses (1234)"]
    assert "Points Possible" in maximum[0]
    assert float(maximum[-1]) == 100
    graded = {r.student.id: r for r in grades.results if r.total is not None and r.student}
    assert {row[1] for row in rows} == set(graded)
    for row in rows:
        expected = graded[row[1]]
        assert expected.total is not None
        assert abs(float(row[-1]) - expected.total - expected.bonus) < 0.01
    # A blank would clear the grade that Canvas has, so the ungraded are in another file.
    assert [row["Submission"] for row in rows_of(left)] == ["Pia Weber"]


def test_no_student_can_pass_for_the_row_with_the_maximum(tmp_path: Path) -> None:
    result = one()
    result.student = Student("Points Possible", "7")
    (path,) = write_report(Grades([result]), "canvas", folder=tmp_path)
    rows = list(csv.reader(path.open(encoding="utf-8", newline="")))
    assert sum("Points Possible" in row[0] for row in rows) == 1


def test_an_id_that_is_no_number_is_the_school_s(tmp_path: Path) -> None:
    result = one()
    result.student = Student("Kim", "s-1234", "kim7")
    (path,) = write_report(
        Grades([result]), "canvas", {"points": "20", "bonus": "no"}, folder=tmp_path
    )
    _, _, row = csv.reader(path.open(encoding="utf-8", newline=""))
    assert row[:4] == ["Kim", "", "s-1234", "kim7"]
    assert float(row[-1]) == pytest.approx(20 / 3, abs=0.01)


# -------------------------------------------------------------------------------------- Moodle


def worksheet(folder: Path, *rows: str, header: str = MOODLE) -> Path:
    path = folder / "Grades-course-losses.csv"
    path.write_text("\ufeff" + "\n".join([header, *rows]) + "\n", encoding="utf-8")
    return path


def test_moodle_s_worksheet_comes_back_filled_in(tmp_path: Path) -> None:
    date = '"Friday, 20 November 2026, 10:00 AM"'
    path = worksheet(
        tmp_path,
        f"Participant 100,Ada Moreau,,Submitted,,50.00,Yes,{date},{date},",
        f'Participant 9,Ben Okafor,S1@example.org,Submitted,,50.00,Yes,{date},{date},"old"',
        f"Participant 125,Pia Weber,,Submitted,12.00,50.00,Yes,{date},{date},kept",
        "Participant 999,Nobody,,No submission,-,50.00,Yes,-,-,",
    )  # fmt: skip
    grades = sample()
    out, left = write_report(grades, "moodle", {"worksheet": str(path)}, tmp_path)
    found = moodle_reads(out, 50.0)
    for number, key in ((0, "Participant 100"), (1, "Participant 9")):
        grade, feedback = found[key]
        result = grades.results[number]
        assert result.total is not None
        assert grade == pytest.approx(min(50, (result.total + result.bonus) / 2), abs=0.01)
        assert "of 100" in feedback
    assert found["Participant 125"] == (12.0, "kept")
    assert found["Participant 999"] == (None, "")
    reasons = {row["Submission"]: row["Why"] for row in rows_of(left)}
    assert reasons["Pia Weber"].startswith("not graded")
    assert reasons["Participant 999"] == "has no submission"
    assert reasons["Chiara Rossi"] == "in no row of the worksheet"
    assert rows_of(out)[0]["Last modified (submission)"] == date.strip('"')


def test_a_worksheet_in_another_language(tmp_path: Path) -> None:
    header = "Identifikator,Vollständiger Name,Bewertung,Beste Bewertung,Feedback als Kommentar"
    path = worksheet(tmp_path, 'Participant 7,Kim,,"20,00",', header=header)
    with pytest.raises(ReportError, match="give columns="):
        write_report(Grades([one()]), "moodle", {"worksheet": str(path)}, tmp_path)
    columns = (
        "Identifikator|Vollständiger Name|E-Mail|Bewertung|Beste Bewertung|Feedback als Kommentar"
    )
    options = {"worksheet": str(path), "columns": columns}
    (out,) = write_report(Grades([one()]), "moodle", options, tmp_path)
    assert rows_of(out)[0]["Bewertung"] == "6.67"
    with pytest.raises(ReportError, match="there is no column Identifier"):
        write_report(Grades([one()]), "moodle-feedback", {"worksheet": str(path)}, tmp_path)
    result = one()
    result.student = Student("kim")
    out, *left = write_report(Grades([result]), "moodle-feedback", options, tmp_path)
    assert set(moodle_finds(out)) == {7} and not left


def test_without_a_worksheet_it_is_for_the_gradebook(tmp_path: Path) -> None:
    grades = sample()
    out, left = write_report(grades, "moodle", folder=tmp_path)
    rows = rows_of(out)
    assert len(rows) == len(grades.results) - 1
    assert all(0 <= float(row["Grade"]) <= float(row["Maximum Grade"]) for row in rows)
    assert rows[0]["Email address"] == "s0@example.org"
    assert rows_of(left)[0]["Why"].startswith("not graded: the sandbox")


@given(st.text(st.characters(codec="utf-8")))
def test_feedback_in_moodle_is_text(feedback: str) -> None:
    from grader.report.formats.moodle import comment
    from grader.report.seen import seen

    made = comment(seen(one(Outcome.FAILED, feedback=f"{HOSTILE[0]}{feedback}")))
    assert set(re.findall(r"</?(\w+)", made)) <= {"p", "h5", "ul", "li", "pre"}


class Tags(HTMLParser):
    """Raises where a tag is left open, or closed twice."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.feed(source)
        self.close()
        assert not self.open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_comments_are_whole_html_however_long(tmp_path: Path) -> None:
    grades = sample()
    for test in grades.results[0].exercises[0].tests:
        test.outcome, test.feedback = Outcome.FAILED, f"<b>{test.name}\n" + "long & wide\n" * 500
    path, _ = write_report(grades, "moodle", folder=tmp_path)
    comments = [row["Feedback comments"] for row in rows_of(path)]
    assert max(map(len, comments)) > 15_000
    for comment in comments:
        Tags(comment)


def test_what_is_not_attempted_takes_one_line_of_a_comment(tmp_path: Path) -> None:
    grades = Grades([sample().results[-2]])  # nothing is attempted
    (path,) = write_report(grades, "moodle", folder=tmp_path)
    (row,) = rows_of(path)
    assert "<p>Not attempted yet: log_softmax, nll, accuracy.</p>" in row["Feedback comments"]
    assert "<li>" not in row["Feedback comments"]


def test_what_failed_in_the_same_way_is_told_once(tmp_path: Path) -> None:
    result = one(Outcome.FAILED)
    first, second = result.exercises[0].tests
    second.hint = "Take the mean."
    first.outcome, first.feedback, first.hint = second.outcome, second.feedback, second.hint
    for name in ("moodle", "feedback", "html-students"):
        (path, *_) = write_report(Grades([result]), name, folder=tmp_path / name)
        text = path.read_text(encoding="utf-8")
        assert text.count("Take the mean.") == 1, name
        assert text.count("RuntimeError") == 1, name
        for title in ("gives the right shape and dtype", "gives the right values on random"):
            assert title in text, name


def test_two_rows_that_fit_are_told_not_guessed(tmp_path: Path) -> None:
    date = "-"
    path = worksheet(
        tmp_path,
        f"Participant 1,Kim,,Submitted,,10,Yes,{date},{date},",
        f"Participant 2,Kim,,Submitted,,10,Yes,{date},{date},",
    )
    result = Result("kim", Student("Kim"), one().exercises)
    out, left = write_report(Grades([result]), "moodle", {"worksheet": str(path)}, tmp_path)
    assert [row["Grade"] for row in rows_of(out)] == ["", ""]
    assert rows_of(left)[0] == {"Submission": "Kim", "Why": "in several rows"}


# ------------------------------------------------------- a column an exercise; files of feedback


def test_a_column_for_each_exercise_on_demand(tmp_path: Path) -> None:
    grades = sample()
    grades.results[1].exercises[0].excused = True
    grades.results[2].mark = Mark(None, excused=True)
    names = [e.name for e in grades.results[0].exercises]
    path, _ = write_report(grades, "canvas", {"columns": "both", "title": "HW"}, tmp_path)
    top, first, second, third, *_ = rows_of(path)
    assert list(first)[5:] == ["HW", *(f"HW {name}" for name in names)]
    assert top["HW 01_losses"] == "100"
    exercise = grades.results[0].exercises[0]
    worth = 100 * (exercise.earned + exercise.bonus) / exercise.points
    assert float(first["HW 01_losses"]) == pytest.approx(worth, abs=0.01)
    assert second["HW 01_losses"] == "EX" != second["HW 02_scratch"]
    assert set(list(third.values())[5:]) == {"EX"}
    path, _ = write_report(grades, "canvas", {"columns": "exercises", "title": "HW"}, tmp_path)
    assert "HW" not in rows_of(path)[0]
    with pytest.raises(ReportError, match="total, exercises or both"):
        write_report(grades, "canvas", {"columns": "some"}, tmp_path)

    path, _ = write_report(grades, "moodle", {"exercises": "yes"}, tmp_path)
    row, other, *_ = rows_of(path)
    assert set(names) < set(row) and 0 <= float(row["02_scratch"]) <= 100
    assert other["01_losses"] == ""
    with pytest.raises(ReportError, match="leave worksheet"):
        write_report(grades, "moodle", {"exercises": "yes", "worksheet": "w.csv"}, tmp_path)


def moodle_finds(path: Path) -> dict[int, tuple[str, bytes]]:
    """Files by participant, as mod/assign/feedback/file/importziplib.php finds them."""
    found = {}
    with zipfile.ZipFile(path) as archive:
        for name in archive.namelist():
            parts = name.split("/")
            while parts:
                info = parts.pop(0).split("_", 4)
                if len(info) == 5 and info[1].isdecimal():
                    assert info[2:4] == ["assignsubmission", "file"]
                    rest = "/".join([info[4], *parts])
                    found[int(info[1])] = rest, archive.read(name)
                    break
            else:
                raise AssertionError(f"Moodle passes over {name}")
    return found


def test_feedback_files_are_found_by_moodle(tmp_path: Path) -> None:
    grades = sample()
    grades.results[3].student = Student("No_Number", "s9")
    out, left = write_report(grades, "moodle-feedback", folder=tmp_path)
    found = moodle_finds(out)
    assert set(found) == {100 + n for n in range(26) if n != 3}
    assert all(name == "/feedback.html" for name, _ in found.values())
    assert b"Ada Moreau" in found[100][1] and b"test_secret_of" not in found[100][1]
    assert rows_of(left) == [{"Submission": "No_Number", "Why": "its number in Moodle isn't known"}]
    sheet = worksheet(tmp_path, "Participant 7,x,s3@example.org,,,,,,,",
                      "Participant 8,Ada Moreau,s0@example.org,,,,,,,")  # fmt: skip
    grades.results[3].student.email = "s3@example.org"
    grades.results[0].student.id = "s0"
    out, _ = write_report(grades, "moodle-feedback", {"worksheet": str(sheet)}, tmp_path)
    assert set(moodle_finds(out)) == {7, 8}
