"""Rewrites imports so that one that fails gets a stand-in, unless the code has a fallback."""

from __future__ import annotations

import ast
import functools
from collections import Counter
from typing import Any

STAND_IN = "__stand_in__"
_CATCHES = {"ImportError", "ModuleNotFoundError", "Exception", "BaseException"}
# A handler that calls one of these has no fallback: it exits, or tries to install the module.
_GIVES_UP = {"exit", "quit", "_exit", "system", "call", "check_call", "run", "Popen", "main"}


class Imports(ast.NodeTransformer):
    """Rewrites imports: one that fails asks for a stand-in, unless the code has a fallback."""

    def __init__(self, source: bytes) -> None:
        """`source`: that of the whole file. It is parsed only to look for fallbacks, if need be."""
        self._source = source

    @functools.cached_property
    def _bound(self) -> Counter[str]:
        """The number of times that each name is bound in the file."""
        return Counter(name for part in ast.walk(ast.parse(self._source)) for name in bound(part))

    def visit_Import(self, node: ast.Import) -> Any:
        return [self._tried(node, ast.Import([alias])) for alias in node.names]

    def visit_ImportFrom(self, node: ast.ImportFrom) -> Any:
        return node if node.level or node.module == "__future__" else self._tried(node, node)

    def _tried(
        self, node: ast.Import | ast.ImportFrom, one: ast.Import | ast.ImportFrom
    ) -> ast.Try:
        instead: list[ast.stmt] = []
        for alias in one.names:
            if isinstance(one, ast.ImportFrom):
                given, bound = [one.module or "", alias.name], alias.asname or alias.name
            else:  # `import a.b` binds a
                given = [alias.name if alias.asname else alias.name.partition(".")[0]]
                bound = alias.asname or given[0]
            call = ast.Call(ast.Name(STAND_IN, ast.Load()), [ast.Constant(g) for g in given], [])
            bind = ast.Assign([ast.Name(bound, ast.Store())], call)
            instead.append(ast.Expr(call) if bound == "*" else bind)
        handler = ast.ExceptHandler(None, None, instead)
        tried = ast.Try([one], [handler], [], [])
        for part in ast.walk(tried):
            ast.copy_location(part, node)
        return ast.fix_missing_locations(tried)

    def visit_Try(self, node: Any) -> Any:
        tried = node.body
        if any(self._falls_back(handler, node) for handler in node.handlers):
            node.body = []
        self.generic_visit(node)
        node.body = node.body or tried
        return node

    visit_TryStar = visit_Try  # noqa: N815 - its name is Python's

    def visit_With(self, node: ast.With) -> Any:
        calls = (item.context_expr for item in node.items)
        suppressed = {_name(a) for c in calls if isinstance(c, ast.Call) for a in c.args}
        falls_back = suppressed & _CATCHES and self._goes_on_without(node.body)
        return node if falls_back else self.generic_visit(node)

    def _falls_back(self, handler: ast.ExceptHandler, node: Any) -> bool:
        """Whether a handler has another way to go on when an import fails."""
        caught = handler.type
        kinds = caught.elts if isinstance(caught, ast.Tuple) else [caught]
        if caught is not None and not _CATCHES & {_name(kind) for kind in kinds}:
            return False
        parts = [part for statement in handler.body for part in ast.walk(statement)]
        calls = {_name(part.func) for part in parts if isinstance(part, ast.Call)}
        if calls & _GIVES_UP or any(isinstance(part, ast.Raise) for part in parts):
            return False
        only_speaks = all(isinstance(s, (ast.Expr, ast.Pass)) for s in handler.body)
        return bool(not only_speaks or node.orelse or self._goes_on_without(node.body))

    def _goes_on_without(self, body: list[ast.stmt]) -> bool:
        """Whether the code has another way to go on when the imports of a body fail."""
        if not all(isinstance(statement, (ast.Import, ast.ImportFrom)) for statement in body):
            return True
        return any(self._bound[name] > 1 for statement in body for name in defined(statement))


def _name(node: ast.AST | None) -> str:
    return node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")


def defined(statement: ast.stmt) -> set[str]:
    """The names that a statement defines in its module."""
    names: set[str] = set()
    todo: list[ast.AST] = [statement]
    while todo:
        part = todo.pop()
        names.update(bound(part))
        if not isinstance(part, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            todo += ast.iter_child_nodes(part)
    return names


def bound(part: ast.AST) -> list[str]:
    """The name that a part of a statement binds, or none."""
    if isinstance(part, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        return [part.name]
    if isinstance(part, ast.alias):
        return [(part.asname or part.name).partition(".")[0]]
    return [part.id] if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store) else []
