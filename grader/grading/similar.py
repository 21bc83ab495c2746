"""Whose answers are alike beyond what the exercise explains: a ranking for a person to look at.

A single short answer says nothing: there are few ways to write a softmax. So all exercises of a
student are taken together. Code is compared by its syntax tree: layout, comments, docstrings,
annotations and the names of variables don't count. What stands in the stub, the lesson and the
reference is taken out, and what is left weighs by how rare it is in this class: a phrase that 2 of
512 have weighs 8 bits. What many have weighs nothing. Mistakes that few make weigh in the same way,
and are told apart from code.

copydetect was looked at: to it all names are one letter, torch's too, so calls of different
functions look alike; it compares file with file, and everything weighs the same.
"""

from __future__ import annotations

import ast
import functools
import heapq
import math
import re
import warnings
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from itertools import combinations

from grader.assignment.exercises import Exercise
from grader.result import Result
from grader.submission import Submission

COMMON = 0.1  # a phrase that more than this share of the class has says nothing
FEW = 3  # so many may have it in any class
MOST = 30  # and no more than this in a large one
CLOSER = 5_000  # pairs that are looked at line by line
LONG_ENOUGH = 8  # words of a statement that can be a phrase by itself
BODIES = {"body", "orelse", "handlers", "finalbody", "cases"}
SILENT = {"annotation", "returns", "type_comment", "ctx", "decorator_list", "type_params", "kind"}


@dataclass(frozen=True)
class Phrase:
    """One or two statements in a row, whatever its variables are called, and their lines."""

    key: bytes
    lines: tuple[tuple[int, int], ...]


@dataclass
class Work:
    """A student's answers: phrases by exercise, and the mistakes that were seen in them."""

    name: str
    digest: str = ""
    together: bool = False  # handed in by a group
    phrases: dict[str, list[Phrase]] = field(default_factory=dict)
    sources: dict[str, str] = field(default_factory=dict)
    mistakes: frozenset[tuple[str, str]] = frozenset()


@dataclass
class Pair:
    """Two students' works, and what they share.

    `bits` say how surprising the shared code is in this class, and `mistake_bits` the same of the
    mistakes. `lines`: for each exercise, the lines of the one and of the other.
    """

    one: Work
    other: Work
    bits: float
    mistake_bits: float
    mistakes: list[tuple[str, str]]
    lines: dict[str, tuple[set[int], set[int]]]

    @property
    def score(self) -> float:
        """Bits of surprise, those of shared mistakes included."""
        return self.bits + self.mistake_bits


def read_work(submission: Submission, exercises: Iterable[Exercise], result: Result | None) -> Work:
    """A student's answers as they are compared. Code that can't be read is left out."""
    work = Work(submission.name, submission.digest)
    work.together = any(note.startswith("Handed in together") for note in submission.notes)
    for exercise in exercises:
        content = submission.files.get(f"{exercise.module}.py", b"")
        found = list(phrases(content.decode("utf-8", "replace"), exercise.name))
        if found:
            work.phrases[exercise.name] = found
            work.sources[exercise.name] = content.decode("utf-8", "replace")
    if result is not None:
        work.mistakes = frozenset(_mistakes(result))
    return work


def _mistakes(result: Result) -> Iterator[tuple[str, str]]:
    """Known mistakes, and what was observed of wrong answers, each with its exercise."""
    for exercise in result.exercises:
        for test in exercise.tests:
            if test.mistake:
                yield exercise.name, test.mistake
            for said in test.observed:
                yield exercise.name, f"{test.target}: {said}"


def explained(exercise: Exercise, stub: str, lesson: str) -> set[bytes]:
    """The phrases of the stub, of the reference, and of the code in a lesson's Markdown."""
    sources = [stub, exercise.file.read_text("utf-8")]
    blocks = re.findall(r"^```(?:py|python)\n(.*?)^```", lesson, re.M | re.S)
    sources += [re.sub(r"^(?:>>>|\.\.\.) ?", "", block, flags=re.M) for block in blocks]
    return {phrase.key for source in sources for phrase in phrases(source, exercise.name)}


def find_similar(works: Sequence[Work], known: Mapping[str, set[bytes]]) -> list[Pair]:
    """The pairs that share something rare, the most surprising first; of very many, the top ones.

    `known`: for each exercise, the phrases that it explains.
    """
    owners: dict[object, set[int]] = defaultdict(set)
    for number, work in enumerate(works):
        for exercise, found in work.phrases.items():
            for phrase in found:
                if phrase.key not in known.get(exercise, ()):
                    owners[phrase.key].add(number)
        for mistake in work.mistakes:
            owners[mistake].add(number)
    limit = max(FEW, min(MOST, COMMON * len(works)))
    rare = {key: who for key, who in owners.items() if 1 < len(who) <= limit}
    bits = {key: math.log2(len(works) / len(who)) for key, who in rare.items()}
    shared: dict[tuple[int, int], set[object]] = defaultdict(set)
    for key, who in rare.items():
        for pair in combinations(sorted(who), 2):
            shared[pair].add(key)
    weights = {pair: sum(bits[key] for key in keys) for pair, keys in shared.items()}
    # A large class has a great many pairs that share little: no room for the lines of all.
    closer = heapq.nlargest(CLOSER, weights, key=lambda pair: (weights[pair], *pair))
    pairs = [_pair(works[a], works[b], shared[a, b], bits) for a, b in closer]
    pairs = [p for p in pairs if p.score > 0 and not _one_group(p)]
    return sorted(pairs, key=lambda p: (-p.score, p.one.name, p.other.name))


