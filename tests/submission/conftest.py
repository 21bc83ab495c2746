"""What the tests of `submission` share: the exercises, right answers, and files on disk."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from grader.assignment.exercises import Exercise, find_exercises
from grader.submission import Roster, Submission, find_submissions

ROOT = Path(__file__).parents[2]
LayOut = Callable[[dict[str, bytes | str]], Path]
Find = Callable[..., dict[str, Submission]]


@pytest.fixture(scope="session")
def exercises() -> list[Exercise]:
    return find_exercises(ROOT / "solutions")


@pytest.fixture(scope="session")
def answer() -> Callable[[str], bytes]:
    """The right answer to an exercise, by its module's name."""
    files = {e.module: e.file for e in find_exercises(ROOT / "solutions")}
    return lambda module: files[module].read_bytes()


@pytest.fixture(scope="session")
def stub() -> Callable[[str], bytes]:
    """The stub file that students are given, by its module's name."""
    files = {e.module: e.file for e in find_exercises(ROOT / "exercises")}
    return lambda module: files[module].read_bytes()


@pytest.fixture
def lay_out(tmp_path: Path) -> LayOut:
    """Writes files by path below a folder `class`."""

    def write(files: dict[str, bytes | str]) -> Path:
        top = tmp_path / "class"
        for name, content in files.items():
            path = top / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content.encode() if isinstance(content, str) else content)
        return top

    return write


@pytest.fixture
def find(exercises: list[Exercise]) -> Find:
    """The submissions at a path, by name."""

    def by_name(path: Path, roster: Roster | None = None, **options: bool) -> dict[str, Submission]:
        found = find_submissions(path, exercises, roster, **options)
        named = {submission.name: submission for submission in found}
        assert len(named) == len(found), "names are distinct"
        return named

    return by_name
