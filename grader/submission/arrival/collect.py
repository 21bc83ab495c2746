"""Collect one student's files: the newest answer to each exercise, and what it may import."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from grader.submission.arrival.archives import STUDENT, archive_stem, opened
from grader.submission.arrival.helpers import Found, Helpers
from grader.submission.arrival.names import (
    file_name,
    folded,
    importable,
    shown,
    split_attempt,
)
from grader.submission.arrival.tree import File, TreeNode, UnreadableError, walk
from grader.submission.model import Assigned, LineMap, Version
from grader.submission.reading import Notebook, PythonFile

FILE_LIMIT = 1 << 20
NOTEBOOK_LIMIT = 64 << 20
TOTAL_LIMIT = 256 << 20
MAX_HELPERS = 200
HELPERS_LIMIT = 4 << 20
MAX_READ = 200
SECONDS = 10.0  # for a submission; an honest one takes hundredths of a second
ARCHIVES_DEPTH = 2
MAX_ARCHIVES = 8
# Files closer in time than this count as equally old: zip files store times in steps of two
# seconds, and a checkout writes all files at once.
SAME_TIME = 2.0
Read = PythonFile | Notebook


class _LimitError(UnreadableError):
    """No more files are read."""


@dataclass
class Candidate:
    """A file that may answer an exercise. `named`: 2 if its name is right, 1 if nearly, else 0."""

    found: Found
    exercise: Assigned
    read: Read
    named: int

    @cached_property
    def answers(self) -> bool:
        """Whether it holds more than the exercise's stubs."""
        return self.read.answers(self.exercise)

    @property
    def placed(self) -> bool:
        """Whether it lies at the top, or in the folder of its exercise."""
        return self.found.path[-2:-1] in ((), (self.exercise.name,))


