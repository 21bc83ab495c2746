"""What each statement of a notebook defines and needs, by Python's own symbol tables."""

from __future__ import annotations

import ast
import re
import symtable
from collections.abc import Iterator
from dataclasses import dataclass, field

from grader.assignment.python import first_line
from grader.submission.notebook.cells import Cell, Code

# Calls that fetch, read or wait: a module that is graded can't make them, and shouldn't.
_READS = re.compile(
    r"open|input|load|loadtxt|genfromtxt|read_\w+|urlopen|urlretrieve|download\w*|mount|load_\w+|"
    r"system|MNIST|sleep|get_ipython|getpass"
)
_OUTSIDE = {"requests", "urllib", "wget", "gdown", "drive", "subprocess", "torchvision", "datasets"}
_TRAINS = {"backward", "step", "fit", "train"}
_PLOTS = {"plt", "sns", "ax", "axes", "fig", "px", "pyplot"}
_SHOWS = {"print", "display", "help", "clear_output", "summary"}
_CHANGES = {"append", "extend", "insert", "update", "add", "setdefault"}
_IMMEDIATE = {"listcomp", "setcomp", "dictcomp", "genexpr"}


@dataclass
class Statement:
    """One or more statements that share lines of a cell.

    `binds` are the names that it defines, and `needs` those that it uses when it runs. `later` are
    those that functions in it use when they are called, and `changes` those that it changes in
    place. `partial`: it may leave what it binds as it was, in a branch for example. `why`: why it
    must not run when the module is graded, or '' if it may.
    """

    cell: Cell
    first: int
    text: list[str]
    nodes: list[ast.stmt]
    binds: set[str] = field(default_factory=set)
    needs: set[str] = field(default_factory=set)
    later: set[str] = field(default_factory=set)
    changes: set[str] = field(default_factory=set)
    partial: bool = False
    why: str = ""

    @property
    def node(self) -> ast.stmt:
        return self.nodes[0]

    @property
    def is_import(self) -> bool:
        return all(isinstance(node, (ast.Import, ast.ImportFrom)) for node in self.nodes)

    @property
    def is_star(self) -> bool:
        froms = [n for n in self.nodes if isinstance(n, ast.ImportFrom)]
        return any(alias.name == "*" for n in froms for alias in n.names)

    @property
    def is_future(self) -> bool:
        return isinstance(self.node, ast.ImportFrom) and self.node.module == "__future__"

    @property
    def is_definition(self) -> bool:
        return isinstance(self.node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef))


def statements(code: Code, functions: set[str], own: set[str]) -> Iterator[Statement]:
    """The statements of a cell, in order. A statement that calls `functions` is an experiment.

    `own`: what the notebook defines, of which no name says that it reads something.
    """
    for nodes in _sharing_lines(code.body):
        first = min(map(first_line, nodes))
        last = max(node.end_lineno or node.lineno for node in nodes)
        statement = Statement(code.cell, first, code.lines[first - 1 : last], nodes)
        try:
            _scopes(statement)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            statement.why = "it only runs inside Jupyter"
        else:
            statement.why = _experiment(nodes, functions, own)
        yield statement


def _sharing_lines(body: list[ast.stmt]) -> Iterator[list[ast.stmt]]:
    group: list[ast.stmt] = []
    for node in body:
        if group and first_line(node) > (group[-1].end_lineno or 0):
            yield group
            group = []
        group.append(node)
    if group:
        yield group


def _scopes(statement: Statement) -> None:
    """Fill in the names. Raises `SyntaxError` for what can't be in a module, such as `await`."""
    text = "\n".join(statement.text)
    compile(text, "cell", "exec", dont_inherit=True)
    table = symtable.symtable(text, "cell", "exec")
    for symbol in table.get_symbols():
        if symbol.is_assigned() or symbol.is_imported():
            statement.binds.add(symbol.get_name())
        if symbol.is_referenced():
            statement.needs.add(symbol.get_name())
    for child in table.get_children():
        _inner(statement, child, late=False)
    for node in statement.nodes:
        _changes(statement, node)
    whole = (ast.Assign, ast.AnnAssign, ast.Import, ast.ImportFrom)
    statement.partial = not (
        statement.is_definition or all(isinstance(node, whole) for node in statement.nodes)
    )


