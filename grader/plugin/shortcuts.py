"""Shortcuts: a library's own answer where the student was to write one. Seen in source and calls."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from contextlib import contextmanager

from grader.curriculum import Exercise
from grader.plugin.provider import Provider


class Refused(Exception):
    """The answer is a shortcut; the message says which."""


class Shortcut:
    """The fixture `shortcut`: refuses an answer that takes one."""

    def __init__(self, provider: Provider, exercise: Exercise) -> None:
        self._provider, self._exercise = provider, exercise

    def refuse_source(self, target: str, forbidden: set[str]) -> None:
        """Refuse where the code of `target` names one of `forbidden`.

        Names are dotted and absolute (`torch.nn.Linear`), whatever alias the student imported them
        by; the helpers of the same file that the target uses are read too. A forbidden name that
        ends with `.` stands for everything in that package (`torch.optim.`).
        """
        for used in sorted(used_names(self._provider.source(self._exercise), target)):
            if used in forbidden or any(f[-1] == "." and used.startswith(f) for f in forbidden):
                raise Refused(f"{target} uses {used}: write it yourself here.")

    @contextmanager
    def refuse_operators(self, target: str, forbidden: set[str]) -> Iterator[None]:
        """Refuse where a call inside the block dispatches one of `forbidden` (`aten::mm`)."""
        with self._provider.watch() as operators:
            yield
        for used in sorted(operators & forbidden):
            raise Refused(f"{target} ran PyTorch's own {used.removeprefix('aten::').strip('_')}.")


def used_names(source: str, target: str) -> set[str]:
    """The absolute dotted names that `target` uses, itself or through helpers of the same file."""
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return set()
    aliases: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for a in node.names:
                aliases[a.asname or a.name.split(".")[0]] = a.name if a.asname else a.name.split(".")[0]
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            aliases |= {a.asname or a.name: f"{node.module}.{a.name}" for a in node.names}
    local = {n.name: n for n in tree.body if isinstance(n, (ast.FunctionDef, ast.ClassDef))}
    constants = {
        t.id: n.value for n in tree.body if isinstance(n, ast.Assign)
        for t in n.targets if isinstance(t, ast.Name)
    }
    names: set[str] = set()
    todo, seen = [target], set()
    while todo:
        name = todo.pop()
        node = local.get(name) or constants.get(name)
        if node is None or name in seen:
            continue
        seen.add(name)
        for used in ast.walk(node):
            dotted = _dotted(used)
            if dotted is None:
                continue
            head, _, rest = dotted.partition(".")
            if head in local or head in constants:
                todo.append(head)
            elif head in aliases:
                names.add(".".join(filter(None, (aliases[head], rest))))
    return names


def _dotted(node: ast.AST) -> str | None:
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    return ".".join([node.id, *reversed(parts)]) if isinstance(node, ast.Name) else None
