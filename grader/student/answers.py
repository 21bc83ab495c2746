"""A student's file as text: which targets are still stubs, and a digest of each of the others.

The digest covers the statements that a target may depend on: the whole file except other targets
that it doesn't use. So editing one target leaves the digests of the others as they were.
"""

from __future__ import annotations

import ast
import contextlib
import hashlib
import re
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from grader.assignment.exercises import Exercise, target_among
from grader.assignment.guides import guides_of
from grader.assignment.stubs import Definition, is_stub


@dataclass(frozen=True)
class Answers:
    """One reading of an exercise's file.

    `digests`: of each target that is written, by name. `stubs`: the targets that aren't.
    `broken`: why Python can't read the file, and where; '' where it can.
    """

    digests: dict[str, str] = field(default_factory=dict)
    stubs: frozenset[str] = frozenset()
    broken: str = ""


def given_targets(exercise: Exercise) -> tuple[str, ...]:
    """The targets of the exercise as it was given, even if the student's file is broken."""
    with contextlib.suppress(ValueError):
        if guided := guides_of(exercise).targets:
            return tuple(guided)
    try:
        return exercise.targets
    except (OSError, SyntaxError, ValueError):
        return ()


def read_answers(exercise: Exercise, targets: tuple[str, ...]) -> Answers:
    """Read the file. `targets` are all that were given."""
    try:
        text = exercise.file.read_text("utf-8-sig")
    except FileNotFoundError:
        return Answers(broken="The file is not there.")
    except (OSError, UnicodeDecodeError) as error:
        return Answers(broken=f"The file can't be read: {error}.")
    try:
        tree = ast.parse(text)
    except SyntaxError as error:
        line = (error.text or "").strip()
        return Answers(broken=f"line {error.lineno}:\n    {line}\nSyntaxError: {error.msg}")
    except (ValueError, RecursionError) as error:
        return Answers(broken=str(error))
    defined = {n.name: n for n in tree.body if isinstance(n, Definition) and n.name in targets}
    stubs = frozenset(t for t in targets if t in defined and is_stub(defined[t]))
    suite = _tests_text(exercise)
    return Answers({t: _digest(suite, tree, defined, t) for t in targets if t not in stubs}, stubs)


@dataclass(frozen=True)
class PublicTest:
    """A test function of a public suite. `says`: the first line of its docstring."""

    name: str
    target: str
    says: str
    bonus: bool


def public_tests(exercise: Exercise, targets: tuple[str, ...]) -> list[PublicTest]:
    """The tests of a public suite, in order; none where it is broken."""
    try:
        tree = ast.parse(_tests_text(exercise))
    except SyntaxError:
        return []
    found = (node for node in tree.body if isinstance(node, ast.FunctionDef))
    return [
        PublicTest(
            test.name,
            target_among(targets, test.name),
            (ast.get_docstring(test) or test.name).splitlines()[0],
            any("bonus" in ast.unparse(mark) for mark in test.decorator_list),
        )
        for test in found
        if test.name.startswith("test_")
    ]


def with_stub(text: str, stubs: str, target: str) -> str:
    """A student's file with one target as it was given; the file may be broken Python.

    `stubs`: the file as it was given. Raises `ValueError` where that has no such target.
    """
    given = _block(stubs, target)
    if given is None:
        raise ValueError(f"There is no stub of {target} to go back to.")
    stub = stubs[given[0] : given[1]].rstrip() + "\n"
    place = _block(text, target)
    if place is None:
        return text.rstrip("\n") + "\n\n\n" + stub
    rest = text[place[1] :].lstrip("\n")
    return text[: place[0]] + stub + ("\n\n" + rest if rest else "")


def _block(text: str, target: str) -> tuple[int, int] | None:
    """Where a top-level definition stands: from its decorators to the next line at the margin."""
    pattern = rf"^((?:@.*\n)*)(?:async +)?(?:def|class) +{re.escape(target)}\b.*\n?"
    head = re.search(pattern, text, re.MULTILINE)
    if head is None:
        return None
    following = re.compile(r"^(?![ \t\n)\]}]|#)", re.MULTILINE).search(text, head.end())
    return head.start(), following.start() if following else len(text)


def _digest(suite: str, tree: ast.Module, defined: dict[str, Definition], target: str) -> str:
    """A digest of the target, of the targets that it uses, and of everything else in the file."""
    needed, new = set[str](), {target}
    while new:
        needed |= new
        named = {
            node.id
            for name in new & set(defined)
            for node in ast.walk(defined[name])
            if isinstance(node, ast.Name)
        }
        new = (named & set(defined)) - needed
    others = [defined[name] for name in defined if name not in needed]
    parts = [ast.dump(node) for node in tree.body if node not in others]
    return hashlib.sha256("\n".join([suite, *parts]).encode()).hexdigest()[:20]


def _tests_text(exercise: Exercise) -> str:
    try:
        return _read(exercise.suite, exercise.suite.stat().st_mtime_ns)
    except (OSError, UnicodeDecodeError):
        return ""


@lru_cache(16)
def _read(path: Path, changed: int) -> str:
    return path.read_text("utf-8")
