"""Make first-order mutants: answers that differ from a right one in one place.

An operator takes a node of the syntax tree and gives what may stand there instead. Most mutants
are wrong. Some are right all the same; who reads the survivors decides.
"""

from __future__ import annotations

import ast
import difflib
import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import libcst as cst

CstNode = Any  # LibCST's nodes are of many classes, and replacing one needs none of their types


@dataclass(frozen=True)
class Mutant:
    """A right answer with one change in it. `target` is the definition that the change is in."""

    target: str
    operator: str
    source: str
    diff: str


# What is often written for the other: names of functions and methods, either way.
TWINS = (
    ("sum", "mean"), ("exp", "log"), ("log", "log10"), ("log", "log2"), ("max", "min"),
    ("argmax", "argmin"), ("randn", "rand"), ("zeros", "ones"), ("zeros_like", "ones_like"),
    ("tanh", "sigmoid"), ("tanh", "relu"), ("softmax", "log_softmax"), ("float", "double"),
    ("long", "int"), ("float32", "float64"), ("sub_", "add_"), ("gather", "take"),
    ("randperm", "arange"), ("SGD", "Adam"), ("mse_loss", "l1_loss"), ("train", "eval"),
)  # fmt: skip
_WITHOUT_EFFECT = (  # arguments that make no right answer wrong
    "strict", "set_to_none", "non_blocking", "num_workers", "foreach", "flush",
)  # fmt: skip
_OPERATORS = {
    "Add": "-", "Subtract": "+", "Multiply": "/", "Divide": "*", "FloorDivide": "/",
    "MatrixMultiply": "*", "Power": "*", "Modulo": "//", "LessThan": "<=", "LessThanEqual": "<",
    "GreaterThan": ">=", "GreaterThanEqual": ">", "Equal": "!=", "NotEqual": "==", "Is": "is not",
    "IsNot": "is", "And": "or", "Or": "and", "AddAssign": "-=", "SubtractAssign": "+=",
    "MultiplyAssign": "/=", "DivideAssign": "*=",
}  # fmt: skip


def mutants_of(source: str, targets: Sequence[str] = ()) -> list[Mutant]:
    """All first-order mutants of a file's functions and classes, no two of them alike.

    With `targets`, only of what these are made of: a comparison or a demonstration beside them is
    left alone.
    """
    module = cst.parse_module(source)
    counted = _parts_of(source, targets)
    found = []
    place = 0
    for statement in module.body:
        text = module.code_for_node(statement)
        place = source.index(text, place)
        if not isinstance(statement, (cst.FunctionDef, cst.ClassDef)):
            continue
        target = counted.get(statement.name.value, "") if targets else statement.name.value
        if not target:
            continue
        seen = {ast.dump(ast.parse(text))}
        for operator, node, new in _changes(statement):
            changed = module.code_for_node(statement.deep_replace(node, new))
            try:
                tree = ast.dump(ast.parse(changed))
            except SyntaxError:
                continue  # such as `break` put outside of a loop
            if tree not in seen:
                seen.add(tree)
                whole = source[:place] + changed + source[place + len(text) :]
                found.append(Mutant(target, operator, whole, _difference(text, changed)))
    return found


def _parts_of(source: str, targets: Sequence[str]) -> dict[str, str]:
    """The names that targets are made of, each with the first target that uses it."""
    uses: dict[str, set[str]] = {}
    for statement in ast.parse(source).body:
        names = _names(statement)
        bound = {name for name, context in names if isinstance(context, ast.Store)}
        if isinstance(statement, (ast.FunctionDef, ast.ClassDef)):
            bound = {statement.name}
        for name in bound:
            uses.setdefault(name, set()).update(name for name, _ in names)
    found: dict[str, str] = {}
    for target in targets:
        todo = {target}
        while todo:
            name = todo.pop()
            if name in uses and name not in found:
                found[name] = target
                todo |= uses[name]
    return found


def _names(node: ast.AST) -> set[tuple[str, ast.expr_context]]:
    """The names in a piece of code, with whether each is read or written; not of assertions."""
    if isinstance(node, ast.Assert):
        return set()
    here = {(node.id, node.ctx)} if isinstance(node, ast.Name) else set()
    return here.union(*map(_names, ast.iter_child_nodes(node)))


def _difference(old: str, new: str) -> str:
    """The lines that differ, as a diff without its headings."""
    lines = difflib.unified_diff(old.splitlines(), new.splitlines(), lineterm="", n=0)
    return "\n".join(line for line in list(lines)[2:] if not line.startswith("@@"))


