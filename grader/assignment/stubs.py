"""Tell a stub, which is still to be written, from an answer. It is done nowhere else."""

from __future__ import annotations

import ast
from collections.abc import Sequence

from grader.assignment.python import parse

Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


def is_stub(node: ast.AST | None) -> bool:
    """Whether a definition is still a stub: the one that the student was given, or as empty.

    A function is a stub if no call of it can return a value of its own:

    - its body reaches a `raise NotImplementedError` that is inside no `if`, loop or `try`, and
      nothing above that can return or yield, whatever it computes;
    - or its body is empty: a docstring, `pass` or `...`.

    So a function that returns in one branch and ends in `raise NotImplementedError` is an answer.

    A class is a stub if one of its methods is a stub that raises, since it is half-written; or if
    it is empty, unless it inherits from more than `nn.Module`. Single methods of a class may be
    empty.
    """
    if isinstance(node, ast.ClassDef):
        methods = [n for n in node.body if isinstance(n, (ast.FunctionDef, ast.AsyncFunctionDef))]
        if any(_refuses(method.body) for method in methods):
            return True
        rest = [n for n in node.body if n not in methods]
        silent = _says_nothing(rest) and all(_says_nothing(method.body) for method in methods)
        return silent and all(_is_plain(base) for base in node.bases)
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
        return _refuses(node.body) or _says_nothing(node.body)
    return False


def stubs_in(source: str | bytes) -> list[str]:
    """The names of the stubs at a file's top level. Raises `SyntaxError`."""
    return [
        node.name for node in parse(source).body if isinstance(node, Definition) and is_stub(node)
    ]


def stub_lines(source: str | bytes) -> frozenset[int]:
    """The lines on which the stubs of a file raise `NotImplementedError`, methods included.

    An exception from any other line is an answer's own. Raises `SyntaxError`.
    """
    functions = (ast.FunctionDef, ast.AsyncFunctionDef)
    refusals = [_refusal(n.body) for n in ast.walk(parse(source)) if isinstance(n, functions)]
    return frozenset(
        line
        for refusal in refusals
        if refusal is not None
        for line in range(refusal.lineno, (refusal.end_lineno or refusal.lineno) + 1)
    )


def _refuses(body: Sequence[ast.stmt]) -> bool:
    """Whether every way through the statements ends at a `raise NotImplementedError`."""
    return _refusal(body) is not None


def _refusal(body: Sequence[ast.stmt]) -> ast.Raise | None:
    """The `raise NotImplementedError` at which every way through the statements ends."""
    for statement in body:
        if isinstance(statement, ast.Raise) and statement.exc is not None:
            exc = statement.exc
            raised = exc.func if isinstance(exc, ast.Call) else exc
            named = isinstance(raised, ast.Name) and raised.id == NotImplementedError.__name__
            return statement if named else None
        if isinstance(statement, ast.With) and (inner := _refusal(statement.body)):
            return inner
        if _may_answer(statement):
            return None
    return None


def _may_answer(node: ast.AST) -> bool:
    """Whether a statement can return or yield; functions that it defines don't count."""
    if isinstance(node, (ast.Return, ast.Yield, ast.YieldFrom)):
        return True
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)):
        return False
    return any(_may_answer(child) for child in ast.iter_child_nodes(node))


def _says_nothing(body: Sequence[ast.stmt]) -> bool:
    return all(
        isinstance(n, ast.Pass) or (isinstance(n, ast.Expr) and isinstance(n.value, ast.Constant))
        for n in body
    )


def _is_plain(base: ast.expr) -> bool:
    """Whether a base class brings no answer with it: `object`, `Module` or `nn.Module`."""
    return ast.unparse(base).split(".")[-1] in ("object", "Module")
