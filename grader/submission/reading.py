"""Read Python files and notebooks: which exercises they answer, and with what module."""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from grader.assignment.python import parse, without_warnings
from grader.assignment.stubs import is_stub
from grader.submission.arrival.names import shown
from grader.submission.arrival.text import NotTextError, decode, source, utf8
from grader.submission.arrival.tree import UnreadableError
from grader.submission.model import Assigned, LineMap, Version
from grader.submission.notebook.cells import Code, read_cell
from grader.submission.notebook.reader import NotANotebookError, read_notebook
from grader.submission.notebook.slices import Slicer
from grader.submission.notebook.statements import Statement, purpose, statements

STATEMENTS = 2_000
SOURCE = 1 << 19


@dataclass
class Module:
    """One exercise's file as it is graded."""

    content: bytes
    lines: LineMap | None = None
    notes: list[str] = field(default_factory=list)
    versions: list[Version] = field(default_factory=list)


class PythonFile:
    """A `.py` file."""

    def __init__(self, raw: bytes) -> None:
        """Raises `UnreadableError` if it isn't text."""
        try:
            self.content, self.encoding = source(raw)
        except NotTextError as error:
            raise UnreadableError(str(error)) from None
        self._made: dict[str, bool] | None = None
        self._imported: set[str] = set()

    @property
    def notes(self) -> list[str]:
        """What the student should know about the file."""
        return [f"read as {self.encoding}, because it isn't UTF-8."] if self.encoding else []

    def _definitions(self) -> dict[str, bool]:
        """The names it defines, and whether each is more than a stub."""
        if self._made is None:
            text = self.content.decode()
            try:
                body = parse(text).body
                self._made = {n: not is_stub(s) for s in body for n in _bound(s)}
                self._imported = {n for s in body for n in _imported(s)}
            except SyntaxError:
                # Half-written: whatever it begins to define is an attempt.
                self._made = dict.fromkeys(re.findall(r"^(?:def|class) +(\w+)", text, re.M), True)
        return self._made

    def serves(self, exercise: Assigned, own: Sequence[str]) -> bool:
        """Whether it has the exercise's targets. `own` are those that no other exercise has."""
        return _serves(exercise, own, set(self._definitions()))

    def answers(self, exercise: Assigned) -> bool:
        """Whether it holds more than the exercise's stubs, or imports answers from a helper."""
        made = self._definitions()
        return any(made.get(t) or t in self._imported for t in exercise.targets) or (
            "*" in self._imported and not any(t in made for t in exercise.targets)
        )

    def module(self, exercise: Assigned) -> Module:
        """The file, unchanged."""
        return Module(self.content)


