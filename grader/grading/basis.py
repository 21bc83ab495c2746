"""Everything that decides the grade of an exercise. While it is the same, old results are kept."""

from __future__ import annotations

import ast
import contextlib
import functools
import hashlib
import json
import platform
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

import grader
from grader.assignment.exercises import DATA, FOLDER, Exercise
from grader.assignment.python import parse
from grader.judge.isolation import data_folder
from grader.submission import Submission

# The rooms, and the modules, that decide how a test ends. Reports, commands and policies don't.
ROOMS = ("suite", "judge", "sandbox", "lockdown", "torchside", "wire")
MODULES = (
    "assignment/exercises.py",
    "assignment/python.py",
    "assignment/stubs.py",
    "assignment/data.py",
    "result.py",
)
PACKAGES = ("torch", "numpy", "pytest", "pytest-timeout")
# Names by which code can load a file without an import statement.
LOADERS = {"__import__", "import_module", "importlib", "exec", "eval", "open", "runpy", "read_text"}


@dataclass(frozen=True)
class Basis:
    """Digests of everything that decides a result.

    `files`: the submission's, as far as this exercise can use them. `suite`: the hidden suite and
    its reference. `machinery`: the grader's own code, torch and the data. `limits`: what a sandbox
    may use, and how it is locked down.
    """

    files: str
    suite: str
    machinery: str
    limits: str

    def changes(self, other: Basis) -> list[str]:
        """The parts that differ from `other`, in words."""
        words = {
            "files": "its files",
            "suite": "its suite or reference",
            "machinery": "the grader's checks, torch or the data",
            "limits": "limits or isolation",
        }
        return [word for part, word in words.items() if getattr(self, part) != getattr(other, part)]


class Grounds:
    """What a run grades with: it gives the basis of each exercise of each submission."""

    def __init__(self, exercises: Iterable[Exercise], *limits: str) -> None:
        """`limits`: texts that change with the limits and the isolation."""
        self._exercises = list(exercises)
        self._suites = {e.name: suite_digest(e) for e in self._exercises}
        self._machinery = machinery_digest()
        self._limits = _digest(limits)

    def of(self, submission: Submission) -> dict[str, Basis]:
        """The basis of every exercise, by name."""
        return {
            e.name: Basis(
                files_digest(submission, e),
                self._suites[e.name],
                self._machinery,
                self._limits,
            )
            for e in self._exercises
        }


def files_digest(submission: Submission, exercise: Exercise) -> str:
    """A digest of an exercise's module, of the files that it imports, and so on.

    If a module may load files in another way, all files count.
    """
    main = f"{exercise.module}.py"
    files = submission.beside(exercise.module)
    if main not in files:
        return ""
    found, todo = {main}, [main]
    while todo:
        imported = _imported(files[todo.pop()])
        names = set(files)
        if imported is not None:
            names = {n for n in files if n.partition("/")[0].removesuffix(".py") in imported}
        todo += names - found
        found |= names
    parts = []
    for name in sorted(found):
        origin = json.dumps(submission.cells.get(name, []))
        content = hashlib.sha256(files[name]).hexdigest()
        parts += [name, content, origin]
    for version in submission.versions.get(exercise.module, []):
        parts += [hashlib.sha256(version.content).hexdigest(), json.dumps(version.lines)]
    return _digest(parts)


@functools.lru_cache(maxsize=4096)
def _imported(source: bytes) -> frozenset[str] | None:
    """The modules that a file imports; None if it can't be told."""
    try:
        tree = parse(source)
    except SyntaxError:
        return None
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            # `from . import helper` names its modules on the right.
            found |= {(node.module or "").split(".")[0], *(alias.name for alias in node.names)}
        name = getattr(node, "id", None) or getattr(node, "attr", None)
        if name in LOADERS:
            return None
    return None if found & LOADERS else frozenset(found)


def suite_digest(exercise: Exercise) -> str:
    """A digest of the hidden suite, its reference, and the other files there or shared by all.

    Comments and layout don't count, and `mistakes.py` doesn't either: it decides no grade.
    """
    root = exercise.folder.parent
    shared = [f for f in _files(root) if not FOLDER.fullmatch(f.relative_to(root).parts[0])]
    own = [f for f in _files(exercise.folder) if f != exercise.mistakes]
    return _digest(
        part
        for file in [*own, *(f for f in shared if f.suffix == ".py")]
        for part in (file.relative_to(root).as_posix(), code_digest(file.read_bytes(), file.suffix))
    )


def _files(folder: Path) -> Iterator[Path]:
    for file in sorted(folder.rglob("*")):
        inside = file.relative_to(folder).parts
        hidden = any(part.startswith((".", "__pycache__")) for part in inside)
        if file.is_file() and not hidden and file.suffix not in (".md", ".pyc"):
            yield file


@functools.cache
def machinery_digest() -> str:
    """A digest of the grader's code that decides grades, of torch and the like, and of the data."""
    code, data = Path(grader.__file__).parent, data_folder()
    files = [*(f for room in ROOMS for f in sorted((code / room).rglob("*.py")))]
    files += [code / module for module in MODULES]
    parts = [platform.python_implementation(), ".".join(platform.python_version_tuple()[:2])]
    for package in PACKAGES:
        parts += [package, _version(package)]
    for file in files:
        parts += [file.relative_to(code).as_posix(), code_digest(file.read_bytes(), file.suffix)]
    for name in DATA:
        there = (data / name).is_file()
        parts += [name, hashlib.sha256((data / name).read_bytes()).hexdigest() if there else ""]
    return _digest(parts)


def code_digest(content: bytes, suffix: str = ".py") -> str:
    """A digest of Python code without comments and layout, or of any other content as it is."""
    if suffix == ".py":
        with contextlib.suppress(SyntaxError, ValueError, RecursionError):
            content = ast.dump(ast.parse(content)).encode("utf-8", "surrogatepass")
    return hashlib.sha256(content).hexdigest()


def _digest(parts: Iterable[str]) -> str:
    total = hashlib.sha256()
    for part in parts:
        data = part.encode("utf-8", "surrogatepass")
        total.update(f"{len(data)}\0".encode() + data)
    return total.hexdigest()


def _version(package: str) -> str:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:  # it lies in a folder on the path
        return ""
