"""Submissions in the layouts that students and schools' systems use."""

from __future__ import annotations

import io
import os
import zipfile
from datetime import datetime, timezone
from pathlib import Path

import pytest

from grader.assignment.exercises import find_exercises
from grader.submission import NoSubmissions, Roster, find_submissions
from grader.submission.arrival.times import moment

ROOT = Path(__file__).parents[2]


def test_a_folder_a_student(lay_out, find, answer):
    top = lay_out(
        {
            "ada/losses.py": answer("losses"),
            "béla/exercises/01_losses/losses.py": answer("losses"),
            "béla/exercises/02_scratch/scratch.py": answer("scratch"),
            "chidi/04_fit/fit.py": answer("fit"),
            "nobody/notes.txt": "nothing yet",
            "dora_losses.py": answer("losses"),
            "dora_fit.py": answer("fit"),
            "README.md": "# the class",
        }
    )
    found = find(top)
    assert {name: sorted(s.files) for name, s in found.items()} == {
        "ada": ["losses.py"],
        "béla": ["losses.py", "scratch.py"],
        "chidi": ["fit.py"],
        "dora": ["fit.py", "losses.py"],
        "nobody": [],
    }
    assert "Nothing to grade was found" in found["nobody"].notes[-1]


def test_a_folder_named_like_another_takes_nothing_from_it(tmp_path, answer):
    """In an archive, as not every disk can hold both."""
    with zipfile.ZipFile(tmp_path / "class.zip", "w") as archive:
        archive.writestr("ada/losses.py", answer("losses"))
        archive.writestr("Ada/losses.py", "x = 1\n")
        archive.writestr("boris/losses.py", answer("losses"))
        archive.writestr("Boris_fit.py", answer("fit"))
    found = find_submissions(tmp_path / "class.zip", find_exercises(ROOT / "solutions"))
    assert sorted((len(s.files), s.files["losses.py"] == b"x = 1\n") for s in found) == [
        (1, False), (1, True), (2, False),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "place", ["losses.py", "01_losses/losses.py", "exercises/01_losses/losses.py"]
)
def test_the_path_is_one_submission(lay_out, find, answer, place):
    top = lay_out({place: answer("losses")})
    assert find(top)["class"].files == {"losses.py": answer("losses")}


def test_a_file(lay_out, find, answer):
    top = lay_out({"kim_losses.py": answer("losses"), "losses.py": answer("losses")})
    assert list(find(top / "kim_losses.py")["kim"].files) == ["losses.py"]
    assert list(find(top / "losses.py")["losses"].files) == ["losses.py"]


def test_clones_side_by_side(lay_out, find, answer):
    names = ["anna-kim", "boris", "chen-li"]
    top = lay_out(
        {f"torch26-losses-{n}/exercises/01_losses/losses.py": answer("losses") for n in names}
    )
    found = find(top)
    assert sorted(found) == names
    assert found["anna-kim"].student.login == "anna-kim"


def test_gh_classroom_names_the_folder(tmp_path, find, answer):
    file = tmp_path / "hw-submissions" / "hw-anna-kim" / "losses.py"
    file.parent.mkdir(parents=True)
    file.write_bytes(answer("losses"))
    assert list(find(file.parents[1])) == ["anna-kim"]


def test_numbered_students_are_no_clones(lay_out, find, answer):
    top = lay_out({f"student-{n}/losses.py": answer("losses") for n in (1, 2)})
    assert list(find(top)) == ["student-1", "student-2"]


def test_canvas(lay_out, find, answer):
    top = lay_out(
        {
            "kimanna_12_340_losses.py": "x = 1\n",
            "kimanna_12_340_losses-1.py": answer("losses"),
            "kimanna_12_340_fit-2.py": answer("fit"),
            "leebora_LATE_13_341_losses.py": answer("losses"),
            "parkchan_14_342_report.pdf": b"%PDF-1.7",
        }
    )
    found = find(top)
    assert found["kimanna"].files == {"losses.py": answer("losses"), "fit.py": answer("fit")}
    assert found["kimanna"].student.id == "12"
    assert "losses.py: skipped, because losses-1.py is newer." in found["kimanna"].notes
    assert [s.late for s in found.values()] == [False, True, False]
    assert "Handed in late." in found["leebora"].notes
    assert not found["parkchan"].files
    assert found["parkchan"].notes


def test_moodle(lay_out, find, answer):
    top = lay_out(
        {
            "Anna Kim_123_assignsubmission_file_/losses.py": answer("losses"),
            "Anna Kim_124_assignsubmission_file_/losses.py": answer("losses"),
            "Bora O_Lee_125_assignsubmission_file_fit.py": answer("fit"),
            "Bora O_Lee_125_assignsubmission_onlinetext_/onlinetext.html": "<p>hi</p>",
        }
    )
    found = find(top)
    assert {n: (s.student.name, s.student.id) for n, s in found.items()} == {
        "Anna Kim": ("Anna Kim", "123"),
        "Anna Kim (2)": ("Anna Kim", "124"),
        "Bora O_Lee": ("Bora O_Lee", "125"),
    }
    assert all(s.files for s in found.values())


