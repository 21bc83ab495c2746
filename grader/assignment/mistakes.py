"""Known wrong answers: how `mistakes.py` declares them, and how one becomes a submission.

    mistake("nll", "sum_for_the_mean", edit(".mean()", ".sum()"), hint="Take the mean.")

`mistakes.py` is read, never run. `mistake`, `edit` and `whole` can be imported so that editors and
linters know them.
"""

from __future__ import annotations

import ast
import functools
import itertools
import textwrap
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from grader.assignment.exercises import Exercise, parsed
from grader.assignment.python import first_line

# A mistake's code may use these names without importing them.
PRELUDE = """
import math
import numpy as np
import torch
import torch.nn.functional as F
from torch import nn
"""


@dataclass(frozen=True)
class Mistake:
    """A wrong answer to one target, the hint that it earns, and code that defines the target."""

    target: str
    name: str
    hint: str
    source: str


class Edit(NamedTuple):
    """A text of the target's reference, and what stands there instead."""

    old: str
    new: str


class Whole(NamedTuple):
    """The whole code of a target, with the helpers and imports that it needs."""

    text: str


def edit(old: str, new: str) -> Edit:
    """Replace `old`, which stands exactly once in the target's reference, by `new`."""
    return Edit(old, new)


def whole(text: str) -> Whole:
    """Code that defines the target, for mistakes that an edit can't express."""
    return Whole(textwrap.dedent(text))


def mistake(target: str, name: str, *changes: Edit | Whole, hint: str) -> None:
    """Declare a wrong answer to `target`: one or more edits of its reference, or a whole answer.

    All arguments are plain strings, or names of strings that the file assigns at its top level.
    """


class MistakesError(ValueError):
    """Declarations that can't be read. `problems`: for each, what is wrong, and what to do."""

    def __init__(self, problems: list[tuple[str, str]]) -> None:
        super().__init__("\n".join(f"{what}: {todo}" for what, todo in problems))
        self.problems = problems


def load_mistakes(exercise: Exercise) -> list[Mistake]:
    """The mistakes of an exercise's `mistakes.py`, in the order of the file.

    Raises `MistakesError`; `SyntaxError` if the file itself, or the reference, is not Python.
    """
    reader = _Reader(exercise)
    found: list[Mistake] = []
    problems = []
    for number, name, read in reader.declared():
        try:
            new = read()
            if any(new.name == other.name for other in found):
                raise _UnclearError("another mistake has this name", "give it one of its own")
            found.append(new)
        except _UnclearError as error:
            where = f"{exercise.mistakes.name}, line {number}, {name}"
            problems.append((f"{where}: {error.what}", error.todo))
    if problems:
        raise MistakesError(problems)
    return found


def splice(exercise: Exercise, wrong: Mistake) -> str:
    """The source of a submission that is right except for this one mistake.

    The reference keeps its own copy of the target under a private name, so that the other targets
    that build on it stay right.
    """
    right = _set_aside(exercise.file.read_text(encoding="utf-8"), wrong.target)
    shared = _shared(exercise.mistakes.read_text(encoding="utf-8"))
    return "\n".join([right, shared, wrong.source])


class _UnclearError(Exception):
    """A declaration that can't be read: what is wrong with it, and what to do."""

    def __init__(self, what: str, todo: str) -> None:
        super().__init__(what, todo)
        self.what, self.todo = what, todo


class _Reader:
    """Reads the declarations of one `mistakes.py` against the reference that they edit."""

    def __init__(self, exercise: Exercise) -> None:
        self._exercise = exercise
        self._reference = exercise.file.read_text(encoding="utf-8")
        self._body = parsed(exercise.mistakes).body
        self._strings = {
            node.targets[0].id: node.value
            for node in self._body
            if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name)
        }

    def declared(self) -> Iterator[tuple[int, str, Callable[[], Mistake]]]:
        """For each mistake: its line, its name, and how to read it."""
        for node in self._body:
            if isinstance(node, ast.Expr) and _declares(node.value):
                assert isinstance(node.value, ast.Call)
                named = node.value.args[1:2]
                name = named[0].value if named and isinstance(named[0], ast.Constant) else "mistake"
                yield node.lineno, str(name), functools.partial(self._call, node.value)

    def _call(self, call: ast.Call) -> Mistake:
        """`mistake("nll", "sum_for_the_mean", edit(".mean()", ".sum()"), hint="…")`."""
        if len(call.args) < 3:
            example = 'mistake("target", "name", edit("old", "new"), hint="…")'
            raise _UnclearError("it is not complete", f"write {example}")
        target, name = (self._text(part) for part in call.args[:2])
        return Mistake(target, name, self._hint(call), self._changed(target, call.args[2:]))

    def _hint(self, call: ast.Call) -> str:
        hints = [word.value for word in call.keywords if word.arg == "hint"]
        if not hints:
            todo = 'give it one: hint="what went wrong, and where to look"'
            raise _UnclearError("it has no hint", todo)
        return " ".join(self._text(hints[0]).split())

    def _text(self, node: ast.expr) -> str:
        """The value of a string literal, of the name of one, or of a sum of such."""
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            return node.value
        if isinstance(node, ast.Name) and node.id in self._strings:
            return self._text(self._strings[node.id])
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
            return self._text(node.left) + self._text(node.right)
        given = ast.unparse(node)
        todo = "write a string, or the name of one from the top level of the file"
        raise _UnclearError(f"`{given}` is not a plain string", todo)

    def _changed(self, target: str, parts: list[ast.expr]) -> str:
        """The code that defines the target once the changes are made."""
        if target not in self._exercise.targets:
            known = ", ".join(self._exercise.targets)
            raise _UnclearError(f"there is no target {target}", f"take one of {known}")
        changes = [self._change(part) for part in parts]
        edits = [change for change in changes if isinstance(change, Edit)]
        if len(edits) == len(changes):
            code = _edited(_segment(self._reference, target), edits, target)
        elif len(changes) == 1 and isinstance(changes[0], Whole):
            code = changes[0].text
        else:
            raise _UnclearError("it has edits and a whole(…)", "give edits, or one whole(…)")
        try:
            tree = ast.parse(code)
        except SyntaxError as error:
            line = (error.text or "").strip()
            what = f"its code is not valid Python: {error.msg} at `{line}`"
            raise _UnclearError(what, "mend the edits, or the whole(…)") from None
        if not any(target in _bound(node) for node in tree.body):
            raise _UnclearError(f"its code doesn't define {target}", "define it there")
        return code

    def _change(self, node: ast.expr) -> Edit | Whole:
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            if (node.func.id, len(node.args)) == ("edit", 2):
                return edit(*(self._text(part) for part in node.args))
            if (node.func.id, len(node.args)) == ("whole", 1):
                return whole(self._text(node.args[0]))
        given = ast.unparse(node)
        todo = 'write edit("old", "new") or whole("code")'
        raise _UnclearError(f"`{given}` is not a change", todo)