class Notebook:
    """An `.ipynb` file."""

    def __init__(self, raw: bytes, exercises: Sequence[Assigned]) -> None:
        """Raises `UnreadableError` if it isn't a notebook."""
        try:
            cells = read_notebook(decode(raw)[0], exercises)
        except (NotTextError, NotANotebookError) as error:
            raise UnreadableError(str(error)) from None
        targets = [target for e in exercises for target in e.targets]
        functions = {t for t in targets if not t[:1].isupper()}
        self._codes: list[Code] = []
        self._statements: list[Statement] = []
        left, room = SOURCE, STATEMENTS
        with without_warnings():
            for cell in cells:
                left -= len(cell.source)
                self._codes.append(code := read_cell(cell))
                room -= len(code.body)
                if left < 0 or room < 0:
                    raise UnreadableError("it holds too much code")
            own = {getattr(node, "name", "") for code in self._codes for node in code.body}
            for code in self._codes:
                self._statements += statements(code, functions, own)
        self._slicer = Slicer(
            self._statements, frozenset(t for t in targets if targets.count(t) > 1)
        )
        self._half_written = {
            name: code
            for code in self._codes
            if code.error
            for name in re.findall(r"^[ \t]*(?:def|class) +(\w+)", code.cell.source, re.M)
        }
        self._served = {  # the exercises that it has a target of, which no other has
            e.module
            for e in exercises
            if any(targets.count(t) == 1 and self._slicer.answers(t) for t in e.targets)
        }
        self._taken: set[int] = set()
        self._graded: set[str] = set()
        self._targets = set(targets)

    def serves(self, exercise: Assigned, own: Sequence[str]) -> bool:
        """Whether it has the exercise's targets. `own` are those that no other exercise has."""
        defined = {t for t in exercise.targets if self._slicer.defines(t)}
        named = any(code.cell.section == exercise.module for code in self._codes)
        # One of several versions of a name that exercises share may be for this one.
        varied = any(self._slicer.varies(t) for t in defined.difference(own))
        return bool(defined and named) or varied or _serves(exercise, own, defined)

    def answers(self, exercise: Assigned) -> bool:
        """Whether it holds more than the exercise's stubs."""
        return any(t in self._half_written or self._slicer.answers(t) for t in exercise.targets)

    def has(self, exercise: Assigned) -> bool:
        """Whether it defines any of the exercise's targets."""
        return any(self._slicer.defines(target) for target in exercise.targets)

    def module(self, exercise: Assigned) -> Module:
        """The exercise's module, cut out of the notebook."""
        several = bool(self._served - {exercise.module})
        cuts = self._slicer.cuts(exercise, several=several)
        for cut in cuts:
            self._taken |= cut.taken
        self._graded |= set(exercise.targets)
        first, *others = (Version(utf8(cut.source), cut.lines, cut.notes) for cut in cuts)
        if others:
            return Module(first.content, first.lines, versions=[first, *others])
        return Module(first.content, first.lines, first.notes)

    @property
    def notes(self) -> list[str]:
        """What was left out of all modules cut so far, and why: a line for each cell."""
        notes = []
        for code in self._codes:
            number = code.cell.number
            broken = [
                f"`{t}`" for t, c in self._half_written.items() if c is code and t in self._targets
            ]
            if broken:
                notes.append(
                    f"cell {number} can't be read as Python ({code.error}): "
                    f"its {', '.join(broken)} doesn't count."
                )
            reasons = self._reasons(code)
            if reasons and not code.cell.ours:
                notes.append(f"cell {number}, left out: {'; '.join(reasons)}.")
            elif code.error and not broken:
                notes.append(f"cell {number}, left out: it is unfinished ({code.error}).")
        return notes

    def _reasons(self, code: Code) -> list[str]:
        """What is left out of a cell: each reason once, with the lines that it concerns."""
        found: dict[str, list[str]] = {}
        for command in code.commands:
            found.setdefault("not Python", []).append(f"`{shown(command, 60)}`")
        inside = [(n, s) for n, s in enumerate(self._statements) if s.cell is code.cell]
        left = [s for n, s in inside if n not in self._taken]
        for statement in left:
            # A missing import is no loss. Of several definitions, another note says which counts.
            if not statement.is_import and not statement.binds & self._graded:
                found.setdefault(purpose(statement), []).append(f"line {statement.first}")
        if len(left) == len(inside) and len(found) == 1 and not code.commands:
            return list(found)
        return [f"{_some(places)} ({why})" for why, places in found.items()]


def _some(places: list[str]) -> str:
    return ", ".join(places[:3]) + (", …" if len(places) > 3 else "")


def _serves(exercise: Assigned, own: Sequence[str], defined: set[str]) -> bool:
    return any(t in defined for t in own) or (
        bool(exercise.targets) and defined.issuperset(exercise.targets)
    )


def _imported(statement: ast.stmt) -> list[str]:
    """The names that a statement imports from a module that may be a helper."""
    if not isinstance(statement, ast.ImportFrom):
        return []
    known = (statement.module or "").partition(".")[0] in {"torch", "numpy", "math"}
    return [] if known else [alias.asname or alias.name for alias in statement.names]


def _bound(statement: ast.stmt) -> list[str]:
    if isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        return [statement.name]
    if isinstance(statement, ast.Assign):
        return [t.id for t in statement.targets if isinstance(t, ast.Name)]
    return []