def _inner(statement: Statement, table: symtable.SymbolTable, late: bool) -> None:
    """Add the globals that an inner scope uses: class bodies and comprehensions run at once."""
    runs_later = str(table.get_type()) == "function" and table.get_name() not in _IMMEDIATE
    late = late or runs_later
    names = {s.get_name() for s in table.get_symbols() if s.is_global()}
    (statement.later if late else statement.needs).update(names)
    for child in table.get_children():
        _inner(statement, child, late)


def _changes(statement: Statement, node: ast.stmt) -> None:
    """Add what a statement changes in place, also in its body.

    `TABLE[3] = …`, `SIZES.append(…)`, `weights.requires_grad_()`, `nn.init.zeros_(bias)`,
    `@add_to_class(Net)`
    """
    for part in _running(node):
        targets: list[ast.expr] = []
        if isinstance(part, ast.Assign):
            targets = part.targets
        elif isinstance(part, (ast.AugAssign, ast.AnnAssign)):
            targets = [part.target]
        elif isinstance(part, ast.Expr) and isinstance(part.value, ast.Call):
            in_place = _called(part.value).endswith("_")
            if isinstance(part.value.func, ast.Attribute):
                targets = [part.value.func] if in_place or part.value.func.attr in _CHANGES else []
            names = [a.id for a in part.value.args if isinstance(a, ast.Name)]
            statement.changes.update(names if in_place else ())
        elif isinstance(part, (ast.FunctionDef, ast.ClassDef)):
            calls = [d for d in part.decorator_list if isinstance(d, ast.Call)]
            statement.changes |= {a.id for c in calls for a in c.args if isinstance(a, ast.Name)}
        for target in targets:
            base = target
            while isinstance(base, (ast.Attribute, ast.Subscript)):
                base = base.value
            if base is not target and isinstance(base, ast.Name):
                statement.changes.add(base.id)


def _experiment(nodes: list[ast.stmt], functions: set[str], own: set[str]) -> str:
    """Why these statements aren't run when graded; '' for a definition or a constant."""
    rests = [n for n in nodes if not isinstance(n, (ast.FunctionDef, ast.ClassDef))]
    if all(isinstance(n, (ast.Import, ast.ImportFrom)) for n in rests):
        return ""
    calls = [part for node in rests for part in _running(node) if isinstance(part, ast.Call)]
    names = {part.id for node in rests for part in _running(node) if isinstance(part, ast.Name)}
    plain = {call.func.id for call in calls if isinstance(call.func, ast.Name)}
    methods = {call.func.attr for call in calls if isinstance(call.func, ast.Attribute)}
    if any(isinstance(node, ast.Assert) for node in rests):
        return "it tests"
    if plain & functions or methods & _TRAINS:
        return "it runs your code"
    if names & _OUTSIDE or any(_READS.fullmatch(name) for name in (plain - own) | methods):
        return "it reads or downloads something"
    return ""


def _running(node: ast.AST) -> Iterator[ast.AST]:
    """The parts of a statement that run with it, without the bodies of functions."""
    todo = [node]
    while todo:
        part = todo.pop()
        yield part
        if not isinstance(part, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)):
            todo.extend(ast.iter_child_nodes(part))


def _called(call: ast.Call) -> str:
    function = call.func
    if isinstance(function, ast.Attribute):
        return function.attr
    return function.id if isinstance(function, ast.Name) else ""


def purpose(statement: Statement) -> str:
    """In a few words, the purpose of a statement that no target needs."""
    if statement.why:
        return statement.why
    node = statement.node
    names = {part.id for part in _running(node) if isinstance(part, ast.Name)}
    calls = {_called(part) for part in _running(node) if isinstance(part, ast.Call)}
    if names & _PLOTS:
        return "it plots"
    if any(name.startswith("test_") for name in {*calls, getattr(node, "name", "")}):
        return "it tests"
    if isinstance(node, (ast.For, ast.While)):
        return "it runs your code"
    if isinstance(node, ast.Expr) and (calls & _SHOWS or not calls):
        return "it only shows something"
    if statement.is_import:
        return "nothing that is graded needs this import"
    return "nothing that is graded needs it"
