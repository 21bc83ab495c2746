"""The state of `grader watch`, and how keys, saved files and runs change it.

There are no files and no processes here. Each event is a method, which changes the state and
returns what the loop has to do.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum, auto

from grader.assignment.exercises import Exercise
from grader.assignment.guides import RUNGS, Guide, Question
from grader.student.answers import Answers, PublicTest

UNFINISHED = "The run ended before all checks had run. Save the file to run them again."


class Do(Enum):
    """What the loop has to do."""

    NOTHING = auto()
    RUN = auto()
    RUN_ALL = auto()
    MOVED = auto()  # to another target
    LESSON = auto()
    PICTURE = auto()
    RESET = auto()
    QUIT = auto()


class Phase(Enum):
    """What the screen is about."""

    STUB = auto()  # still to be written
    BROKEN = auto()  # no Python
    RUNNING = auto()
    FAILED = auto()
    GREEN = auto()
    ALL = auto()  # all targets of the exercise
    LIST = auto()
    CONFIRM = auto()  # whether to reset
    QUESTION = auto()


@dataclass(frozen=True)
class Spot:
    """One target of one exercise: where a student can be."""

    exercise: Exercise
    target: str

    @property
    def name(self) -> str:
        return f"{self.exercise.name}/{self.target}"


@dataclass(frozen=True)
class Course:
    """All there is to learn, in order. `learned`: two lines an exercise, by its name."""

    spots: Sequence[Spot]
    guides: Mapping[Spot, Guide]
    tests: Mapping[Spot, Sequence[PublicTest]]
    learned: Mapping[str, Sequence[str]]

    def base(self, spot: Spot) -> set[str]:
        """The tests that a target has to pass."""
        return {test.name for test in self.tests[spot] if not test.bonus}

    def of(self, exercise: str) -> list[Spot]:
        """An exercise's targets."""
        return [spot for spot in self.spots if spot.exercise.name == exercise]


@dataclass
class Heard:
    """What a run has reported so far. `text`, `why`: of the first failure, in target `where`."""

    running: str = ""
    passed: set[str] = field(default_factory=set)
    failed: set[str] = field(default_factory=set)
    bonus: list[str] = field(default_factory=list)
    where: str = ""
    text: str = ""
    why: str = ""


@dataclass
class Asking:
    """Questions that are being asked. `told`: the answer as typed; None until Enter."""

    questions: list[Question]
    typed: str = ""
    told: str | None = None

    @property
    def question(self) -> Question:
        return self.questions[0]