METADATA = """\
---
submission_11:
  :submitters:
  - :name: Anna Kim
    :sid: '0042'
    :email: anna@x.edu
  :created_at: 2026-09-26 17:34:00.861687000 Z
  :results:
    tests:
    - output: |-
        :submitters:
        - :name: Mallory
          :email: m@x.edu
submission_12:
  :submitters:
  - :name: "Bora \\u00d6"
    :email: bora@x.edu
  - :name: 'Chan O''Neil'
    :sid: 7
submission_13:
  :submitters: []
"""


def test_gradescope(lay_out, find, answer):
    export = "assignment_1_export/"
    top = lay_out(
        {
            f"{export}submission_metadata.yml": METADATA,
            f"{export}submission_11/losses.py": answer("losses"),
            f"{export}submission_12/losses.py": answer("losses"),
            f"{export}submission_13/losses.py": answer("losses"),
        }
    )
    found = find(top)
    assert found == find(top / "assignment_1_export")
    students = {n: s.student and (s.student.id, s.student.email) for n, s in found.items()}
    assert students == {
        "Anna Kim": ("0042", "anna@x.edu"),
        "Bora Ö": ("", "bora@x.edu"),
        "Chan O'Neil": ("7", ""),
        "submission_13": None,
    }
    assert "Handed in together by 2 students." in found["Bora Ö"].notes


def test_nbgrader(lay_out, find, answer):
    top = lay_out(
        {
            "submitted/ada/hw1/losses.py": answer("losses"),
            "submitted/ada/hw1/timestamp.txt": "2026-10-01 10:00:00 UTC",
            "submitted/ben/hw2/fit.py": answer("fit"),
            "source/hw1/losses.py": "",
            "release/hw1/losses.py": "",
            "gradebook.db": b"\0",
        }
    )
    assert {n: list(s.files) for n, s in find(top).items()} == {
        "ada": ["losses.py"],
        "ben": ["fit.py"],
    }
    assert find(top) == find(top / "submitted")


def test_the_newest_wins(lay_out, find, answer):
    top = lay_out({"kim/a/losses.py": "x = 1\n", "kim/b/losses.py": answer("losses")})
    for age, folder in ((1e9, "a"), (1e9 - 10, "b")):
        os.utime(top / "kim" / folder / "losses.py", (age, age))
    both_answer = top / "kim" / "a" / "losses.py"
    both_answer.write_text("def nll(input, target):\n    return 0\n")
    os.utime(both_answer, (1e9, 1e9))
    kim = find(top)["kim"]
    assert b"return 0" in kim.files["losses.py"]
    assert kim.notes == ["b/losses.py: skipped, because a/losses.py is newer."]


def test_a_stub_never_beats_an_answer(lay_out, find, answer, stub):
    top = lay_out(
        {
            "kim/exercises/01_losses/losses.py": stub("losses"),
            "kim/my losses (2).py": answer("losses"),
        }
    )
    kim = find(top)["kim"]
    assert kim.files == {"losses.py": answer("losses")}
    assert kim.notes == ["my losses (2).py: taken as losses.py."]


@pytest.mark.parametrize(
    "name",
    [
        "Losses.py",
        "losses (1).py",
        "losses-1.py",
        "losses.py.txt",
        "01_losses.py",
        "losses - Copy.py",
    ],
)
def test_names_that_mean_the_exercise(lay_out, find, answer, name):
    assert find(lay_out({f"kim/{name}": answer("losses")}))["kim"].files == {
        "losses.py": answer("losses")
    }


def test_any_name_that_defines_the_targets(lay_out, find, answer):
    kim = find(lay_out({"kim/homework.py": answer("losses")}))["kim"]
    assert list(kim.files) == ["losses.py"]
    assert kim.notes == ["homework.py: taken as losses.py."]


def test_helpers_come_along_and_junk_stays(lay_out, find, answer):
    top = lay_out(
        {
            "kim/losses.py": answer("losses"),
            "kim/utils.py": "A = 1\n",
            "kim/deep/utils.py": "A = 2\n",
            "kim/test_losses.py": "assert False\n",
            "kim/conftest.py": "",
            "kim/my notes.py": "",
            "kim/.venv/lib/losses.py": "",
            "kim/any name/pyvenv.cfg": "",
            "kim/any name/losses.py": "",
            "kim/__pycache__/losses.py": "",
            "kim/__MACOSX/._losses.py": "",
            "kim/.ipynb_checkpoints/losses.ipynb": "",
            "kim/._losses.py": b"\0",
        }
    )
    kim = find(top)["kim"]
    assert kim.files == {"losses.py": answer("losses"), "utils.py": b"A = 1\n"}
    assert kim.notes == [
        "my notes.py: skipped, because Python can't import it.",
        "deep/utils.py: skipped, because there is another file of that name.",
    ]


def test_single_takes_anything_as_one_submission(lay_out, find):
    top = lay_out({"report.pdf": b"%PDF"})
    only = find(top, single=True)["class"]
    assert not only.files
    assert "Nothing to grade" in only.notes[0]
    with pytest.raises(NoSubmissions):
        find(top)


