"""A file of the submission, run statement by statement: one that raises costs what it defines.

A demonstration below the answers, a data file that isn't here, a missing module: what else the file
defines is graded all the same. Imports that have no fallback of their own get a stand-in.
"""

from __future__ import annotations
import __future__

import ast
import sys
from collections.abc import Callable, Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

from grader.sandbox.stand_ins import StandIn

STAND_IN = "__stand_in__"
_CATCHES = {"ImportError", "ModuleNotFoundError", "Exception", "BaseException"}
# A handler that does one of these has no fallback: it ends, or tries to install the module.
_GIVES_UP = {"exit", "quit", "_exit", "system", "call", "check_call", "run", "Popen", "main"}


class Lost(NamedTuple):
    """A statement that raised: where, what, and the names that it would have defined."""

    file: str
    line: int
    error: BaseException
    names: frozenset[str]


class Stepwise(SourceFileLoader):
    """Runs a file's statements one by one; whoever made it is told of those that raise."""

    def __init__(self, name: str, path: str, files: Files) -> None:
        super().__init__(name, path)
        self._files = files

    def exec_module(self, module: ModuleType) -> None:
        """Raises `SyntaxError`, as importing does, before anything has run."""
        space = module.__dict__
        space[STAND_IN] = self._files.stand_in
        for statement, code in self._compiled():
            try:
                exec(code, space)
            except MemoryError:
                raise
            except (Exception, SystemExit) as error:
                gone = frozenset(_defined(statement) - space.keys())
                self._files.lose(Lost(self.path, statement.lineno, error, gone))
                if isinstance(error, SystemExit):
                    return

    def _compiled(self) -> list[tuple[ast.stmt, Any]]:
        tree = ast.parse(self.get_data(self.path), self.path)
        body = [s for n, s in enumerate(tree.body) if n == 0 or not _is_text(s)]
        flags = 0
        for statement in body:
            if isinstance(statement, ast.ImportFrom) and statement.module == "__future__":
                for alias in statement.names:
                    flags |= getattr(getattr(__future__, alias.name, None), "compiler_flag", 0)
        compiled = []
        for statement in body:
            parts = _Imports().visit(statement)
            whole = ast.Module(parts if isinstance(parts, list) else [parts], type_ignores=[])
            code = compile(whole, self.path, "exec", flags, dont_inherit=True)
            compiled.append((statement, code))
        return compiled


class Files(MetaPathFinder):
    """Has what lies in one folder imported stepwise, and gives stand-ins for what isn't there."""

    def __init__(self, folder: Path, lose: Callable[[Lost], None], lack: Callable[[str], None]):
        """`lose` is told of every statement that raised, `lack` of every missing module."""
        self._folder = folder
        self.lose, self._lack = lose, lack

    def loader(self, name: str, path: Path) -> Stepwise:
        return Stepwise(name, str(path), self)

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: Any = None
    ) -> ModuleSpec | None:
        spec = PathFinder.find_spec(fullname, path)
        if spec is None or type(spec.loader) is not SourceFileLoader:
            return None
        file = Path(spec.loader.path)
        if not file.is_relative_to(self._folder):
            return None
        spec.loader = self.loader(fullname, file)
        return spec

    def stand_in(self, module: str, name: str = "") -> Any:
        """What stands for a module, or for a name of it, whose import has just raised.

        It is called in an `except` clause, and raises the error again where it is the student's
        own: a name that a module doesn't have, or a file of theirs.
        """
        error = sys.exc_info()[1]
        if not isinstance(error, Exception) or not self._is_missing(error):
            raise
        missing = isinstance(error, ModuleNotFoundError) and error.name
        missing = (missing or module).partition(".")[0]
        self._lack(missing)
        if not name and module in sys.modules:  # `import torch.missing` binds torch
            return sys.modules[module]
        return StandIn(f"{module}.{name}" if name else module, missing)

    def _is_missing(self, error: Exception) -> bool:
        if isinstance(error, ModuleNotFoundError):
            top = (error.name or "").partition(".")[0]
            own = (self._folder / top).exists() or (self._folder / f"{top}.py").exists()
            return bool(top) and top not in sys.modules and not own
        # An installed module that can't be loaded in a sandbox raises in a file of its own.
        trace = error.__traceback__
        while trace is not None and trace.tb_next is not None:
            trace = trace.tb_next
        place = trace.tb_frame.f_code.co_filename if trace else ""
        return not isinstance(error, MemoryError) and not place.startswith(str(self._folder))


class _Imports(ast.NodeTransformer):
    """Has an import that fails ask for a stand-in, unless the code has a fallback of its own."""

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
        if any(map(_falls_back, node.handlers)):
            node.body = []
        self.generic_visit(node)
        node.body = node.body or tried
        return node

    visit_TryStar = visit_Try  # noqa: N815 - its name is Python's

    def visit_With(self, node: ast.With) -> Any:
        calls = (item.context_expr for item in node.items)
        suppressed = {_name(a) for c in calls if isinstance(c, ast.Call) for a in c.args}
        return node if suppressed & _CATCHES else self.generic_visit(node)


def _falls_back(handler: ast.ExceptHandler) -> bool:
    """Whether a handler does something else where an import fails."""
    caught = handler.type
    kinds = caught.elts if isinstance(caught, ast.Tuple) else [caught]
    if caught is not None and not _CATCHES & {_name(kind) for kind in kinds}:
        return False
    parts = [part for statement in handler.body for part in ast.walk(statement)]
    calls = {_name(part.func) for part in parts if isinstance(part, ast.Call)}
    return not calls & _GIVES_UP and not any(isinstance(part, ast.Raise) for part in parts)


def _name(node: ast.AST | None) -> str:
    return node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")


def _is_text(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)


def _defined(statement: ast.stmt) -> set[str]:
    """The names that a statement defines in its module."""
    names: set[str] = set()
    todo: list[ast.AST] = [statement]
    while todo:
        part = todo.pop()
        if isinstance(part, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            names.add(part.name)
            continue
        if isinstance(part, ast.alias):
            names.add((part.asname or part.name).partition(".")[0])
        elif isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store):
            names.add(part.id)
        todo += ast.iter_child_nodes(part)
    return names