@dataclass
class Collected:
    """The answers and helpers found among a student's files."""

    files: dict[str, bytes] = field(default_factory=dict)
    cells: dict[str, LineMap] = field(default_factory=dict)
    own: dict[str, dict[str, bytes]] = field(default_factory=dict)
    versions: dict[str, list[Version]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    modified: float = 0.0  # the newest of the files that count, in seconds since 1970


class Collector:
    """Collects one student's answers from files and folders."""

    def __init__(self, nodes: Sequence[TreeNode], exercises: Sequence[Assigned]) -> None:
        self._exercises = exercises
        self._modules = [e.module for e in exercises]
        targets = [t for e in exercises for t in e.targets]
        self._own = {e.module: [t for t in e.targets if targets.count(t) == 1] for e in exercises}
        self._out = Collected()
        self._left = TOTAL_LIMIT
        self._archives = 0
        self._full = False
        self._deadline = time.monotonic() + SECONDS
        self._read: dict[Found, Read | None] = {}
        listed = [f for node in nodes for f in self._list(node)]
        every = [
            Found(
                path,
                name,
                file,
                max(name.attempt, attempt),
                order,
                name.module(self._modules),
                name.module_at_end(self._modules),
            )
            for order, (path, file, attempt) in enumerate(listed)
            if (name := file_name(file.name))
        ]
        self._found = [found for found in every if not found.name.is_test]
        self._helpers = Helpers(every)

    def _list(
        self, top: TreeNode, attempt: int = 0, depth: int = 0
    ) -> Iterator[tuple[tuple[str, ...], File, int]]:
        """The files below, each with its path and attempt. Archives count as folders.

        The number of an archive's copy is the attempt of all files in it.
        """
        for path, file in walk(top, self._out.notes):
            stem = archive_stem(file.name)
            if not stem:
                yield path, file, attempt
                continue
            try:
                self._archives += 1
                if depth == ARCHIVES_DEPTH or self._archives > MAX_ARCHIVES:
                    raise UnreadableError("there are too many archives, or one in another")
                inside = opened(file, STUDENT)
            except UnreadableError as error:
                self._note(path, error)
                continue
            number = max(attempt, split_attempt(stem)[1])
            for below, packed, newest in self._list(inside, number, depth + 1):
                yield (*path, *below), packed, newest

    def _note(self, path: Sequence[str], reason: object) -> None:
        if isinstance(reason, _LimitError):  # which holds for all that follows: said once
            if self._full:
                return
            self._full = True
        self._out.notes.append(f"{shown('/'.join(path))}: skipped, because {reason}.")

    def collect(self) -> Collected:
        """Choose the answer to every exercise, then add the helpers."""
        used: dict[str, Found] = {}
        passed: set[Found] = set()
        taken_as: dict[Found, list[str]] = {}
        for exercise in self._exercises:
            candidates = self._candidates(exercise)
            if not candidates:
                continue
            best = _best(candidates)
            module = best.read.module(exercise)
            name = f"{exercise.module}.py"
            self._out.files[name] = module.content
            if module.lines is not None:
                self._out.cells[name] = module.lines
            if module.versions:
                self._out.versions[exercise.module] = module.versions
            if best.named < 2:
                taken_as.setdefault(best.found, []).append(name)
            self._out.notes += module.notes
            used[name] = best.found
            self._out.modified = max(self._out.modified, best.found.file.modified)
            for other in candidates:
                if other is not best and other.named == 2:
                    passed.add(other.found)
                    self._out.notes += _why_not(other, best)
        for found, names in taken_as.items():
            self._out.notes.append(f"{found.shown}: taken as {', '.join(names)}.")
        if self._out.files:
            self._add_helpers(used, passed)
        else:
            expected = ", ".join(f"{module}.py" for module in self._modules)
            self._out.notes.append(f"Nothing to grade was found; expected {expected} or notebooks.")
        for found in dict.fromkeys(used.values()):
            read = self._read[found]
            self._out.notes += [f"{found.shown}: {note}" for note in (read.notes if read else [])]
        return self._out

    # -- candidates -------------------------------------------------------------------------------

    def _candidates(self, exercise: Assigned) -> list[Candidate]:
        """The files that may answer an exercise: by their names, or else by what they define."""
        named = [f for f in self._found if exercise.module in (f.exact, f.near)]
        found = [c for f in named if (c := self._candidate(f, exercise))]
        others = [f for f in self._found if f.exact == "" and f.near != exercise.module]
        if not others or any(c.named == 2 and c.answers for c in found):
            return found
        for other in others:
            read = self._reading(other)
            if read and read.serves(exercise, self._own[exercise.module]):
                found.append(Candidate(other, exercise, read, 0))
        return found

    def _candidate(self, found: Found, exercise: Assigned) -> Candidate | None:
        read = self._reading(found)
        if read is None:
            return None
        if isinstance(read, Notebook) and not read.has(exercise):
            names = ", ".join(f"`{t}`" for t in exercise.targets)
            self._note(found.path, f"it defines none of {names}")
            return None
        return Candidate(found, exercise, read, 2 if found.exact == exercise.module else 1)

    def _reading(self, found: Found) -> Read | None:
        """A file, read only once. None, with a note, if it can't be read."""
        if found not in self._read:
            self._read[found] = None
            try:
                if len(self._read) > MAX_READ:
                    raise _LimitError(f"there are more than {MAX_READ} files")
                if time.monotonic() > self._deadline:
                    raise _LimitError("reading what came before it took too long")
                self._read[found] = self._reader(found)
            except UnreadableError as error:
                self._note(found.path, error)
        return self._read[found]

    def _reader(self, found: Found) -> Read:
        limit = NOTEBOOK_LIMIT if found.name.is_notebook else FILE_LIMIT
        raw = found.file.read(min(limit, max(self._left, 0)))
        self._left -= len(raw)
        # A renamed notebook is still a notebook.
        if found.name.is_notebook or (raw.lstrip()[:1] == b"{" and b'"cells"' in raw):
            return Notebook(raw, self._exercises)
        return PythonFile(raw)

    # -- helpers ----------------------------------------------------------------------------------

    def _add_helpers(self, used: dict[str, Found], passed: set[Found]) -> None:
        """Add what the answers may import: what each finds at home, and the rest by its name.

        `used`: the answers' places, by their names; `passed`: other files of exercises' names.
        """
        self._room = HELPERS_LIMIT
        at_home: set[Found] = set()
        for answer, found in used.items():
            text = self._out.files[answer]
            own: dict[str, bytes] = {}
            for path, helper in self._helpers.at_home(found.path[:-1], text, self._text):
                content = self._text(helper)
                if path != answer and len(own) < MAX_HELPERS and self._fits(helper, content):
                    own[path] = content
                    at_home.add(helper)
            own = {p: content for p, content in own.items() if self._out.files.get(p) != content}
            if own:
                self._out.own[answer.removesuffix(".py")] = own
        self._add_by_name({*used.values(), *passed}, at_home)

    def _text(self, found: Found) -> bytes:
        """A helper's source; empty if it can't be read."""
        read = self._reading(found)
        return read.content if isinstance(read, PythonFile) else b""

    def _fits(self, found: Found, content: bytes) -> bool:
        self._room -= len(content)
        if self._room < 0:
            self._note(
                found.path,
                _LimitError(f"all files together hold more than {HELPERS_LIMIT >> 20} MiB"),
            )
        return self._room >= 0

    def _add_by_name(self, decided: set[Found], at_home: set[Found]) -> None:
        """Add Python files without their folders: of each name, the one nearest the top."""
        taken = {folded(name) for name in (*self._out.files, *(f"{m}.py" for m in self._modules))}
        helpers = [f for f in self._found if f not in decided and not f.name.is_notebook]
        for found in sorted(helpers, key=lambda f: len(f.path)):
            if found.name.stem in ("__init__", "setup") or found.exact:
                continue
            name = importable(found.name)
            if not name or folded(name) in taken:
                here = "there is another file of that name" if name else "Python can't import it"
                if found not in at_home:
                    self._note(found.path, here)
                continue
            if len(self._out.files) >= MAX_HELPERS:
                self._note(found.path, f"there are more than {MAX_HELPERS} files")
                return
            read = self._reading(found)
            if isinstance(read, PythonFile) and self._fits(found, read.content):
                taken.add(folded(name))
                self._out.files[name] = read.content


def _best(candidates: Sequence[Candidate]) -> Candidate:
    """The best candidate: an answer rather than a stub, with the right name, and the newest."""

    def rank(one: Candidate) -> tuple[bool, int, int]:
        return one.answers, one.named, one.found.attempt

    if len(candidates) == 1:
        return candidates[0]
    top = max(map(rank, candidates))
    pool = [c for c in candidates if rank(c) == top]
    newest = max(c.found.file.modified for c in pool)
    pool = [c for c in pool if c.found.file.modified >= newest - SAME_TIME]
    return max(
        pool,
        key=lambda c: (c.placed, -len(c.found.path), not c.found.name.is_notebook, c.found.order),
    )


def _why_not(other: Candidate, best: Candidate) -> list[str]:
    """A note on a file that isn't used; none on an untouched stub beside the answer."""
    ours, theirs = best.found, other.found
    newer = (ours.attempt, ours.file.modified) > (theirs.attempt, theirs.file.modified + SAME_TIME)
    older = (theirs.attempt, theirs.file.modified) > (ours.attempt, ours.file.modified + SAME_TIME)
    if newer and (other.answers or (ours.attempt > theirs.attempt and best.named == 2)):
        why = f"{ours.shown} is newer"
    elif other.answers:
        why = f"{ours.shown} counts, though neither is newer"
    elif older:
        why = f"it has no answers, and {ours.shown} has"
    else:
        return []
    return [f"{theirs.shown}: skipped, because {why}."]
