"""Run the reference and its mistakes through a suite, and report what the tests saw.

This is the program of the rehearsal, a locked-down process of its own, so it doesn't matter what a
mistake does to torch. `grader.judge.rehearsal` sends the requests, in messages with msgpack bodies.
"""

from __future__ import annotations

import signal
import types
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
import torch

from grader.assignment.exercises import Exercise
from grader.suite.checks.sides import Copies
from grader.suite.current import Measured, measured, tolerance_used
from grader.suite.local import Generators, Local
from grader.suite.session import Suites
from grader.suite.sight import Sight, sight_of
from grader.wire.channel import Channel
from grader.wire.structs import Returned


class Ask(msgspec.Struct):
    """Run tests of an exercise, seeded with `seed`, on answers: the texts of its file.

    `files`: the exercise's reference and suite, by name. `answers`: each with the tests to run.
    `home`: as on a student's own machine, where `lab` is plain torch.
    `cpu_seconds`: a test that takes more processor time fails; 0 for no limit.
    """

    exercise: str
    files: dict[str, str]
    seed: int
    answers: list[tuple[str, list[str]]]
    home: bool = False
    cpu_seconds: float = 0.0


class Told(msgspec.Struct):
    """What one test saw of one answer. `sight` is None if it passed.

    `curves`: the losses of each call of the answer that returned one loss per epoch.
    `measured`: what `learns` measured.
    `tolerance_used`: as in `grader.judge.rehearsal.Known`.
    """

    answer: int
    test: str
    sight: Sight | None
    curves: list[list[float]]
    measured: list[Measured]
    tolerance_used: float


def serve(channel: Channel, folder: Path) -> None:
    """Say hello, then answer requests until the judge closes the channel."""
    channel.send(Returned(None))
    known: dict[str, Suites] = {}
    asks = msgspec.msgpack.Decoder(Ask)
    while True:
        _, body = channel.receive()
        ask = asks.decode(body)
        exercise = Exercise(folder / "solutions" / ask.exercise)
        if ask.exercise not in known:
            exercise.folder.mkdir(parents=True)
            for name, text in ask.files.items():
                (exercise.folder / name).write_text(text, "utf-8")
            known[ask.exercise] = Suites([exercise.suite], exercise.folder.parent)
        suites = known[ask.exercise]
        channel.send(Returned(None))  # from now on, each test has its time limit
        started = partial(limit, ask.cpu_seconds)
        for number, (answer, names) in enumerate(ask.answers):
            tests = [test for test in suites.tests if test.name in names]
            file = folder / f"answer_{number}" / exercise.file.name
            file.parent.mkdir(exist_ok=True)
            file.write_text(answer, "utf-8")
            provider = Local(file) if ask.home else Rehearsed(file)
            for ended in suites.run(tests, provider, ask.seed, started):
                limit(0)
                sight = None if ended.error is None else sight_of(ended.error)
                told = Told(
                    number,
                    ended.test.name,
                    sight,
                    provider.calls.curves,
                    measured(),
                    tolerance_used(),
                )
                channel.send(Returned(None), [memoryview(msgspec.msgpack.encode(told))])


def limit(cpu_seconds: float, test: object = None) -> None:
    """Raise an error after that much processor time; 0 takes the limit away."""
    if hasattr(signal, "setitimer"):
        signal.signal(signal.SIGPROF, _too_long)
        signal.setitimer(signal.ITIMER_PROF, cpu_seconds, 1)


def _too_long(number: int, frame: types.FrameType | None) -> None:
    raise TimeoutError("too long")


class Rehearsed(Local):
    """The answer in this process, behaving as it does across the boundary.

    What `lab` makes uses the answer's random generators, too.
    """

    def __init__(self, file: Path) -> None:
        super().__init__(file)
        self.lab: Any = _Lab(torch, self.generators)

    def took_back(self, copies: Copies) -> None:
        """Refuse what can't come back across the boundary, in its words."""
        for tensor, shape, dtype in copies.shared:
            if tensor.shape != shape or tensor.dtype != dtype:
                raise TypeError("your code changed the shape or the dtype of an argument in place")


class _Lab:
    """A part of torch, called with the student's random generators as in a sandbox."""

    def __init__(self, thing: Any, generators: Generators) -> None:
        self._thing, self._generators = thing, generators

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        found = getattr(self._thing, name)
        if callable(found) or isinstance(found, types.ModuleType):
            return _Lab(found, self._generators)
        return found

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        with self._generators.theirs():
            return self._thing(*args, **kwargs)

    def define(self, thing: Any) -> Any:
        return _Lab(thing, self._generators)
