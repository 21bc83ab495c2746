"""A lesson as a test reads it: its text, the code printed in it, and the reference beside it."""

from __future__ import annotations

import ast
import contextlib
import io
import re
import sys
import tokenize
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import torch

from grader.assignment.exercises import Exercise, find_exercises

ROOT = Path(__file__).parents[2]
LESSONS = {e.name: e for e in find_exercises(ROOT / "exercises")}
CODE = re.compile(r"^```python\n(.*?)^```", re.MULTILINE | re.DOTALL)
NUMBER = re.compile(r"[-−]?\d+(?:,\d{3})*(?:\.\d+)?")


def text_of(name: str) -> str:
    """The lesson without its comments, with every run of blanks and line ends as one blank."""
    text = (LESSONS[name].folder / "README.md").read_text("utf-8")
    return words(re.sub(r"<!--.*?-->", "", text, flags=re.DOTALL))


def words(text: str) -> str:
    return " ".join(text.split())


def minus(value: Any, digits: int = 0) -> str:
    """A number as lessons print it: `digits` decimals, and a real minus sign."""
    number = value.item() if isinstance(value, torch.Tensor) else value
    return f"{number:.{digits}f}".replace("-", "−")


def reference(name: str) -> ModuleType:
    """The reference's module, under the name by which a lesson imports it."""
    exercise = Exercise(ROOT / "solutions" / name)
    module = ModuleType(exercise.module)
    code = compile(exercise.file.read_text("utf-8"), str(exercise.file), "exec")
    exec(code, module.__dict__)
    return module


@contextlib.contextmanager
def importable(module: ModuleType) -> Iterator[None]:
    """`module` is what an import of its name gives."""
    before = sys.modules.get(module.__name__)
    sys.modules[module.__name__] = module
    try:
        yield
    finally:
        if before is None:
            del sys.modules[module.__name__]
        else:
            sys.modules[module.__name__] = before


def blocks(name: str) -> list[str]:
    return CODE.findall((LESSONS[name].folder / "README.md").read_text("utf-8"))


def run_block(code: str, names: dict[str, Any]) -> list[tuple[str, str]]:
    """Run a block; pairs of what a comment says and what the line before it gave or printed.

    Only comments that begin with a value or *about* promise something.
    """
    comments = {}
    for token in tokenize.generate_tokens(io.StringIO(code).readline):
        if token.type == tokenize.COMMENT:
            comments[token.start[0]] = token.string.lstrip("# ")
    seen = []
    for node in ast.parse(code).body:
        printed = io.StringIO()
        given = ""
        with contextlib.redirect_stdout(printed):
            if isinstance(node, ast.Expr):
                value = eval(compile(ast.Expression(node.value), "lesson", "eval"), names)
                given = "" if value is None else repr(value)
            else:
                exec(compile(ast.Module([node], []), "lesson", "exec"), names)
        line = node.end_lineno or 0
        # a comment at the end of the line, or one that has the next line for itself
        comment = comments.get(line) or (comments.get(line + 1) if ends_there(code, line) else None)
        if comment and re.match(r"about |[-\[\d(<{']|tensor|torch\.|None|True|False", comment):
            seen.append((comment, printed.getvalue().strip() or given))
    return seen


def ends_there(code: str, line: int) -> bool:
    following = code.splitlines()[line : line + 1]
    return bool(following) and following[0].startswith("# ")


def holds(promise: str, given: str) -> bool:
    """The same text; or, after *about*, numbers that agree to 2 % or to the last digit shown."""
    if not promise.startswith("about "):
        return promise.startswith(given)
    promised = NUMBER.findall(promise.partition(": ")[0])
    found = [float(n) for n in NUMBER.findall(given.replace(",", " "))]
    near = [
        abs(value - float(number)) <= max(0.02 * abs(value), 0.6 * 10 ** -decimals(number))
        for number, value in zip(promised, found, strict=True)
    ]
    return bool(near) and all(near)


def decimals(number: str) -> int:
    return len(number.partition(".")[2])


def column(*values: float) -> torch.Tensor:
    return torch.tensor(values, dtype=torch.float32).unsqueeze(1)
