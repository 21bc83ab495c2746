"""Whatever arrives becomes a Submission: the files of one student, by name."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

MAX_FILE = 1 << 20
MAX_FILES = 200
MAX_ENTRIES = 20_000
JUNK = {
    "__pycache__", "__MACOSX", ".git", ".venv", "venv", "env", "node_modules", "site-packages",
    ".ipynb_checkpoints", ".pytest_cache", ".idea", ".vscode", "data", "grader", "solutions",
}  # fmt: skip


class NoSubmissions(ValueError):
    """Nothing at this path can be graded."""


@dataclass(frozen=True)
class Submission:
    """`files`: what lies in the sandbox's work folder. `notes`: what was odd, for the student."""

    name: str
    files: dict[str, bytes]
    notes: list[str] = field(default_factory=list)

    @property
    def digest(self) -> str:
        """Changes when the files do."""
        total = hashlib.sha256()
        for name, content in sorted(self.files.items()):
            total.update(f"{name}\0{len(content)}\0".encode("utf-8", "replace") + content)
        return total.hexdigest()


def find_submissions(path: Path, modules: Iterable[str]) -> list[Submission]:
    """The submissions at `path`: itself one, or a folder of them.

    `modules` are the names of the exercise files without `.py`. A submission is a folder that holds
    some of them, in the kit's layout or flat, or one such file. Raises `NoSubmissions` with what to
    do where there is none.
    """
    names = tuple(modules)
    if path.is_file():
        return [_single(path, names)]
    if not path.is_dir():
        raise NoSubmissions(f"{path}: there is no such file or folder.")
    if any(_module_of(file, names) for file in _own_files(path)):
        return [_folder(path, names)]
    found: list[Submission] = []
    for entry in sorted(path.iterdir()):
        if entry.name in JUNK or entry.name.startswith(".") or entry.is_symlink():
            continue
        if entry.is_dir():
            found.append(_folder(entry, names))
        elif entry.suffix == ".py" and _module_in_name(entry.stem, names):
            found.append(_single(entry, names))
    if not found:
        raise NoSubmissions(
            f"{path}: no submission in it. A submission is a folder that holds some of "
            f"{', '.join(f'{n}.py' for n in names)}, or one such file."
        )
    return found


def _single(path: Path, modules: tuple[str, ...]) -> Submission:
    """One file: named as the exercise's, or ending so (`kim_losses.py`)."""
    module = _module_in_name(path.stem, modules)
    if path.suffix != ".py" or not module:
        raise NoSubmissions(
            f"{path}: not an exercise's file. Expected one of {', '.join(f'{n}.py' for n in modules)}."
        )
    files: dict[str, bytes] = {}
    notes: list[str] = []
    _take(path, f"{module}.py", files, notes)
    name = path.stem if path.stem == module else path.stem[: -len(module)].rstrip("_- ")
    return Submission(name, files, notes)


def _folder(path: Path, modules: tuple[str, ...]) -> Submission:
    files: dict[str, bytes] = {}
    notes: list[str] = []
    helpers: list[Path] = []
    for file in _files(path, notes):
        module = _module_of(file, modules)
        if module is None:
            helpers.append(file)
        elif f"{module}.py" in files:
            notes.append(f"{file.relative_to(path)}: passed over, there is another {module}.py.")
        else:
            _take(file, f"{module}.py", files, notes)
    for file in helpers:
        if file.name not in files and not file.name.startswith(("test_", "conftest")):
            _take(file, file.name, files, notes)
    if not files:
        notes.append("No exercise file was found in this submission.")
    return Submission(path.name, files, notes)


def _take(file: Path, name: str, files: dict[str, bytes], notes: list[str]) -> None:
    try:
        if file.stat().st_size > MAX_FILE:
            notes.append(f"{name}: passed over, it is larger than {MAX_FILE >> 20} MiB.")
        elif len(files) >= MAX_FILES:
            notes.append(f"{name}: passed over, there are more than {MAX_FILES} files.")
        else:
            files[name] = file.read_bytes()
    except OSError as error:
        notes.append(f"{name}: could not be read ({error.strerror}).")


def _own_files(path: Path) -> list[Path]:
    """The Python files that make `path` itself a submission: flat, or in the kit's layout."""
    nearby = [path, *_folders(path), *_folders(path / "exercises")]
    return [
        file
        for folder in nearby
        if folder == path or re.fullmatch(r"\d\d_\w+", folder.name)
        for file in sorted(folder.glob("*.py"))
    ]


def _folders(path: Path) -> list[Path]:
    return sorted(f for f in path.iterdir() if f.is_dir()) if path.is_dir() else []


def _files(path: Path, notes: list[str]) -> list[Path]:
    """The Python files below `path`, those nearer to it first; links and junk are passed over."""
    found: list[Path] = []
    todo, seen = [path], 0
    while todo:
        folder = todo.pop(0)
        for entry in sorted(folder.iterdir()):
            seen += 1
            if seen > MAX_ENTRIES:
                notes.append(f"Only the first {MAX_ENTRIES} files and folders were looked at.")
                return found
            if entry.is_symlink():
                notes.append(f"{entry.name}: passed over, it is a link.")
            elif entry.is_dir():
                if entry.name not in JUNK:
                    todo.append(entry)
            elif entry.suffix == ".py" and entry.is_file():
                found.append(entry)
    return found


def _module_of(file: Path, modules: tuple[str, ...]) -> str | None:
    return file.stem if file.stem in modules and file.suffix == ".py" else None


def _module_in_name(stem: str, modules: tuple[str, ...]) -> str:
    fits = [m for m in modules if re.search(rf"(^|[_\- ]){re.escape(m)}$", stem)]
    return max(fits, key=len, default="")