def _segment(reference: str, target: str) -> str:
    """The source of a target in the reference, decorators included."""
    for node in ast.parse(reference).body:
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)) and node.name == target:
            lines = reference.splitlines()[first_line(node) - 1 : node.end_lineno]
            return "\n".join(lines) + "\n"
    raise _UnclearError(f"the reference defines no {target}", "define it there")


def _edited(code: str, edits: list[Edit], target: str) -> str:
    """The code with all edits made; each is looked for in the code as it was."""
    places = []
    for old, new in edits:
        count = code.count(old) if old else 0
        if count != 1:
            todo = "make it longer" if count > 1 else "copy it from the reference"
            times = {0: "is not", 2: "stands twice"}.get(count, f"stands {count} times")
            raise _UnclearError(f"the text `{old}` {times} in {target}", todo)
        if new == old:
            raise _UnclearError(f"the edit of `{old}` changes nothing", "write what differs")
        places.append((code.index(old), old, new))
    places.sort(reverse=True)
    for (later, _, _), (earlier, old, _) in itertools.pairwise(places):
        if earlier + len(old) > later:
            raise _UnclearError(f"the edit of `{old}` overlaps the next one", "make them one edit")
    for start, old, new in places:
        code = code[:start] + new + code[start + len(old) :]
    return code


@functools.cache
def _set_aside(reference: str, target: str) -> str:
    """The reference with the target under a private name, after the names of `PRELUDE`."""
    tree = ast.parse(reference)
    first = 0
    while first < len(tree.body) and _must_come_first(tree.body[first]):
        first += 1
    tree.body[first:first] = ast.parse(PRELUDE).body
    return ast.unparse(_Rename(target, f"_right_{target}").visit(tree))


def _must_come_first(node: ast.stmt) -> bool:
    if isinstance(node, ast.ImportFrom):
        return node.module == "__future__"
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


@functools.cache
def _shared(mistakes: str) -> str:
    """What of `mistakes.py` serves the mistakes."""
    return "\n".join(ast.unparse(n) for n in ast.parse(mistakes).body if _is_shared(n))


class _Rename(ast.NodeTransformer):
    def __init__(self, old: str, new: str) -> None:
        self.old, self.new = old, new

    def visit_Name(self, node: ast.Name) -> ast.Name:
        if node.id == self.old:
            node.id = self.new
        return node

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        if node.name == self.old:
            node.name = self.new
        return self.generic_visit(node)

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.AST:
        if node.name == self.old:
            node.name = self.new
        return self.generic_visit(node)


def _is_shared(node: ast.stmt) -> bool:
    """Whether a top-level statement of `mistakes.py` serves the mistakes: imports and helpers."""
    if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
        return True
    if isinstance(node, ast.ImportFrom):
        return (node.module or "").split(".")[0] not in ("grader", "__future__")
    if isinstance(node, ast.Assign):  # strings are hints and parts of edits
        return not _is_text(node.value)
    return isinstance(node, ast.Import)


def _is_text(node: ast.expr) -> bool:
    """Whether an expression is a string, or one added up from strings and their names."""
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        return all(isinstance(n, ast.Name) or _is_text(n) for n in (node.left, node.right))
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def _bound(node: ast.stmt) -> set[str]:
    """The names that a top-level statement binds."""
    if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
        return {node.name}
    if isinstance(node, (ast.Import, ast.ImportFrom)):
        return {name.asname or name.name for name in node.names}
    if isinstance(node, ast.Assign):
        return {place.id for place in node.targets if isinstance(place, ast.Name)}
    return set()


def _declares(node: ast.expr) -> bool:
    return (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id == mistake.__name__
    )