def test_nothing_there(tmp_path: Path, exercises) -> None:
    with pytest.raises(NoSubmissions, match="no such file"):
        find_submissions(tmp_path / "missing", exercises)
    with pytest.raises(NoSubmissions, match="A submission is a folder"):
        find_submissions(tmp_path, exercises)


def test_the_instructors_own_scripts_are_nobody(lay_out, find, answer):
    top = lay_out({"download.py": "import requests\n", "kim/losses.py": answer("losses")})
    assert list(find(top)) == ["kim"]


def test_canvas_keeps_the_attempts_that_arrive_together(lay_out, find, answer):
    found = find(
        lay_out(
            {
                "leebora_11_21_losses.py": answer("losses"),
                "leebora_11_22_losses-1.py": answer("losses") + b"# again\n",
                "leebora_11_21_fit.py": answer("fit"),
                "kimmin_12_23_losses-2.py": answer("losses"),
            }
        )
    )
    assert set(found) == {"leebora", "kimmin"}
    [before] = found["leebora"].earlier
    assert set(before.files) == set(found["leebora"].files) == {"losses.py", "fit.py"}
    assert before.files["losses.py"] != found["leebora"].files["losses.py"]
    assert found["kimmin"].earlier == ()


def test_when_it_was_handed_in_comes_from_whoever_knows(lay_out, find, answer, tmp_path):
    day = "2026-11-20T10:00:00+00:00"
    at = {
        "submission_1:\n  :submitters:\n  - :name: Kim\n    :sid: '1'\n"
        "  :created_at: 2026-11-20 11:00:00.123456789 +01:00\n  :results:\n"
        "    :created_at: 1999-01-01 00:00:00 Z\n": "Gradescope",
    }
    [metadata] = at
    top = lay_out({"submission_metadata.yml": metadata, "submission_1/losses.py": answer("losses")})
    [kim] = find(top).values()
    assert kim.submitted.isoformat() == day and kim.time_source == "Gradescope"

    worksheet = tmp_path / "sheet.csv"
    worksheet.write_text(
        "Identifier,Full name,Email address,Last modified (submission)\n"
        'Participant 7,Kim Lee,k@example.org,"Friday, 20 November 2026, 10:00 AM"\n'
    )
    top = tmp_path / "moodle"
    file = top / "Kim Lee_7_assignsubmission_file_" / "losses.py"
    file.parent.mkdir(parents=True)
    file.write_bytes(answer("losses"))
    [kim] = find_submissions(top, find_exercises(ROOT / "solutions"), Roster.read(worksheet))
    assert kim.submitted == datetime(2026, 11, 20, 10).astimezone()
    assert (kim.time_source, kim.student.email) == ("Moodle's worksheet", "k@example.org")

    os.utime(file, (1_700_000_000, 1_700_000_000))
    [kim] = find(top).values()
    assert (kim.submitted.timestamp(), kim.time_source) == (1_700_000_000, "the files' own times")


@pytest.mark.parametrize(
    ("text", "hour"),
    [
        ("2026-11-20 10:00:00.948203 UTC", 10),
        ("2026-11-20T10:00Z", 10),
        ("2026-11-20 10:00:00 +0100", 9),
        ("2026-11-20 10:00:00 America/New_York", 15),
        ("Friday, 20 November 2026, 10:00 AM", None),
        ("20 November 2026, 22:00", None),
    ],
)
def test_a_moment_is_read_as_platforms_write_it(text, hour):
    when = moment(text)
    assert when is not None and when.year == 2026
    assert hour is None or when.astimezone(timezone.utc).hour == hour


@pytest.mark.parametrize(
    "text",
    ["", "yesterday", "2026-99-20 10:00:00 UTC", "2026-11-20 10:00:00 ../../etc/passwd",
     "2026-11-20 10:00:00 Mars/Olympus", "Freitag, 20. November 2026, 10:00"],
)  # fmt: skip
def test_what_is_no_moment_is_none(text):
    assert moment(text) is None


def packed(files: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return out.getvalue()


def test_an_archive_of_everyone_beside_others_is_split(lay_out, find, answer):
    losses = answer("losses")
    everyone = packed({f"{name}/losses.py": losses for name in ("ann", "bob")})
    moodle = packed(
        {
            f"{who}_{n}_assignsubmission_file_/losses.py": losses
            for n, who in ((1, "Eva"), (2, "Fay"))
        }
    )
    versions = packed({"v1/losses.py": losses, "v2/losses.py": losses})
    top = lay_out(
        {
            "everyone.zip": everyone,
            "CS101-hw1.zip": moodle,
            "cyd.zip": versions,
            "dan.zip": packed({"dan/exercises/01_losses/losses.py": losses}),
            "gus.zip": b"no archive",
        }
    )
    found = find(top)
    assert sorted(found) == ["Eva", "Fay", "ann", "bob", "cyd", "dan", "gus"]
    assert all(found[name].files for name in found if name != "gus")
    assert found["Eva"].student.id == "1"
