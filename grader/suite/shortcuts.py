"""Shortcuts: a library's own answer where the student was to write one."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from grader.assignment.exercises import Exercise
from grader.assignment.stubs import is_stub
from grader.suite.checks.observed import Refused

__all__ = ["Refused", "Shortcut"]


class Shortcut:
    """The fixture `shortcut`: refuses an answer that takes one."""

    def __init__(self, provider: Any, exercise: Exercise) -> None:
        self._provider, self._exercise = provider, exercise

    def refuse_source(self, target: str, forbidden: set[str]) -> None:
        """Refuse where the code of `target` names one of `forbidden`.

        Names are dotted and absolute (`torch.nn.Linear`), whatever alias the student imported them
        by; the helpers of the same file that the target uses are read too. A forbidden name that
        ends with `.` stands for everything in that package (`torch.optim.`).
        """
        names = _Source(self._provider.source(self._exercise)).names_used_by(target)
        for used in sorted(names):
            if used in forbidden or any(f[-1] == "." and used.startswith(f) for f in forbidden):
                raise Refused(f"{target} uses {used}: write it yourself here.")

    @contextmanager
    def refuse_operators(self, target: str, forbidden: set[str]) -> Iterator[None]:
        """Refuse where a call inside the block dispatches one of `forbidden` (`aten::mm`)."""
        with self._provider.watch() as operators:
            yield
        for used in sorted(operators & forbidden):
            raise Refused(f"{target} ran PyTorch's own {used.removeprefix('aten::').strip('_')}.")

    @contextmanager
    def refuse_optimizers(self, target: str) -> Iterator[None]:
        """Refuse where an optimizer of torch's takes a step inside the block, or is named.

        However the student came by it, its step announces itself to torch's profiler. So does a
        data loader's batch, which is welcome: with one of these only the source is read.
        """
        self.refuse_source(target, {"torch.optim", "torch.optim."})
        announced = {"profiler::_record_function_enter_new"}
        try:
            self.refuse_source(target, {"torch.utils.data", "torch.utils.data."})
        except Refused:
            announced = set()
        try:
            with self.refuse_operators(target, announced):
                yield
        except Refused:
            text = f"{target} leaves the step to torch.optim: write it yourself here."
            raise Refused(text) from None


class _Source:
    """The text of a student's file, as far as names go."""

    def __init__(self, source: str) -> None:
        if not source:
            raise NotImplementedError
        self._tree = ast.parse(source)  # raises SyntaxError, as importing it does
        self._aliases: dict[str, str] = {}
        self._stars: list[str] = []
        self._definitions: dict[str, ast.AST] = {}
        self._last: dict[str, str] = {}  # what a name is when the file has been read
        for line in self._tree.body:
            if isinstance(line, (ast.FunctionDef, ast.ClassDef)):
                self._last[line.name] = "defined"
            elif isinstance(line, ast.ImportFrom):
                self._last |= {name.asname or name.name: "imported" for name in line.names}
        for node in ast.walk(self._tree):
            self._note(node)

    def _note(self, node: ast.AST) -> None:
        if isinstance(node, ast.Import):
            for name in node.names:
                first = name.name.split(".")[0]
                self._aliases[name.asname or first] = name.name if name.asname else first
        elif isinstance(node, ast.ImportFrom):
            for name in node.names:
                if name.name == "*":
                    self._stars.append(node.module or "")
                else:
                    self._aliases[name.asname or name.name] = f"{node.module}.{name.name}"
        elif isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            self._definitions.setdefault(node.name, node)
        elif isinstance(node, (ast.Assign, ast.AnnAssign)) and node.value:
            for place in node.targets if isinstance(node, ast.Assign) else [node.target]:
                if isinstance(place, ast.Name):
                    self._definitions.setdefault(place.id, node.value)

    def names_used_by(self, target: str) -> set[str]:
        """The absolute dotted names in `target`'s code, and in that of the file's own it uses.

        Raises `NotImplementedError` for a stub, `AssertionError` where the file has no `target`.
        """
        if target not in self._definitions and target not in self._aliases and not self._stars:
            raise AssertionError(f"the file defines no {target}")
        if is_stub(self._definitions.get(target)):
            raise NotImplementedError
        imported = target in self._aliases and self._last.get(target) != "defined"
        names = {self._aliases[target]} if imported else set()
        todo, seen = [target], set()
        while todo:
            name = todo.pop()
            if name in seen or name not in self._definitions:
                continue
            seen.add(name)
            for node in ast.walk(self._definitions[name]):
                head, _, rest = (_dotted(node) or "").partition(".")
                if head in self._definitions:
                    todo.append(head)
                elif head in self._aliases:
                    names.add(".".join(filter(None, (self._aliases[head], rest))))
                elif head:
                    names |= {".".join(filter(None, (s, head, rest))) for s in self._stars}
        return names


def _dotted(node: ast.AST) -> str | None:
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    return ".".join([node.id, *reversed(parts)]) if isinstance(node, ast.Name) else None
