"""What a failed statement of a test was about: where its values came from, and what they are."""

from __future__ import annotations

import ast
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from types import FunctionType, ModuleType
from typing import TYPE_CHECKING, Any

import torch

from grader.boundary.records import summary

if TYPE_CHECKING:
    from _pytest._code import TracebackEntry

ORIGIN = 100  # characters that are shown of the statement that made a value


@dataclass(frozen=True)
class Statement:
    """The statement of a test that failed. `values`: each variable in it, as the student sees it.

    `verdict` says which shape, dtype, device or gradient is wrong, where that can be told without
    running anything again.
    """

    values: list[str]
    verdict: str = ""
    has_none: bool = False


def read_statement(entry: TracebackEntry) -> Statement:
    """Read the statement that a traceback entry stands at."""
    scope = {**entry.frame.f_globals, **entry.frame.f_locals}
    try:
        failed = ast.parse(textwrap.dedent(str(entry.statement)).strip()).body[0]
        function = ast.parse(textwrap.dedent(str(entry.getsource() or "")))
    except (SyntaxError, IndexError):  # the head of a loop, say, is no statement by itself
        return Statement([])
    origins = _origins(function, entry.lineno - entry.frame.code.firstlineno + 1)
    names = list(_variables(failed, scope))
    return Statement(
        values=[_described(name, scope[name], origins.get(name, "")) for name in names],
        verdict=_verdict(failed.test, scope) if isinstance(failed, ast.Assert) else "",
        has_none=any(scope[name] is None for name in names),
    )


def _origins(function: ast.AST, last: int) -> dict[str, str]:
    """The text of the latest assignment to each variable, up to line `last`."""
    made = [n for n in ast.walk(function) if isinstance(n, ast.Assign) and n.lineno <= last]
    return {
        node.id: ast.unparse(assignment)
        for assignment in sorted(made, key=lambda n: n.lineno)
        for target in assignment.targets
        for node in ast.walk(target)
        if isinstance(node, ast.Name)
    }


def _variables(statement: ast.stmt, scope: dict[str, Any]) -> Iterator[str]:
    """The variables that the statement reads; not its modules, functions and classes."""
    read = [node.id for node in ast.walk(statement) if isinstance(node, ast.Name)]
    for name in dict.fromkeys(read):
        if name in scope and not isinstance(scope[name], (ModuleType, FunctionType, type)):
            yield name


def _described(name: str, value: Any, origin: str) -> str:
    if len(origin) > ORIGIN:
        origin = f"{origin[: ORIGIN - 3]}..."
    shown = summary(value, values=True)
    if origin.startswith(f"{name} = "):
        return f"{origin}\n  gave {shown}"
    return f"{origin}\n  gave {name}: {shown}" if origin else f"{name} is {shown}"


def _verdict(test: ast.expr, scope: dict[str, Any]) -> str:
    acts = (ast.Call, ast.NamedExpr, ast.comprehension)  # not to be run a second time
    if any(isinstance(node, acts) for node in ast.walk(test)):
        return ""
    match test:
        case ast.Compare(left=left, ops=[ast.Eq() | ast.Is()], comparators=[right]):
            wanted = _shown(right, scope)
            return f"{ast.unparse(left)} is {_shown(left, scope)} and should be {wanted}."
        case ast.Compare(left=ast.Attribute(attr="grad") as left, ops=[ast.IsNot()]):
            return f"{ast.unparse(left)} is None: no gradient reached it."
        case ast.Attribute(attr="requires_grad"):
            return f"{ast.unparse(test)} is False: no gradient can reach what it was made from."
    return ""


def _shown(expression: ast.expr, scope: dict[str, Any]) -> str:
    value = eval(compile(ast.Expression(expression), "<test>", "eval"), scope)
    return str(tuple(value)) if isinstance(value, torch.Size) else summary(value, values=True)
