"""Known wrong answers: how `mistakes.py` declares them and how one becomes a submission."""

from __future__ import annotations

import ast
import importlib.util
import inspect
import textwrap
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from grader.curriculum import Exercise


@dataclass(frozen=True)
class Mistake:
    """A wrong answer to one target, and the hint that it earns."""

    target: str
    name: str
    hint: str
    source: str


def mistake(target: str, hint: str) -> Callable[[Any], Any]:
    """Declare the decorated function or class as a wrong answer to `target`."""

    def declare(answer: Any) -> Any:
        answer.__mistake__ = (target, " ".join(hint.split()))
        return answer

    return declare


def load_mistakes(exercise: Exercise) -> list[Mistake]:
    """The mistakes of an exercise's `mistakes.py`, in the order of the file."""
    spec = importlib.util.spec_from_file_location(f"mistakes_{exercise.name}", exercise.mistakes)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return [
        Mistake(answer.__mistake__[0], name, answer.__mistake__[1], inspect.getsource(answer))
        for name, answer in vars(module).items()
        if hasattr(answer, "__mistake__")
    ]


def splice(exercise: Exercise, wrong: Mistake) -> str:
    """The source of a submission that is right but for this one mistake.

    The reference keeps its own copy of the target under a private name, so that the other targets
    that build on it stay right.
    """
    tree = _Rename(wrong.target, f"_right_{wrong.target}").visit(_parse(exercise.file))
    header = [node for node in _parse(exercise.mistakes).body if _is_shared(node)]
    [answer] = ast.parse(textwrap.dedent(wrong.source)).body
    assert isinstance(answer, (ast.FunctionDef, ast.ClassDef))
    answer.decorator_list = [d for d in answer.decorator_list if not _declares(d)]
    _Rename(wrong.name, wrong.target).visit(answer)
    tree.body += [*header, answer]
    return ast.unparse(ast.fix_missing_locations(tree))


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


def _parse(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def _is_shared(node: ast.stmt) -> bool:
    """Whether a top-level statement of `mistakes.py` serves the mistakes: imports and helpers."""
    if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
        return not any(_declares(d) for d in node.decorator_list)
    if isinstance(node, ast.ImportFrom):
        return (node.module or "").split(".")[0] not in ("grader", "__future__")
    return isinstance(node, (ast.Import, ast.Assign))


def _declares(decorator: ast.expr) -> bool:
    return (
        isinstance(decorator, ast.Call)
        and isinstance(decorator.func, ast.Name)
        and decorator.func.id == mistake.__name__
    )
