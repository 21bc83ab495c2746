"""Rank pairs of students by how alike their answers are, beyond what the exercise explains.

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

import heapq
import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from grader.assignment.exercises import Exercise
from grader.grading.phrases import Lines, Phrase, Phrases, key_of, phrases
from grader.result import Result
from grader.submission import Submission

COMMON = 0.1  # a phrase that more than this share of the class has says nothing
FEW = 3  # so many may have it in any class
MOST = 30  # and no more than this in a large one
CLOSER = 5_000  # pairs that are looked at line by line


@dataclass
class Work:
    """A student's answers: phrases by exercise, and the mistakes that were seen in them, by key."""

    name: str
    digest: str = ""
    together: bool = False  # handed in by a group
    phrases: dict[str, Phrases] = field(default_factory=dict)
    sources: dict[str, str] = field(default_factory=dict)
    mistakes: dict[int, tuple[str, str]] = field(default_factory=dict)

    @property
    def marks(self) -> set[int]:
        """The keys of all that it may share with another."""
        return set(self.mistakes).union(*(found.keys for found in self.phrases.values()))


@dataclass
class Pair:
    """Two students' works, and what they share.

    `bits` say how surprising the shared code is in this class, and `mistake_bits` the same of the
    mistakes. `shared` has the keys of all that is shared, and the bits of each. `exercises`: those
    with shared code.
    """

    one: Work
    other: Work
    bits: float
    mistake_bits: float
    mistakes: list[tuple[str, str]]
    exercises: list[str]
    shared: Mapping[int, float]

    @property
    def score(self) -> float:
        """Bits of surprise, those of shared mistakes included."""
        return self.bits + self.mistake_bits


def read_work(submission: Submission, exercises: Iterable[Exercise], result: Result | None) -> Work:
    """A student's answers as they are compared. Code that can't be read is left out."""
    work = Work(submission.name, submission.digest)
    work.together = any(note.startswith("Handed in together") for note in submission.notes)
    for exercise in exercises:
        source = submission.files.get(f"{exercise.module}.py", b"").decode("utf-8", "replace")
        found = phrases(source, exercise.name)
        if found:
            work.phrases[exercise.name] = found
            work.sources[exercise.name] = source
    if result is not None:
        work.mistakes = {
            key_of(name, ("mistake", what)): (name, what) for name, what in _mistakes(result)
        }
    return work


def _mistakes(result: Result) -> Iterator[tuple[str, str]]:
    """Known mistakes, and what was observed of wrong answers, each with its exercise."""
    for exercise in result.exercises:
        for test in exercise.tests:
            if test.mistake:
                yield exercise.name, test.mistake
            for said in test.observed:
                yield exercise.name, f"{test.target}: {said}"


def explained(exercise: Exercise, stub: str, lesson: str) -> set[int]:
    """The phrases of the stub, of the reference, and of the code in a lesson's Markdown."""
    sources = [stub, exercise.file.read_text("utf-8")]
    blocks = re.findall(r"^```(?:py|python)\n(.*?)^```", lesson, re.M | re.S)
    sources += [re.sub(r"^(?:>>>|\.\.\.) ?", "", block, flags=re.M) for block in blocks]
    return {key for source in sources for key in phrases(source, exercise.name).keys}


def find_similar(works: Sequence[Work], known: Mapping[str, set[int]]) -> list[Pair]:
    """The pairs that share something rare, the most surprising first; of very many, the top ones.

    `known`: for each exercise, the phrases that it explains.
    """
    bits = _rarities(works, set().union(*known.values()))
    # A large class has a great many pairs that share little: no room for the lines of all.
    closer = heapq.nlargest(CLOSER, _weights(works, bits))
    pairs = [_pair(works[a], works[b], bits) for _, a, b in closer]
    pairs = [p for p in pairs if p.score > 0 and not _one_group(p)]
    return sorted(pairs, key=lambda p: (-p.score, p.one.name, p.other.name))


def _rarities(works: Sequence[Work], known: set[int]) -> dict[int, float]:
    """The bits of surprise of everything that a few works have, but not only one."""
    owners = Counter(key for work in works for key in work.marks)
    limit = max(FEW, min(MOST, COMMON * len(works)))
    return {
        key: math.log2(len(works) / count)
        for key, count in owners.items()
        if 1 < count <= limit and key not in known
    }


def _weights(works: Sequence[Work], bits: Mapping[int, float]) -> Iterator[tuple[float, int, int]]:
    """The bits that pairs have in common, each with the places of the two."""
    before: dict[int, list[int]] = defaultdict(list)
    for place, work in enumerate(works):
        shared: dict[int, float] = defaultdict(float)
        for key in work.marks & bits.keys():
            for other in before[key]:
                shared[other] += bits[key]
            before[key].append(place)
        for other, weight in shared.items():
            yield weight, other, place


def _one_group(pair: Pair) -> bool:
    """Whether it is one submission of a group."""
    return pair.one.together and pair.one.digest == pair.other.digest


def _pair(one: Work, other: Work, bits: Mapping[int, float]) -> Pair:
    shared = {key: bits[key] for key in one.marks & other.marks & bits.keys()}
    weights = {}
    for exercise in sorted(one.phrases.keys() & other.phrases.keys()):
        mine, theirs = (_covered(work.phrases[exercise], shared) for work in (one, other))
        if mine and theirs:
            # What stands once in the one and ten times in the other is shared once.
            weights[exercise] = min(sum(mine.values()), sum(theirs.values()))
    mistakes = {what: shared[key] for key, what in one.mistakes.items() if key in shared}
    return Pair(
        one, other, sum(weights.values()), sum(mistakes.values()), sorted(mistakes),
        list(weights), shared,
    )  # fmt: skip


def _covered(found: Phrases, shared: Mapping[int, float]) -> dict[Lines, float]:
    """The statements in shared phrases, by their lines, each with its part of the heaviest."""
    covered: dict[Lines, float] = {}
    for phrase in found:
        if phrase.key in shared:
            part = shared[phrase.key] / len(phrase.lines)
            for lines in phrase.lines:
                covered[lines] = max(covered.get(lines, 0.0), part)
    return covered


def side_by_side(pair: Pair, exercise: str) -> list[tuple[Lines, Lines]]:
    """The lines of the shared statements: of the one, in order, each with those of the other.

    A statement that is shared with the one before it stands beside that place, rather than beside
    one that looks the same elsewhere.
    """
    places: dict[int, list[Phrase]] = defaultdict(list)
    for phrase in pair.other.phrases[exercise]:
        places[phrase.key].append(phrase)
    found: dict[Lines, tuple[tuple[int, float], Lines]] = {}
    for phrase in pair.one.phrases[exercise]:
        if phrase.key in pair.shared:
            there = places[phrase.key]
            match = there.pop(0) if len(there) > 1 else there[0]
            rank = len(phrase.lines), pair.shared[phrase.key]
            for mine, theirs in zip(phrase.lines, match.lines, strict=False):
                found[mine] = max(found.get(mine, (rank, theirs)), (rank, theirs))
    return [(mine, theirs) for mine, (_, theirs) in sorted(found.items())]


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
