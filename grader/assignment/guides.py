"""The guide of an exercise: what each target is for, three hints, and questions to predict.

`hints.toml` beside the public suite holds it. A question's answer is sealed, so that nobody reads
it by chance; `python -m grader.assignment.guides QUESTION ANSWER WHY` prints the line for the file.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import Any

from grader.assignment.exercises import Exercise
from grader.assignment.sealing import sealed, unsealed

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

FILE = "hints.toml"
RUNGS = ("the idea", "where to look", "nearly the line")
LEARNED = 2  # lines


@dataclass(frozen=True)
class Question:
    """A question before writing. `answer`: the shortest right one; `why`: a sentence."""

    ask: str
    answer: str
    why: str

    @classmethod
    def opened(cls, ask: str, answer: str) -> Question:
        """From the file. Raises `ValueError` where the answer was sealed for another question."""
        right, _, why = unsealed(answer, ask.encode()).partition("\n")
        return cls(ask, right, why)

    def is_right(self, answer: str) -> bool:
        """Whether an answer is right, however it is written: `torch.Size([2, 3])` is `2, 3`."""
        given, right = _plain(answer), _plain(self.answer)
        try:
            return abs(float(given) - float(right)) <= 0.01 * max(1.0, abs(float(right)))
        except ValueError:
            return given == right


@dataclass(frozen=True)
class Guide:
    """What helps with one target. `hints`: a ladder, see `RUNGS`."""

    what: str = ""
    hints: tuple[str, ...] = ()
    questions: tuple[Question, ...] = ()


@dataclass(frozen=True)
class Guides:
    """The guides of an exercise by target, and what one has learned when it is done."""

    learned: tuple[str, ...]
    targets: dict[str, Guide]


def guides_of(exercise: Exercise) -> Guides:
    """An exercise's guides; empty ones where there is no file.

    Raises `ValueError` for a file that can't be read, with what to do about it.
    """
    path = exercise.folder / FILE
    if not path.is_file():
        return Guides((), {})
    try:
        content = tomllib.loads(path.read_text("utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise ValueError(f"{FILE}: {error}") from None
    learned = tuple(map(str, content.pop("learned", ())))
    return Guides(learned, {target: _guide(target, told) for target, told in content.items()})


def missing(exercise: Exercise) -> list[str]:
    """What an exercise's guides lack, a line each."""
    found = guides_of(exercise)
    lacks = [] if len(found.learned) == LEARNED else [f"`learned`: {LEARNED} lines are wanted"]
    for target in exercise.targets:
        guide = found.targets.get(target, Guide())
        if not guide.what:
            lacks.append(f"{target}: `what` is missing: what it is for, in a line")
        if len(guide.hints) != len(RUNGS):
            lacks.append(f"{target}: {len(RUNGS)} hints are wanted: {', '.join(RUNGS)}")
        if not guide.questions:
            lacks.append(f"{target}: a question is wanted, whose answer can be predicted")
    lacks += [f"{name} is not a target" for name in found.targets if name not in exercise.targets]
    return lacks


def _guide(target: str, told: Any) -> Guide:
    try:
        asked = told.get("questions", ())
        questions = tuple(Question.opened(one["ask"], one["answer"]) for one in asked)
        return Guide(str(told["what"]), tuple(map(str, told["hints"])), questions)
    except (AttributeError, KeyError, TypeError):
        raise ValueError(f"{FILE}: {target} wants `what`, `hints` and `questions`") from None
    except ValueError:
        raise ValueError(f"{FILE}: an answer of {target} must be sealed anew") from None


def _plain(answer: str) -> str:
    text = "".join(answer.lower().split()).replace("torch.size", "").replace("torch.", "")
    return text.strip("[](){}`'\".").rstrip(",")


if __name__ == "__main__":
    if len(sys.argv) != 4:
        sys.exit("Usage: python -m grader.assignment.guides QUESTION ANSWER WHY")
    ask, right, why = sys.argv[1:]
    print(f'ask = "{ask}"\nanswer = "{sealed(f"{right}{chr(10)}{why}", ask.encode())}"')
