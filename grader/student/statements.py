"""What a failed statement of a test was about: where its values came from, and what they are."""

from __future__ import annotations

import ast
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from types import FunctionType, ModuleType
from typing import TYPE_CHECKING, Any

import torch

from grader.suite.records import summary

if TYPE_CHECKING:
    from _pytest._code import TracebackEntry

LONGEST = 160  # characters that are shown of a value, or of the statement that made it


@dataclass(frozen=True)
class Statement:
    """The statement of a test that failed. `values`: each variable in it, as the student sees it.

    `verdict` says which shape, dtype, device or gradient is wrong, where that can be told without
    running anything again.
    """

    values: list[str]
    verdict: str = ""
    has_none: bool = False


def read_statement(
    entry: TracebackEntry, called: dict[str, Any], error: BaseException
) -> Statement:
    """Read the statement that a traceback entry stands at; `called` are the locals one call in."""
    scope = {**entry.frame.f_globals, **entry.frame.f_locals}
    try:
        failed = ast.parse(textwrap.dedent(str(entry.statement)).strip()).body[0]
        function = ast.parse(textwrap.dedent(str(entry.getsource() or "")))
    except (SyntaxError, IndexError):  # the head of a loop, say, is no statement by itself
        return Statement([])
    origins = _origins(function, entry.lineno - entry.frame.code.firstlineno + 1)
    names = list(_variables(failed, scope))
    values = [_described(name, scope[name], origins.get(name, "")) for name in names]
    return Statement(
        values=[*values, *_compared(failed, called)],
        verdict=_verdict(failed.test, scope)
        if isinstance(failed, ast.Assert) and isinstance(error, AssertionError)
        else "",
        has_none=any(scope[name] is None for name in names),
    )


def _origins(function: ast.AST, last: int) -> dict[str, str]:
    """The text of the latest assignment to each variable, up to line `last`."""
    made = [n for n in ast.walk(function) if isinstance(n, ast.Assign) and n.lineno <= last]
    return {
        node.id: ast.unparse(assignment)
        for assignment in sorted(made, key=lambda n: n.lineno)
        for target in assignment.targets
        for node in (target.elts if isinstance(target, ast.Tuple) else [target])
        if isinstance(node, ast.Name)
    }


def _variables(statement: ast.stmt, scope: dict[str, Any]) -> Iterator[str]:
    """The variables that the statement reads; not its modules, functions and classes."""
    read = [node.id for node in ast.walk(statement) if isinstance(node, ast.Name)]
    for name in dict.fromkeys(read):
        if name in scope and not isinstance(scope[name], (ModuleType, FunctionType, type)):
            yield name


def _described(name: str, value: Any, origin: str) -> str:
    shown = f"{name} is {_shown(value)}"
    return f"{_cut(origin)}\n  {shown}" if origin else shown


def _compared(statement: ast.stmt, called: dict[str, Any]) -> Iterator[str]:
    """What the two sides of an `assert_close` were, where they are not variables."""
    match statement:
        case ast.Expr(ast.Call(ast.Attribute(attr="assert_close"), [left, right, *_])):
            for side, name in ((left, "actual"), (right, "expected")):
                if not isinstance(side, ast.Name) and name in called:
                    yield f"{_cut(ast.unparse(side))}\n  is {_shown(called[name])}"


def _verdict(test: ast.expr, scope: dict[str, Any]) -> str:
    acts = (ast.Call, ast.NamedExpr, ast.comprehension)  # not to be run a second time
    if any(isinstance(node, acts) for node in ast.walk(test)):
        return ""
    match test:
        case ast.Compare(left=left, ops=[ast.Eq() | ast.Is()], comparators=[right]):
            is_, wanted = _evaluated(left, scope), _evaluated(right, scope)
            return f"{ast.unparse(left)} is {is_} and should be {wanted}."
        case ast.Compare(left=ast.Attribute(attr="grad") as left, ops=[ast.IsNot()]):
            return f"{ast.unparse(left)} is None: no gradient reached it."
        case ast.Attribute(attr="requires_grad"):
            return f"{ast.unparse(test)} is False: no gradient can reach what it was made from."
    return ""


def _evaluated(expression: ast.expr, scope: dict[str, Any]) -> str:
    """The value of an expression that only looks things up."""
    return _shown(eval(compile(ast.Expression(expression), "<test>", "eval"), scope))


def _shown(value: Any) -> str:
    if isinstance(value, tuple) and all(isinstance(size, int) for size in value):
        return str(tuple(value))  # a shape
    if isinstance(value, (torch.dtype, torch.device)):
        return str(value)
    return _cut(summary(value, values=True))


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 3]}..."
