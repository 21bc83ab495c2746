"""The rehearsal: runs known answers in another process, and keeps what their tests saw.

A mistake may leave torch changed, crash or never end. So no mistake runs in the judge: they run in
a process of their own, locked down like a sandbox (`grader.suite.rehearsing` is its program).
"""

from __future__ import annotations

import contextlib
import hashlib
import math
import os
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec

from grader.assignment.exercises import Exercise
from grader.judge.errors import GraderFault
from grader.judge.sandboxes import Forker, Sandbox
from grader.lockdown.limits import GRACE, Patience
from grader.suite.current import Measured
from grader.suite.rehearsing import Ask, Told
from grader.suite.sight import Sight, alike
from grader.wire.errors import BoundaryError
from grader.wire.structs import Returned

PROGRAM = "grader.suite.rehearsing"
START_SECONDS = 60
DEATHS = 5  # after so many in a row without a result, the rehearsal itself is broken


class Known(msgspec.Struct, frozen=True):
    """What one test saw of one answer of ours.

    `lost`: the process died or hung, so nothing is known. `sight` is None if the test passed.
    `measured`: what `learns` measured. `tolerance_used`: the largest share of a tolerance by which
    values differed that were accepted as equal.
    """

    sight: Sight | None = None
    curves: tuple[list[float], ...] = ()
    lost: bool = False
    measured: tuple[Measured, ...] = ()
    tolerance_used: float = 0.0

    def saw(self, sight: Sight | None) -> bool:
        """Whether it saw the same as `sight`, of another answer; False if nothing is known."""
        if self.lost:
            return False
        if self.sight is None or sight is None:
            return self.sight is sight
        return alike(self.sight, sight)


LOST = Known(lost=True)
Knowledge = dict[str, Known]  # by test


