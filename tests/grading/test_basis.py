"""What a grade rests on: by exercise, and comments count for nothing."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import tiny

from grader.assignment.exercises import Exercise, find_exercises
from grader.grading import basis
from grader.grading.basis import Grounds, files_digest
from grader.submission import Submission

RIGHT = tiny.answer("2 * x").encode()


@pytest.fixture
def root(tmp_path: Path) -> Path:
    tiny.write_assignment(tmp_path)
    tiny.write_second(tmp_path)
    return tmp_path


def bases(root: Path, **files: bytes) -> dict[str, basis.Basis]:
    files = files or {"double": RIGHT, "again": RIGHT}
    submission = Submission("ann", {f"{name}.py": content for name, content in files.items()})
    return Grounds(find_exercises(root / "solutions"), "limits").of(submission)


def edit(file: Path, change: Callable[[str], str]) -> None:
    file.write_text(change(file.read_text("utf-8")), "utf-8")


def test_a_comment_in_a_suite_changes_nothing_and_a_test_changes_its_exercise_only(root):
    before = bases(root)
    suite = root / "solutions/02_again/test_again.py"
    edit(suite, lambda text: text.replace("import torch\n", "# new\nimport   torch\n"))
    assert bases(root) == before
    edit(suite, lambda text: text.replace("points(3)", "points(4)"))
    after = bases(root)
    assert after["01_double"] == before["01_double"]
    assert after["02_again"].changes(before["02_again"]) == ["its suite or reference"]


def test_the_reference_counts_and_mistakes_do_not(root):
    before = bases(root)
    edit(root / "solutions/01_double/mistakes.py", lambda text: text.replace("seven", "eight"))
    (root / "solutions/01_double/README.md").write_text("notes")
    assert bases(root) == before
    edit(root / "solutions/01_double/double.py", lambda text: text.replace("x + x", "2 * x"))
    assert bases(root)["01_double"].suite != before["01_double"].suite


def test_what_all_suites_share_counts_for_each(root):
    before = bases(root)
    (root / "solutions" / "conftest.py").write_text("x = 1\n")
    after = bases(root)
    assert all(after[name].suite != before[name].suite for name in before)


def exercise(root: Path) -> Exercise:
    return find_exercises(root / "solutions")[0]


def digest(root: Path, **files: str) -> str:
    made = {f"{name}.py": text.encode() for name, text in files.items()}
    return files_digest(Submission("ann", made), exercise(root))


def test_only_files_that_an_exercise_can_reach_count(root):
    plain = digest(root, double="import math\n", again="1")
    assert digest(root, double="import math\n", again="2") == plain
    assert digest(root, double="import math \n", again="2") != plain
    through = {"double": "from helper import f\n", "helper": "import more"}
    assert digest(root, **through, more="1") != digest(root, **through, more="2")
    assert digest(root, **through, more="1", other="1") == digest(root, **through, more="1")


@pytest.mark.parametrize(
    "source",
    ["__import__('again')", "import importlib", "exec(open('again.py').read())", "def (broken"],
)
def test_where_it_cannot_be_told_every_file_counts(root, source):
    assert digest(root, double=source, again="1") != digest(root, double=source, again="2")


def test_the_cells_that_a_file_was_cut_from_count(root):
    files = {"double.py": RIGHT}
    one, other = ({"double.py": [(cell, 1)]} for cell in (1, 2))
    first = files_digest(Submission("ann", files, cells=one), exercise(root))
    assert first != files_digest(Submission("ann", files, cells=other), exercise(root))


def test_the_graders_code_torch_the_data_and_limits_count(root, tmp_path, monkeypatch):
    exercises = find_exercises(root / "solutions")
    assert Grounds(exercises, "a")._limits != Grounds(exercises, "b")._limits
    digest_now = basis.machinery_digest.__wrapped__
    before = digest_now()
    assert digest_now() == before
    with monkeypatch.context() as patch:
        patch.setattr(basis, "data_folder", lambda: tmp_path / "data")
        assert digest_now() != before
    with monkeypatch.context() as patch:
        version = basis._version
        patch.setattr(basis, "_version", lambda name: "99" if name == "torch" else version(name))
        assert digest_now() != before
    with monkeypatch.context() as patch:
        patch.setattr(basis, "ROOMS", ("suite",))
        assert digest_now() != before
