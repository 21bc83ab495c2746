"""Every report, written as the command line does it."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest
from made_up_class import DETAIL, MISTAKE, SECRET, one, sample

from grader.report import (
    Format,
    ReportError,
    check_orders,
    find_formats,
    report_failure,
    write_report,
)
from grader.report.files import file_stems
from grader.result import ExerciseResult, Grades, Outcome, Result, Student, TestResult

FORMATS = list(find_formats().values())
ONE_ONLY = [kind.name for kind in FORMATS if kind.single]
SAYS_SO = "Holds no secret."
FOR_STUDENTS = [kind.name for kind in FORMATS if kind.help.endswith(SAYS_SO)]


def written(name: str, grades: Grades, folder: Path) -> str:
    """All that a report writes, as one text."""
    runs = [Grades([r]) for r in grades.results] if name in ONE_ONLY else [grades]
    texts = []
    for number, run in enumerate(runs):
        for path in write_report(run, name, folder=folder / str(number)):
            if path.suffix == ".zip":
                with zipfile.ZipFile(path) as archive:
                    texts += [archive.read(n).decode("utf-8") for n in archive.namelist()]
            else:
                texts.append(path.read_text(encoding="utf-8"))
    return "\n".join(texts)


@pytest.mark.parametrize("kind", FORMATS, ids=lambda kind: kind.name)
def test_every_format_writes_what_it_says_and_leaves_nothing_else(
    kind: Format, tmp_path: Path
) -> None:
    assert kind.help.endswith(SAYS_SO) != ("instructors" in kind.help)
    grades = Grades([one()]) if kind.name in ONE_ONLY else sample()
    paths = write_report(grades, kind.name, folder=tmp_path)
    assert paths
    assert set(paths) == {path for path in tmp_path.rglob("*") if path.is_file()}


def test_a_path_of_ones_own(tmp_path: Path) -> None:
    wanted = tmp_path / "deep" / "grades of mine.csv"
    assert write_report(sample(), f"csv={wanted}") == [wanted]


@pytest.mark.parametrize(
    ("order", "options", "says"),
    [
        ("excel", {}, "There is no report 'excel'. There are: canvas"),
        ("canvas", {"titel": "x"}, "no option 'titel'. It has: title"),
        ("canvas", {"points": "many"}, "points=many: give a number above 0"),
        ("canvas", {"bonus": "maybe"}, "bonus=maybe: give yes or no"),
        ("canvas", {"title": "Final Score"}, "Canvas keeps such titles"),
        ("gradescope", {"visibility": "no"}, "give one of visible"),
        ("classroom", {}, "this run has 26"),
        ("moodle", {"worksheet": "nowhere.csv"}, "could not be read"),
        ("moodle-feedback", {"worksheet": "nowhere.csv"}, "could not be read"),
        ("table", {"width": "wide"}, "width=wide: give a number of columns"),
    ],
)
def test_what_cannot_be_written_says_what_to_do(
    order: str, options: dict[str, str], says: str, tmp_path: Path
) -> None:
    grades = Grades([one()]) if order == "gradescope" else sample()
    with pytest.raises(ReportError, match=r"^[^\n]+$") as caught:
        write_report(grades, order, options, tmp_path)
    assert says in str(caught.value)
    assert not list(tmp_path.iterdir())


def test_a_report_for_one_submission_is_refused_before_a_class_is_graded() -> None:
    for kind in FORMATS:
        check_orders([kind.name, f"{kind.name}=x"], 1)
        if kind.single:
            with pytest.raises(ReportError, match="is for one submission; this run has 2"):
                check_orders(["csv", f"{kind.name}=x"], 2)
        else:
            check_orders([kind.name], 2)


def test_a_report_that_lacks_what_it_needs_is_refused_before_grading(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("SUBMISSION_TAG")
    with pytest.raises(ReportError, match="Not in the environment: SUBMISSION_TAG"):
        check_orders(["csv", "classroom50"], 1)


def test_a_folder_in_the_way_is_an_error_with_a_reason(tmp_path: Path) -> None:
    with pytest.raises(ReportError, match="could not be written to"):
        write_report(sample(), f"csv={tmp_path}")
    assert not list(tmp_path.glob(".*"))


@pytest.mark.parametrize("name", FOR_STUDENTS)
def test_nothing_for_students_holds_a_secret(name: str, tmp_path: Path) -> None:
    grades = sample()
    if name == "moodle":
        grades.results[-1].fault = ""  # why someone was left out is for the instructor
    text = written(name, grades, tmp_path)
    for secret in (SECRET, DETAIL, MISTAKE, "/opt/grader"):
        assert secret not in text, secret


@pytest.mark.parametrize("name", FOR_STUDENTS)
def test_a_test_without_a_docstring_does_not_show_its_name(name: str, tmp_path: Path) -> None:
    test = TestResult("test_nll_hidden[0]", "nll", "test_nll_hidden[0]", Outcome.FAILED, 1)
    exercises = [ExerciseResult("01_losses", [test])]
    grades = Grades([Result("kim", Student("Kim", "7"), exercises)])
    text = written(name, grades, tmp_path)
    assert "nll_hidden" not in text
    assert "A test of nll" in text


@pytest.mark.parametrize("name", ["json", "csv", "html", "table", "feedback", "gradescope"])
def test_ten_notes_are_shown_and_the_rest_counted(name: str, tmp_path: Path) -> None:
    for count, shown in ((10, 10), (17, 9)):
        kim = one()
        kim.notes = [f"note{n:02}" for n in range(count)]
        text = written(name, Grades([kim]), tmp_path / str(count))
        assert {note in text for note in kim.notes[:shown]} == {True}
        assert not any(note in text for note in kim.notes[shown:])
        assert ("… and 8 more." in text) == (count == 17)


@pytest.mark.parametrize("name", ["html", "csv", "json"])
def test_instructors_are_told_all(name: str, tmp_path: Path) -> None:
    (path,) = write_report(
        sample(), name, {"rows": "tests"} if name == "csv" else {}, folder=tmp_path
    )
    text = path.read_text(encoding="utf-8")
    for secret in (SECRET, DETAIL, MISTAKE):
        assert secret in text


@pytest.mark.parametrize("kind", FORMATS, ids=lambda kind: kind.name)
def test_an_ungraded_submission_never_has_a_score(kind: Format, tmp_path: Path) -> None:
    """A score of 0 and no score look different in every report."""
    zero, fault = sample().results[-2:]
    assert zero.total == 0
    assert fault.total is None
    texts = [written(kind.name, Grades([result]), tmp_path) for result in (zero, fault)]
    assert "ot graded" in texts[1] or '"fault"' in texts[1]
    assert "0 of 100" not in texts[1]


def test_names_of_files_are_safe_and_differ() -> None:
    names = [
        "../../etc/passwd",
        "con",
        "a/b",
        "A_B",
        "a:b",
        "",
        ".",
        "x" * 300,
        "김하늘",
        "\x1b[1m",
    ]
    stems = file_stems([*names, "NUL.txt", "a b "])
    assert len({stem.casefold() for stem in stems}) == len(stems)
    for stem in stems:
        assert stem == Path(stem).name
        assert not set(stem) & set('<>:"/\\|?*\x1b ')
        assert stem.casefold() not in ("con", "nul.txt")
        assert not stem.startswith(".")
    assert "김하늘" in stems


@pytest.mark.parametrize("kind", FORMATS, ids=lambda kind: kind.name)
def test_a_run_that_could_not_grade_says_so_where_somebody_waits(
    kind: Format, tmp_path: Path
) -> None:
    paths = report_failure("The sandbox\ndied.", kind.name, tmp_path)
    assert bool(paths) == (kind.name in ("junit", *ONE_ONLY))
    if paths:
        assert "died." in paths[0].read_text(encoding="utf-8")