def _changes(top: CstNode) -> Iterator[tuple[str, CstNode, CstNode]]:
    """Operator, node and replacement, for every place of a definition."""
    todo = [top]
    while todo:
        node = todo.pop()
        if isinstance(node, (cst.Annotation, cst.SimpleString, cst.ConcatenatedString, cst.Import)):
            continue
        if _is_talk(node):
            continue
        if isinstance(node, cst.Arg) and node.keyword and node.keyword.value in _WITHOUT_EFFECT:
            continue
        for operator, new in _replacements(node):
            if node is not top:
                yield operator, node, new
        if node is top and isinstance(node, cst.FunctionDef):
            for number in range(len(node.decorators)):
                kept = [d for place, d in enumerate(node.decorators) if place != number]
                yield "a decorator left out", node, node.with_changes(decorators=kept)
        if _code(node) != "-1":
            todo += reversed(node.children)


def _is_talk(node: CstNode) -> bool:
    """Docstrings, prints and assertions: nobody's answer depends on them."""
    if isinstance(node, (cst.If, cst.With)) and getattr(node, "orelse", None) is None:
        return all(map(_is_talk, node.body.body))
    if not isinstance(node, cst.SimpleStatementLine):
        return False
    [first, *_] = node.body
    if isinstance(first, cst.Assert):
        return True
    if not isinstance(first, cst.Expr):
        return False
    if isinstance(first.value, (cst.SimpleString, cst.ConcatenatedString)):
        return True
    return isinstance(first.value, cst.Call) and _name(first.value.func) == "print"


def _replacements(node: CstNode) -> Iterator[tuple[str, CstNode]]:
    make = _MAKERS.get(type(node).__name__)
    if make:
        yield from make(node)
    if type(node).__name__ in _OPERATORS:
        yield "another operator", _operator(node)


def _operator(node: CstNode) -> CstNode:
    """The operator that is written instead of this one."""
    text = _OPERATORS[type(node).__name__]
    if text.endswith("=") and text not in ("<=", ">=", "!=", "=="):
        statement: CstNode = cst.parse_statement(f"a {text} b")
        return statement.body[0].operator
    expression: CstNode = cst.parse_expression(f"a {text} b")
    if isinstance(expression, cst.Comparison):
        return expression.comparisons[0].operator
    return expression.operator


def _expression(code: str) -> CstNode:
    return cst.parse_expression(code)


def _code(node: CstNode) -> str:
    return cst.Module([]).code_for_node(node)


def _name(node: CstNode) -> str:
    """The last part of a dotted name; '' for anything else."""
    if isinstance(node, cst.Attribute):
        return node.attr.value
    return node.value if isinstance(node, cst.Name) else ""


def _call(node: CstNode) -> Iterator[tuple[str, CstNode]]:
    args = list(node.args)
    name = _name(node.func)
    if isinstance(node.func, cst.Attribute) and not _is_library(node.func.value):
        yield f"a lost .{name}()", node.func.value
    elif args and name not in ("range", "super"):
        yield f"a lost {name}()", args[0].value
    for number, arg in enumerate(args):
        if arg.keyword is not None and arg.keyword.value not in _WITHOUT_EFFECT:
            rest = [*args[:number], *args[number + 1 :]]
            yield f"{arg.keyword.value}= left out", _with_args(node, rest)
    plain = [n for n, arg in enumerate(args) if arg.keyword is None and not arg.star]
    for one, other in itertools.pairwise(plain):
        swapped = list(args)
        swapped[one] = args[one].with_changes(value=args[other].value)
        swapped[other] = args[other].with_changes(value=args[one].value)
        yield "swapped arguments", _with_args(node, swapped)
    if len(plain) > 1:
        yield (
            "an argument left out",
            _with_args(node, [a for a in args if a is not args[plain[-1]]]),
        )
    if name == "range" and args:
        for change in ("- 1", "+ 1"):
            last = args[min(1, len(args) - 1)]
            value = _expression(f"({_code(last.value)}) {change}")
            fewer = [last.with_changes(value=value) if a is last else a for a in args]
            yield "off by one", _with_args(node, fewer)


def _with_args(node: CstNode, args: list[CstNode]) -> CstNode:
    tidy = [arg.with_changes(comma=cst.MaybeSentinel.DEFAULT) for arg in args]
    return node.with_changes(args=tidy)


def _is_library(node: CstNode) -> bool:
    """Whether what stands before the dot is a module such as `torch` or `nn.init`."""
    while isinstance(node, cst.Attribute):
        node = node.value
    return isinstance(node, cst.Name) and node.value in ("torch", "nn", "F", "np", "math", "optim")