def _one_group(pair: Pair) -> bool:
    """Whether it is one submission of a group."""
    return pair.one.together and pair.one.digest == pair.other.digest


def _pair(one: Work, other: Work, keys: set[object], bits: Mapping[object, float]) -> Pair:
    weights, lines = [], {}
    for exercise in one.phrases.keys() & other.phrases.keys():
        mine, theirs = (_covered(work.phrases[exercise], keys, bits) for work in (one, other))
        if mine and theirs:
            # What stands once in the one and ten times in the other is shared once.
            weights.append(min(sum(mine.values()), sum(theirs.values())))
            lines[exercise] = _numbers(mine), _numbers(theirs)
    mistakes = sorted(m for m in one.mistakes & other.mistakes if m in bits)
    return Pair(one, other, sum(weights), sum(bits[m] for m in mistakes), mistakes, lines)


def _covered(
    found: Iterable[Phrase], keys: set[object], bits: Mapping[object, float]
) -> dict[tuple[int, int], float]:
    """The statements in shared phrases, by their lines, each with its part of the heaviest."""
    covered: dict[tuple[int, int], float] = {}
    for phrase in found:
        if phrase.key in keys:
            part = bits[phrase.key] / len(phrase.lines)
            for lines in phrase.lines:
                covered[lines] = max(covered.get(lines, 0.0), part)
    return covered


def _numbers(covered: Iterable[tuple[int, int]]) -> set[int]:
    return {number for first, last in covered for number in range(first, last + 1)}


def clusters(pairs: Iterable[Pair], least: float) -> list[list[str]]:
    """Groups of three and more whom pairs of at least so many bits hold together."""
    group: dict[str, set[str]] = {}
    for pair in pairs:
        if pair.score >= least:
            names = group.get(pair.one.name, {pair.one.name}) | group.get(
                pair.other.name, {pair.other.name}
            )
            group.update(dict.fromkeys(names, names))
    found = {id(names): sorted(names) for names in group.values()}
    return sorted(names for names in found.values() if len(names) > 2)


# -- phrases ---------------------------------------------------------------------------------------


@functools.lru_cache(maxsize=256)  # stubs and the like come again and again
def _parsed(source: str) -> ast.Module | None:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about invalid escapes in the student's code
            return ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def phrases(source: str, exercise: str) -> Iterator[Phrase]:
    """The phrases of the functions and classes at a file's top level."""
    tree = _parsed(source)
    for node in tree.body if tree else ():
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            own = _bound(node)
            rows = [s for s in _statements(node) if not _is_text(s)]
            for place, row in enumerate(rows):
                words = _words([row], own)
                if words.count(" ") >= LONG_ENOUGH:
                    yield Phrase(_key(exercise, words), (_span(row),))
                if place and not isinstance(row, ast.FunctionDef | ast.ClassDef):
                    before = rows[place - 1]
                    words = _words([before, row], own)
                    yield Phrase(_key(exercise, words), (_span(before), _span(row)))


def _key(exercise: str, words: str) -> bytes:
    return blake2b(f"{exercise} {words}".encode("utf-8", "replace"), digest_size=12).digest()


def _statements(node: ast.AST) -> Iterator[ast.stmt]:
    """The statements inside, in the order of the source."""
    for name, value in ast.iter_fields(node):
        if name in BODIES:
            for inner in value:
                if isinstance(inner, ast.stmt):
                    yield inner
                yield from _statements(inner)


def _is_text(statement: ast.stmt) -> bool:
    """Whether it is a docstring, or nothing at all."""
    value = statement.value if isinstance(statement, ast.Expr) else None
    return isinstance(statement, ast.Pass) or isinstance(value, ast.Constant)


def _span(statement: ast.stmt) -> tuple[int, int]:
    """The lines of a statement without those inside it."""
    inside = [inner.lineno for inner in _statements(statement)]
    last = statement.end_lineno or statement.lineno
    return statement.lineno, max(statement.lineno, min([last, *(line - 1 for line in inside)]))


def _bound(node: ast.AST) -> frozenset[str]:
    """Names that the code gives by itself: arguments, variables, attributes of self."""
    found = set()
    for inner in ast.walk(node):
        if isinstance(inner, ast.arg):
            found.add(inner.arg)
        elif isinstance(inner, ast.Name) and isinstance(inner.ctx, ast.Store):
            found.add(inner.id)
        elif isinstance(inner, ast.Attribute) and isinstance(inner.ctx, ast.Store):
            found.add(inner.attr)
        elif isinstance(inner, ast.ExceptHandler) and inner.name:
            found.add(inner.name)
    return frozenset(found)


def _words(statements: Iterable[ast.stmt], own: frozenset[str]) -> str:
    """Statements in words. The code's own names are numbered as they come."""
    numbers: dict[str, str] = {}
    words: list[str] = []

    def named(name: str) -> str:
        return numbers.setdefault(name, f"v{len(numbers)}") if name in own else name

    def say(node: ast.AST) -> None:
        words.append(type(node).__name__)
        for field_name, value in ast.iter_fields(node):
            if field_name in BODIES | SILENT:
                continue
            if isinstance(value, ast.AST):
                say(value)
            elif isinstance(value, list):
                for inner in value:
                    if isinstance(inner, ast.AST):
                        say(inner)
            elif isinstance(value, str):
                text = isinstance(node, ast.Constant)
                words.append("text" if text else named(value))
            elif value is not None:
                words.append(repr(value))

    for statement in statements:
        say(statement)
    return " ".join(words)
