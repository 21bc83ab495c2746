"""Whose a submission is, by the class list."""

from __future__ import annotations

import pytest

from grader.result import Student
from grader.submission import Roster, RosterError

ROSTER = """\
Name,Student ID,GitHub username,E-mail,Section
"Kim, Anna",2024001,annakim,anna@x.edu,A
Bora Lee,2024002,bora-lee,b.lee@x.edu,A
José Ñandú,2024003,,jn@x.edu,B
Chan Park,2024004,cp,chan@x.edu,B
Chan Park,2024005,cp2,chan2@x.edu,B
=cmd(),2024006,evil,e@x.edu,B
"""


@pytest.fixture
def roster(tmp_path):
    path = tmp_path / "roster.csv"
    path.write_text(ROSTER, encoding="utf-8-sig")
    return Roster.read(path)


@pytest.mark.parametrize(
    ("folder", "student"),
    [
        ("2024001", "2024001"),
        ("annakim", "2024001"),
        ("Anna Kim", "2024001"),
        ("kimanna", "2024001"),
        ("kim_anna", "2024001"),
        ("anna@x.edu", "2024001"),
        ("torch-losses-bora-lee", "2024002"),
        ("Bora_Lee", "2024002"),
        ("b.lee", "2024002"),
        ("jose nandu", "2024003"),
        ("cp", "2024004"),
        ("Chan Park", None),  # two of them
        ("somebody", None),
    ],
)
def test_by_whatever_the_folder_says(lay_out, find, answer, roster, folder, student):
    (submission,) = find(lay_out({f"{folder}/losses.py": answer("losses")}), roster).values()
    assert (submission.student and submission.student.id) == student
    nobody, missing = roster.unmatched([submission])
    assert (nobody, len(missing)) == (([], 5) if student else ([folder], 6))


def test_a_download_knows_more_than_the_folder(lay_out, find, answer, roster):
    found = find(
        lay_out({"Anna Kim_77_assignsubmission_file_/losses.py": answer("losses")}), roster
    )
    assert found["Anna Kim"].student == Student(
        "Kim, Anna", "2024001", "annakim", "anna@x.edu", "A"
    )


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "cp949", "utf-16"])
def test_any_table(tmp_path, delimiter, encoding):
    path = tmp_path / "명단.csv"
    path.write_text(
        delimiter.join(["이름", "학번"]) + "\n" + delimiter.join(["김안나", "7"]), encoding
    )
    assert Roster.read(path).students == [Student("김안나", "7")]


def test_canvas_gradebook_as_roster(tmp_path):
    path = tmp_path / "grades.csv"
    path.write_text(
        "Student,ID,SIS User ID,SIS Login ID,Section\n"
        '"    Points Possible",,,,\n"Kim, Anna",12,a1,akim,S\n'
    )
    roster = Roster.read(path)
    assert roster.students == [Student("Kim, Anna", "12", "akim", "", "S")]
    assert roster.match(None, "a1") == roster.students[0]


@pytest.mark.parametrize(
    "content", [b"", b"a,b\n1,2\n", b"\0\1\2", b'name\n"open', b"name\n" + b"x" * 200_000]
)
def test_no_roster(tmp_path, content):
    path = tmp_path / "roster.csv"
    path.write_bytes(content)
    with pytest.raises(RosterError, match=r"roster"):
        Roster.read(path)
    with pytest.raises(RosterError):
        Roster.read(tmp_path / "missing.csv")