def _named(node: CstNode) -> Iterator[tuple[str, CstNode]]:
    for one, other in TWINS:
        for old, new in ((one, other), (other, one)):
            if node.attr.value == old:
                yield f"{new} for {old}", node.with_changes(attr=cst.Name(new))
    if node.attr.value in ("T", "mT", "data"):
        yield f"a lost .{node.attr.value}", node.value


def _boolean(node: CstNode) -> Iterator[tuple[str, CstNode]]:
    if node.value in ("True", "False"):
        yield "the other truth", cst.Name("False" if node.value == "True" else "True")


def _integer(node: CstNode) -> Iterator[tuple[str, CstNode]]:
    value = node.evaluated_value
    fewer = {abs(value - 1)} if value < 4 else set()
    for other in sorted({value + 1, 0, *fewer} - {value}):
        yield "another constant", _expression(str(other))


def _float(node: CstNode) -> Iterator[tuple[str, CstNode]]:
    value = node.evaluated_value
    for other in {value * 2, value / 10} - {value}:
        yield "another constant", _expression(repr(other))


def _unary(node: CstNode) -> Iterator[tuple[str, CstNode]]:
    if _code(node) == "-1":  # mostly a dimension, and of two the last one is 1
        yield "another dimension", _expression("0")
        yield "another dimension", _expression("-2")
    else:
        yield "a lost sign", node.expression


def _binary(node: CstNode) -> Iterator[tuple[str, CstNode]]:
    yield "the left side only", node.left
    yield "the right side only", node.right
    if isinstance(node.operator, (cst.Subtract, cst.Divide, cst.MatrixMultiply, cst.Power)):
        left = node.left.with_changes(lpar=[cst.LeftParen()], rpar=[cst.RightParen()])
        right = node.right.with_changes(lpar=[cst.LeftParen()], rpar=[cst.RightParen()])
        yield "swapped sides", node.with_changes(left=right, right=left)


def _either(node: CstNode) -> Iterator[tuple[str, CstNode]]:
    yield "always the first", node.body
    yield "always the second", node.orelse


def _slice(node: CstNode) -> Iterator[tuple[str, CstNode]]:
    for side, sign in (("lower", "+"), ("upper", "-")):
        bound = getattr(node, side)
        if bound is not None:
            yield f"no {side} end", node.with_changes(**{side: None})
            off = _expression(f"({_code(bound)}) {sign} 1")
            yield "off by one", node.with_changes(**{side: off})


def _line(node: CstNode) -> Iterator[tuple[str, CstNode]]:
    if not isinstance(node.body[0], (cst.Pass, cst.Import, cst.ImportFrom)):
        yield "a statement left out", node.with_changes(body=[cst.Pass()])


def _augmented(node: CstNode) -> Iterator[tuple[str, CstNode]]:
    target = cst.AssignTarget(node.target)
    yield "= for an update", cst.Assign([target], node.value)


def _with(node: CstNode) -> Iterator[tuple[str, CstNode]]:
    yield "a lost with", cst.If(cst.Name("True"), node.body)


def _if(node: CstNode) -> Iterator[tuple[str, CstNode]]:
    yield "always", node.with_changes(test=cst.Name("True"))
    yield "never", node.with_changes(test=cst.Name("False"))


def _for(node: CstNode) -> Iterator[tuple[str, CstNode]]:
    yield "a loop left out", cst.If(cst.Name("False"), node.body)
    first = _expression(f"[*{_code(node.iter)}][:1]")
    yield "the first round only", node.with_changes(iter=first)


def _elements(node: CstNode) -> Iterator[tuple[str, CstNode]]:
    if len(node.elements) > 1:
        first, second, *rest = node.elements
        swapped = [
            first.with_changes(value=second.value), second.with_changes(value=first.value), *rest
        ]  # fmt: skip
        yield "swapped elements", node.with_changes(elements=swapped)


_MAKERS: dict[str, Callable[[CstNode], Iterator[tuple[str, CstNode]]]] = {
    "Call": _call,
    "Attribute": _named,
    "Name": _boolean,
    "Integer": _integer,
    "Float": _float,
    "UnaryOperation": _unary,
    "BinaryOperation": _binary,
    "BooleanOperation": _binary,
    "IfExp": _either,
    "Slice": _slice,
    "SimpleStatementLine": _line,
    "AugAssign": _augmented,
    "With": _with,
    "If": _if,
    "For": _for,
    "Tuple": _elements,
}
