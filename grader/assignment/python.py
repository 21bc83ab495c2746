"""Python code as a tree. The code may be a student's, so anything may stand in it."""

from __future__ import annotations

import ast
import warnings
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def without_warnings() -> Iterator[None]:
    """Keep Python from warning about the code that is read inside: about invalid escapes, say."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def parse(source: str | bytes) -> ast.Module:
    """The tree of a source. Raises `SyntaxError`, and nothing else, where it can't be parsed."""
    try:
        with without_warnings():
            return ast.parse(source)
    except SyntaxError:
        raise
    except (ValueError, RecursionError, MemoryError):
        raise SyntaxError("it is nested too deeply") from None


def first_line(node: ast.stmt) -> int:
    """The line on which a statement begins, with its decorators."""
    decorators: list[ast.expr] = getattr(node, "decorator_list", [])
    return min([node.lineno, *(decorator.lineno for decorator in decorators)])
