"""A damaged gradebook, a full disk, results of the run before: nothing that was graded is lost."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
import tiny

from grader.grading import gradebook, reserve
from grader.grading.damage import set_aside
from grader.grading.gradebook import Gradebook, GradebookError
from grader.result import Result


@pytest.fixture
def kit(tmp_path: Path) -> Path:
    tiny.write_assignment(tmp_path)
    for name in ("ann", "bob"):
        (tmp_path / "class" / name).mkdir(parents=True)
        (tmp_path / "class" / name / "double.py").write_text(tiny.answer("x + x"))
    return tmp_path


def damage(book: Path) -> bytes:
    """Overwrite the pages after the first with nonsense."""
    content = bytearray(book.read_bytes())
    content[4096:] = os.urandom(len(content) - 4096)
    book.write_bytes(content)
    return bytes(content)


def names(kit: Path) -> list[str]:
    grades = json.loads((kit / "grades" / "results.json").read_text())
    return [result["submission"] for result in grades["results"]]


def test_a_damaged_gradebook_is_kept_and_a_new_one_is_begun(kit, grader):
    assert grader(kit, "grade", "class").returncode == 0
    book = kit / "grades" / "gradebook.sqlite"
    content = damage(book)
    done = grader(kit, "grade", "class")
    assert done.returncode == 0
    assert "The gradebook was damaged. It is kept as gradebook-damaged-1.sqlite" in done.stderr
    assert (kit / "grades" / "gradebook-damaged-1.sqlite").read_bytes() == content
    assert names(kit) == ["ann", "bob"]
    damage(book)
    assert set_aside(book) == kit / "grades" / "gradebook-damaged-2.sqlite"
    assert set_aside(book) is None, "there is none now"


@pytest.mark.parametrize(
    "command",
    [["show", "ann"], ["stats"], ["similar"], ["note", "ann", "--score", "1"], ["regrade"]],
    ids=lambda words: words[0],
)
def test_what_reads_a_damaged_gradebook_says_what_to_do(kit, grader, command):
    with Gradebook(kit / "grades" / "gradebook.sqlite"):
        pass
    content = damage(kit / "grades" / "gradebook.sqlite")
    said = grader(kit, *command)
    assert said.returncode == 2
    assert "is damaged. Put a copy of it back, or grade the submissions again" in said.stderr
    assert (kit / "grades" / "gradebook.sqlite").read_bytes() == content


def test_a_sound_gradebook_stays(tmp_path):
    book = tmp_path / "gradebook.sqlite"
    with Gradebook(book):
        pass
    assert set_aside(book) is None
    assert book.is_file()


def test_grading_with_a_seed_goes_on_where_that_seed_was_left(kit, grader):
    assert grader(kit, "grade", "class", "--seed", "1").returncode == 0
    assert "2 of 2 were graded before" in grader(kit, "grade", "class", "--seed", "1").stderr
    assert "(graded with another seed)" in grader(kit, "grade", "class", "--seed", "2").stderr


def test_a_result_that_cannot_be_written_down_ends_the_run_with_3(kit, grader, monkeypatch):
    """As on a full disk: what was graded is reported, and what the run before had is kept."""
    assert grader(kit, "grade", "class").returncode == 0
    before = (kit / "grades" / "results.json").read_bytes()
    freed: list[bool] = []

    def give_back(self: reserve.Reserve) -> None:
        freed.append(True)

    def add(self: Gradebook, result: Result, *about: object) -> None:
        raise GradebookError("a result could not be written down: disk is full")

    with monkeypatch.context() as patch:
        patch.setattr(reserve.Reserve, "give_back", give_back)
        patch.setattr(gradebook.Gradebook, "add", add)
        done = grader(kit, "grade", "class", "--regrade")
    assert done.returncode == 3
    assert "disk is full): 1 of 2 graded" in done.stderr
    assert len(freed) >= 2, "the room was given back before it was tried once more"
    assert (kit / "grades" / "results.json").read_bytes() == before
    assert "1 submission." in done.stdout