@dataclass
class Desk:
    """The state. `at`: the index of the open spot. `note`: one line for the student.

    `pictures`: a line on each exercise's picture, by the exercise's name.
    """

    course: Course
    at: int = 0
    phase: Phase = Phase.STUB
    answers: dict[str, Answers] = field(default_factory=dict)
    green: set[Spot] = field(default_factory=set)
    red: set[Spot] = field(default_factory=set)
    seen: Heard = field(default_factory=Heard)
    asking: Asking | None = None
    pictures: dict[str, str] = field(default_factory=dict)
    pick: int = 0
    rung: int = 0
    note: str = ""

    @property
    def spot(self) -> Spot:
        return self.course.spots[self.at]

    @property
    def guide(self) -> Guide:
        return self.course.guides[self.spot]

    @property
    def mine(self) -> list[Spot]:
        """The targets of the exercise that is open."""
        return self.course.of(self.spot.exercise.name)

    @property
    def exercise_done(self) -> bool:
        return self.green >= set(self.mine)

    @property
    def all_done(self) -> bool:
        return self.green >= set(self.course.spots)

    @property
    def hints(self) -> Sequence[str]:
        """The rungs of the ladder that are shown."""
        return self.guide.hints[: self.rung]

    # -- files ------------------------------------------------------------------------------------

    def saved(self, exercise: str, answers: Answers, green: Collection[str]) -> Do:
        """A file of an exercise was saved; `green`: its targets that are known to pass with it."""
        before = self.answers.get(exercise, Answers())
        self.answers[exercise] = answers
        if answers != before:
            self.note = ""
        if answers.broken:
            here = exercise == self.spot.exercise.name
            self.phase = Phase.BROKEN if here else self.phase
            return Do.NOTHING
        spots = self.course.of(exercise)
        self.know(exercise, green)
        old, new = before.digests, answers.digests
        changed = [s for s in spots if old.get(s.target) != new.get(s.target)]
        self.red -= set(changed)
        settled = self.spot not in changed or self.spot in self.green
        if settled and (written := self._written(changed)):
            self.go(self.course.spots.index(written[0]))
            return self.look()
        return self.look() if self.spot in spots else Do.NOTHING

    def know(self, exercise: str, green: Collection[str]) -> None:
        """These targets of an exercise, and no others, are known to pass."""
        spots = self.course.of(exercise)
        self.green -= set(spots)
        self.green |= {spot for spot in spots if spot.target in green}

    def look(self) -> Do:
        """See how the current target stands, and run its tests if that isn't known."""
        answers = self.answers.get(self.spot.exercise.name, Answers())
        self.asking = None
        if answers.broken:
            self.phase = Phase.BROKEN
        elif self.spot in self.green:
            self.seen, self.phase = Heard(), Phase.GREEN
        elif self.spot.target in answers.stubs:
            self.phase = Phase.STUB
        else:
            self.seen, self.phase = Heard(), Phase.RUNNING
            return Do.RUN
        return Do.NOTHING

    def ask(self) -> None:
        """Put the questions of the target, before its first line is written."""
        if self.phase is Phase.STUB and self.guide.questions:
            self.asking, self.phase = Asking([*self.guide.questions]), Phase.QUESTION

    def go(self, at: int) -> None:
        """Open another target."""
        if at != self.at:
            self.at, self.rung = at, 0
        self.seen, self.note = Heard(), ""

    def _written(self, spots: list[Spot]) -> list[Spot]:
        """Those that are written and not known to pass: one of them is being worked on."""
        stubs = {s for s in spots if s.target in self.answers[s.exercise.name].stubs}
        return [spot for spot in spots if spot not in self.green and spot not in stubs]

    # -- a run ------------------------------------------------------------------------------------

    def began(self, *, everything: bool = False) -> None:
        """A run of the current target has begun, or of all targets of its exercise."""
        self.seen = Heard()
        self.phase = Phase.ALL if everything else Phase.RUNNING

    def ended(self, test: PublicTest, *, passed: bool, attempted: bool, text: str) -> None:
        """A test has ended. Of those that failed, the first is shown."""
        seen = self.seen
        if test.bonus:
            seen.bonus += [] if passed else [test.says]
        elif passed:
            seen.passed.add(test.name)
        elif attempted:
            seen.failed.add(test.name)
            if not seen.text:
                seen.where, seen.text = test.target, text
            if self.phase is Phase.RUNNING:
                self.phase = Phase.FAILED

    def explained(self, target: str, why: str) -> None:
        """The explanation of a target's failures has arrived."""
        if target == self.seen.where:
            self.seen.why = why

    def over(self, died: str = "") -> None:
        """The run has ended. `died`: why, if its process died before the end."""
        seen = self.seen
        seen.running = ""
        targets = self.mine if self.phase is Phase.ALL else [self.spot]
        if died and not seen.text:
            seen.where, seen.text = self.spot.target, died
            self.red.add(self.spot)
        for spot in targets:
            base = self.course.base(spot)
            if base and base <= seen.passed and not base & seen.failed:
                self.green.add(spot)
            elif base & seen.failed:
                self.red.add(spot)
        if self.phase is Phase.RUNNING:
            done = self.spot in self.green
            self.phase = Phase.GREEN if done else Phase.FAILED
            seen.text = seen.text or UNFINISHED

    # -- keys -------------------------------------------------------------------------------------

    def press(self, key: str) -> Do:
        """A key: a character, or "up", "down", "enter", "escape", "backspace"."""
        if self.phase is Phase.QUESTION:
            return self._typed(key)
        if self.phase is Phase.CONFIRM:
            self.note = ""
            again = self.look()
            return Do.RESET if key in ("y", "Y") else again
        if self.phase is Phase.LIST and key not in ("q", "Q"):
            return self._picked(key)
        return self._command(key)

    def _command(self, key: str) -> Do:
        self.note = ""
        match key.lower():
            case "h":
                return self._hint()
            case "n" | "enter":
                return self._next()
            case "p":
                return self._move(self.at - 1)
            case "l":
                self.pick, self.phase = self.at, Phase.LIST
            case "a":
                return Do.RUN_ALL
            case "o":
                return Do.LESSON
            case "v":
                return Do.PICTURE
            case "r":
                self.phase = Phase.CONFIRM
            case "q":
                return Do.QUIT
        return Do.NOTHING

    def _hint(self) -> Do:
        if self.rung < min(len(RUNGS), len(self.guide.hints)):
            self.rung += 1
        elif not self.guide.hints:
            self.note = "There are no hints for this one."
        else:
            self.note = "These are all the hints. The lesson (o) has worked examples."
        return Do.NOTHING

    def _next(self) -> Do:
        """Go to the next target that isn't green; after the last one, begin at the first."""
        order = [*range(self.at + 1, len(self.course.spots)), *range(self.at)]
        for at in order:
            if self.course.spots[at] not in self.green:
                return self._move(at)
        self.note = "" if self.all_done else "This is the only target left."
        return Do.NOTHING

    def _move(self, at: int) -> Do:
        if not 0 <= at < len(self.course.spots):
            self.note = "This is the first." if at < 0 else "This is the last."
            return Do.NOTHING
        self.go(at)
        return Do.MOVED

    def _picked(self, key: str) -> Do:
        match key:
            case "up" | "k" | "p":
                self.pick = max(0, self.pick - 1)
            case "down" | "j" | "n":
                self.pick = min(len(self.course.spots) - 1, self.pick + 1)
            case "enter":
                self.go(self.pick)
                return Do.MOVED
            case _:
                return self.look()
        return Do.NOTHING

    def _typed(self, key: str) -> Do:
        asking = self.asking
        assert asking is not None
        if key == "escape":
            return self.look()
        if asking.told is not None:
            del asking.questions[0]
            asking.typed, asking.told = "", None
            return Do.NOTHING if asking.questions else self.look()
        if key == "enter":
            asking.told = asking.typed
        elif key == "backspace":
            asking.typed = asking.typed[:-1]
        elif len(key) == 1 and key.isprintable() and len(asking.typed) < 60:
            asking.typed += key
        return Do.NOTHING
