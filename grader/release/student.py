"""The students' repository: exercises, notebooks, data, the machinery, CI, and no secrets."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Sequence
from importlib import resources
from pathlib import Path

from grader.assignment.exercises import DATA, find_exercises
from grader.grading.secrets import leaks
from grader.release.hints import HomeHints, write_desks

FILES = ("constraints.txt", "LICENSE")
TEMPLATES = {
    "student-readme.md": "README.md",
    "gitignore": ".gitignore",
    "action.yml": ".github/actions/grade/action.yml",
    "workflow.yml": ".github/workflows/grade.yml",
}
PICTURES = "pictures.py"  # what draws the lessons' pictures; students get the pictures
# In that repository, `pytest` runs the exercises. The project's own tests aren't there.
PYTEST = ('testpaths = ["tests"]', 'testpaths = ["exercises"]')
JUNK = ("__pycache__", "*.pyc", ".*_cache", ".ipynb_checkpoints", "*.egg-info", ".DS_Store")


class ReleaseError(Exception):
    """It can't be released as asked. The message says why, and what to do."""


def release(
    root: Path, solutions: Path, out: Path, told: Callable[[Path], Sequence[HomeHints]]
) -> list[str]:
    """Write the students' repository to `out`, which must be new or empty. Returns its files.

    `told` is given its folder `exercises/` and returns the hints for home.
    Raises `ReleaseError`, and leaves nothing behind, if something secret would be in it.
    """
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise ReleaseError(f"{out} isn't empty. Name a new folder.")
    if not find_exercises(root / "exercises"):
        raise ReleaseError(f"There are no exercises in {root / 'exercises'}.")
    out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=out.parent, prefix=".release-") as folder:
        made = Path(folder) / out.name
        _write(root, made)
        _refuse_leaks(root, solutions, made)  # before the hints, which take their time
        write_desks(made / "exercises", told(made / "exercises"))
        _refuse_leaks(root, solutions, made / "exercises")
        if out.exists():
            out.rmdir()
        made.replace(out)
    return sorted(p.relative_to(out).as_posix() for p in out.rglob("*") if p.is_file())


def _refuse_leaks(root: Path, solutions: Path, shipped: Path) -> None:
    found = sorted(set(leaks(find_exercises(solutions), root / "exercises", [shipped])))
    if found:
        raise ReleaseError("Something secret would be released:\n  " + "\n  ".join(found))


def _write(root: Path, out: Path) -> None:
    shutil.copytree(root / "grader", out / "grader", ignore=shutil.ignore_patterns(*JUNK))
    # Notebooks are generated again.
    sources = shutil.ignore_patterns(*JUNK, PICTURES, "*.ipynb")
    shutil.copytree(root / "exercises", out / "exercises", ignore=sources)
    from grader.release.notebooks import notebook_of  # few commands need nbformat

    for exercise in find_exercises(root / "exercises"):
        book = out / "exercises" / exercise.name / f"{exercise.module}.ipynb"
        book.write_text(notebook_of(exercise), encoding="utf-8", newline="\n")
    for file in FILES:
        shutil.copy(root / file, out / file)
    project = (root / "pyproject.toml").read_text("utf-8").replace(*PYTEST)
    (out / "pyproject.toml").write_text(project, encoding="utf-8", newline="\n")
    (out / "data").mkdir()
    for file in ("README.md", *DATA):
        shutil.copy(root / "data" / file, out / "data" / file)
    for name, place in TEMPLATES.items():
        path = out / place
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(template(name))


def template(name: str) -> bytes:
    """The content of a template, a file for others' repositories."""
    return resources.files("grader.release").joinpath("templates", name).read_bytes()