class Rehearsal:
    """Answers of ours, rehearsed when they are first asked for."""

    def __init__(
        self,
        forker: Forker,
        patience: Patience,
        shared: Path | None = None,
        home: bool = False,
        cpu_seconds: float = 0.0,
    ) -> None:
        """`shared`: the run's own folder, in which its judges leave results for each other.

        `home`: what is rehearsed is a public suite on a student's own machine.
        `cpu_seconds`: a test that takes more of the processor fails; 0 for any.
        """
        self._forker, self._patience, self._shared = forker, patience, shared
        self._home, self._cpu_seconds = home, cpu_seconds
        self._sandbox: Sandbox | None = None
        self._deaths = 0
        self._ends = math.inf
        self._known: dict[tuple[str, int, str], Knowledge] = {}

    def begin(self) -> None:
        """Begin with a submission: what is asked from now on counts against its time."""
        self._ends = time.monotonic() + self._patience.rehearsal

    def run(
        self, exercise: Exercise, answers: Sequence[str], tests: Sequence[str], seed: int
    ) -> list[Knowledge]:
        """What each of `tests` sees of each of `answers` (texts of the exercise's file).

        Results that aren't known when the submission's time is over are left out.
        """
        missing = [
            answer
            for answer in dict.fromkeys(answers)
            if not self._knowledge(exercise, seed, answer).keys() >= set(tests)
        ]
        if missing:
            self._rehearse(exercise, missing, list(tests), seed)
        return [self._knowledge(exercise, seed, answer) for answer in answers]

    def knows(self, exercise: Exercise, answers: Sequence[str], test: str, seed: int) -> bool:
        """Whether a test has seen all of these answers already."""
        return all(test in self._knowledge(exercise, seed, answer) for answer in answers)

    def close(self) -> None:
        """End the process, if there is one."""
        sandbox, self._sandbox = self._sandbox, None
        if sandbox is not None:
            sandbox.end()

    def _rehearse(
        self, exercise: Exercise, answers: list[str], tests: list[str], seed: int
    ) -> None:
        """Run the tests that have no result yet. If the process dies at one, that one is lost."""
        waiting = {
            answer: [t for t in tests if t not in self._knowledge(exercise, seed, answer)]
            for answer in answers
        }
        while waiting and time.monotonic() < self._ends:
            aged = self._sandbox is not None
            told = 0
            try:
                for answer, test, known in self._ask(exercise, waiting, seed):
                    self._learn(exercise, seed, answer, {test: known})
                    waiting[answer].remove(test)
                    told += 1
                    self._deaths = 0
                    if time.monotonic() > self._ends:
                        raise GraderFault("the time for rehearsing is over")
            except (BoundaryError, GraderFault):
                self.close()
                self._deaths += not told
                if time.monotonic() > self._ends:
                    break
                # A process that has run for long may just have used up its processor time.
                if not told and not aged:
                    hopeless = list(waiting) if self._deaths >= DEATHS else [next(iter(waiting))]
                    for answer in hopeless:
                        lost = dict.fromkeys(waiting.pop(answer), LOST)
                        self._learn(exercise, seed, answer, lost)
            waiting = {answer: left for answer, left in waiting.items() if left}

    def _ask(
        self, exercise: Exercise, answers: dict[str, list[str]], seed: int
    ) -> Iterator[tuple[str, str, Known]]:
        """Ask the process to run tests on answers; yield what it reports, one by one."""
        if self._sandbox is None:
            self._sandbox = self._forker.fork(PROGRAM)
        channel = self._sandbox.channel
        files = {f.name: f.read_text("utf-8") for f in (exercise.file, exercise.suite)}
        texts = list(answers)
        expected = {(answer, test) for answer, tests in answers.items() for test in tests}
        todo = list(answers.items())
        ask = Ask(exercise.name, files, seed, todo, self._home, self._cpu_seconds)
        channel.deadline = min(time.monotonic() + START_SECONDS, self._ends)
        channel.send(Returned(None), [memoryview(msgspec.msgpack.encode(ask))])
        channel.receive()  # the suite is collected
        while expected:
            channel.deadline = min(time.monotonic() + GRACE * self._patience.test, self._ends)
            _, body = channel.receive()
            try:
                told = msgspec.msgpack.decode(body, type=Told)
                pair = (texts[told.answer], told.test)
                expected.remove(pair)
            except (msgspec.DecodeError, LookupError) as error:
                raise GraderFault(f"the rehearsal told nonsense: {error}") from None
            known = Known(
                told.sight,
                tuple(told.curves),
                measured=tuple(told.measured),
                tolerance_used=told.tolerance_used,
            )
            yield *pair, known

    # -- what is known ----------------------------------------------------------------------------

    def _knowledge(self, exercise: Exercise, seed: int, answer: str) -> Knowledge:
        """What this judge knows; it begins with what other judges of the run have found out."""
        key = (exercise.name, seed, answer)
        if key not in self._known:
            self._known[key] = {}
            if self._shared is not None:
                with contextlib.suppress(OSError, msgspec.DecodeError):
                    left = self._file(*key).read_bytes()
                    self._known[key] = msgspec.msgpack.decode(left, type=Knowledge)
        return self._known[key]

    def _learn(self, exercise: Exercise, seed: int, answer: str, found: Knowledge) -> None:
        knowledge = self._knowledge(exercise, seed, answer)
        knowledge |= found
        if self._shared is None:
            return
        file = self._file(exercise.name, seed, answer)
        with contextlib.suppress(OSError):  # then others find it out for themselves
            handle, draft = tempfile.mkstemp(dir=self._shared)
            with os.fdopen(handle, "wb") as out:
                out.write(msgspec.msgpack.encode(knowledge))
            Path(draft).replace(file)

    def _file(self, exercise: str, seed: int, answer: str) -> Path:
        assert self._shared is not None
        name = hashlib.sha256(f"{exercise}\n{seed}\n{answer}".encode()).hexdigest()
        return self._shared / f"{name}.msgpack"
