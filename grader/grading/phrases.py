"""Phrases of code: one or two statements in a row, whatever their variables are called.

Layout, comments, docstrings and annotations don't count.
"""

from __future__ import annotations

import ast
import functools
from array import array
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import blake2b

from grader.assignment.python import parse

LONG_ENOUGH = 9  # words of a statement that can be a phrase by itself
BODIES = {"body", "orelse", "handlers", "finalbody", "cases"}
SILENT = {"annotation", "returns", "type_comment", "ctx", "decorator_list", "type_params", "kind"}

DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)

Lines = tuple[int, int]  # the first and the last


@dataclass(frozen=True)
class Phrase:
    """One or two statements, and their lines. Equal phrases have equal keys."""

    key: int
    lines: tuple[Lines, ...]


class Phrases:
    """An answer's phrases in little room: a large class has a million."""

    def __init__(self, found: Iterable[Phrase]) -> None:
        self.keys = array("Q")
        self._lines = array("L")
        for phrase in found:
            self.keys.append(phrase.key)
            first, last = phrase.lines[0], phrase.lines[-1]
            self._lines.extend((*first, *last))

    def __iter__(self) -> Iterator[Phrase]:
        numbers = iter(self._lines)
        for key, *lines in zip(self.keys, numbers, numbers, numbers, numbers, strict=True):
            first, last = (lines[0], lines[1]), (lines[2], lines[3])
            yield Phrase(key, (first,) if first == last else (first, last))

    def __len__(self) -> int:
        return len(self.keys)


@functools.lru_cache(maxsize=256)  # stubs and the like come again and again
def phrases(source: str, exercise: str) -> Phrases:
    """The phrases of the functions and classes at a file's top level."""
    return Phrases(_found(source, exercise))


def _found(source: str, exercise: str) -> Iterator[Phrase]:
    tree = _parsed(source)
    outside: set[str] = set()  # helpers and constants
    for node in tree.body if tree else ():
        if isinstance(node, DEFINITIONS):
            outside.add(f"={node.name}")
        else:
            _say(node, [], outside)
    for node in tree.body if tree else ():
        if isinstance(node, DEFINITIONS):
            own = outside.copy()
            _say(node, [], own)  # for the names of its arguments
            rows = [_Row(row, own) for row in _statements(node, own) if not _is_text(row)]
            for place, row in enumerate(rows):
                if len(row.words) >= LONG_ENOUGH:
                    yield Phrase(key_of(exercise, _numbered(row.words, own)), (row.lines,))
                if place and not row.opens_scope:
                    before = rows[place - 1]
                    words = _numbered([*before.words, *row.words], own)
                    yield Phrase(key_of(exercise, words), (before.lines, row.lines))


def key_of(exercise: str, words: Iterable[str]) -> int:
    """A number that stands for these words in that exercise."""
    text = " ".join((exercise, *words)).encode("utf-8", "replace")
    return int.from_bytes(blake2b(text, digest_size=8).digest(), "big")


def _parsed(source: str) -> ast.Module | None:
    try:
        return parse(source)
    except SyntaxError:
        return None


class _Row:
    """A statement without those inside it. The names that it binds are added to `own`."""

    def __init__(self, statement: ast.stmt, own: set[str]) -> None:
        self.words: list[str] = []
        self.opens_scope = isinstance(statement, ast.FunctionDef | ast.ClassDef)
        _say(statement, self.words, own)
        inside = next(_statements(statement, own), None)
        last = statement.end_lineno or statement.lineno
        if inside is not None:
            last = min(last, inside.lineno - 1)
        self.lines = statement.lineno, max(statement.lineno, last)


def _statements(node: ast.AST, own: set[str]) -> Iterator[ast.stmt]:
    """The statements inside, in the order of the source."""
    for name, value in ast.iter_fields(node):
        if name in BODIES:
            for inner in value:
                if isinstance(inner, ast.stmt):
                    yield inner
                elif isinstance(inner, ast.ExceptHandler) and inner.name:
                    own.add(f"={inner.name}")
                yield from _statements(inner, own)


def _is_text(statement: ast.stmt) -> bool:
    """Whether it is a docstring, or nothing at all."""
    value = statement.value if isinstance(statement, ast.Expr) else None
    return isinstance(statement, ast.Pass) or isinstance(value, ast.Constant)


def _say(node: ast.AST, words: list[str], own: set[str]) -> None:
    """Add a node's words. Names begin with `=`; those that the code gives are added to `own`."""
    if isinstance(node, ast.arg):
        own.add(f"={node.arg}")
    elif isinstance(node, ast.Name | ast.Attribute) and isinstance(node.ctx, ast.Store):
        own.add(f"={node.id if isinstance(node, ast.Name) else node.attr}")
    elif isinstance(node, DEFINITIONS):
        own.add(f"={node.name}")
    words.append(type(node).__name__)
    for name in node._fields:
        value = None if name in SILENT else getattr(node, name, None)
        if isinstance(value, list):
            for inner in value if name not in BODIES else ():
                if isinstance(inner, ast.AST):
                    _say(inner, words, own)
        elif isinstance(value, ast.AST):
            _say(value, words, own)
        elif isinstance(value, str):
            words.append("text" if isinstance(node, ast.Constant) else f"={value}")
        elif value is not None:
            words.append(repr(value))


def _numbered(words: Sequence[str], own: set[str]) -> list[str]:
    """The words, with the code's own names numbered as they come."""
    numbers: dict[str, str] = {}
    return [numbers.setdefault(word, f"v{len(numbers)}") if word in own else word for word in words]
