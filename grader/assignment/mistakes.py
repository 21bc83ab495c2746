"""Known wrong answers: how `mistakes.py` declares them and how one becomes a submission."""

from __future__ import annotations

import ast
import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from grader.assignment.exercises import Exercise


@dataclass(frozen=True)
class Mistake:
    """A wrong answer to one target, and the hint that it earns."""

    target: str
    name: str
    hint: str
    source: str


def mistake(target: str, hint: str) -> Callable[[Any], Any]:
    """Declare the decorated function or class as a wrong answer to `target`.

    Both are given as plain strings: `load_mistakes` reads them without running anything.
    """

    def declare(answer: Any) -> Any:
        return answer  # what it declares is read from the source

    return declare


def load_mistakes(exercise: Exercise) -> list[Mistake]:
    """The mistakes of an exercise's `mistakes.py`, in the order of the file.

    It is read, not run. Raises `ValueError` for one that doesn't say its target and hint in words.
    """
    found = []
    for node in ast.parse(exercise.mistakes.read_text(encoding="utf-8")).body:
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            declared = [d for d in node.decorator_list if _declares(d)]
            if declared:
                node.decorator_list = [d for d in node.decorator_list if not _declares(d)]
                target, hint = _declared(declared[0])
                found.append(Mistake(target, node.name, hint, ast.unparse(node)))
    return found


def splice(exercise: Exercise, wrong: Mistake) -> str:
    """The source of a submission that is right but for this one mistake.

    The reference keeps its own copy of the target under a private name, so that the other targets
    that build on it stay right.
    """
    answer = _Rename(wrong.name, wrong.target).visit(ast.parse(wrong.source))
    right = _set_aside(exercise.file.read_text(encoding="utf-8"), wrong.target)
    shared = _shared(exercise.mistakes.read_text(encoding="utf-8"))
    return "\n".join([right, shared, ast.unparse(answer)])


@functools.cache
def _set_aside(reference: str, target: str) -> str:
    return ast.unparse(_Rename(target, f"_right_{target}").visit(ast.parse(reference)))


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
        return not any(_declares(d) for d in node.decorator_list)
    if isinstance(node, ast.ImportFrom):
        return (node.module or "").split(".")[0] not in ("grader", "__future__")
    return isinstance(node, (ast.Import, ast.Assign))


def _declared(decorator: ast.expr) -> tuple[str, str]:
    """Target and hint of `@mistake("nll", hint="…")`."""
    assert isinstance(decorator, ast.Call)
    words = [*decorator.args, *(keyword.value for keyword in decorator.keywords)]
    target, hint = (ast.literal_eval(word) for word in words)
    return str(target), " ".join(str(hint).split())


def _declares(decorator: ast.expr) -> bool:
    return (
        isinstance(decorator, ast.Call)
        and isinstance(decorator.func, ast.Name)
        and decorator.func.id == mistake.__name__
    )
