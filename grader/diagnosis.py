"""Recognise a wrong answer: run the failed tests on the known mistakes and compare what they give.

A mistake runs here, in the judge, since it is ours. Its draws come from a generator of their own,
seeded as the sandbox's was, so that code which is the same gives the same, random or not.
"""

from __future__ import annotations

import types
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest
import torch
from torch import nn

from grader.boundary.records import Record, Recorder, same_effect
from grader.curriculum import Exercise
from grader.mistakes import Mistake, load_mistakes, splice
from grader.result import Outcome, TestResult
from grader.running import RecordedRun, run_pytest
from grader.sandbox.operators import Operators

Seen = dict[str, list[Record]]
TESTS_TRIED = 2
BAND = 0.2  # right code that draws or shuffles otherwise stays well within this share


class Diagnosis:
    """The known mistakes of all exercises, run on demand and once for each seed."""

    def __init__(self, exercises: list[Exercise]) -> None:
        self._exercises = {e.name: e for e in exercises if e.mistakes.is_file()}
        self._mistakes: dict[str, list[Mistake]] = {}
        self._seen: dict[tuple[int, str, str, str], list[Record]] = {}

    def explain(
        self, exercise: str, tests: list[TestResult], records: Seen, seed: int
    ) -> list[TestResult]:
        """The tests, with name and hint of the mistake that gives the same wrong answers."""
        if exercise not in self._exercises:
            return tests
        found: dict[str, Mistake] = {}
        for target in {t.target for t in tests if t.outcome is Outcome.FAILED}:
            # The quickest first: most mistakes are told apart by one test.
            failed = sorted(
                (t for t in tests if t.target == target and t.name in records and not t.bonus),
                key=lambda test: test.seconds,
            )
            seen = {test.name: records[test.name] for test in failed}
            found |= self._recognise(self._exercises[exercise], target, seen, seed)
        return [
            replace(t, mistake=found[t.name].name, hint=found[t.name].hint)
            if t.name in found
            else t
            for t in tests
        ]

    def band(self, exercise: str, test: str, call: int, seed: int) -> list[tuple[float, float]]:
        """Where the losses lie that right code returns from the `call`-th call of a test."""
        if exercise not in self._exercises:
            return []
        records = self._run(self._exercises[exercise], None, [test], seed)[test]
        curve = records[call].curve if call < len(records) else []
        return [((1 - BAND) * loss, (1 + BAND) * loss) for loss in curve]

    def _recognise(
        self, exercise: Exercise, target: str, failed: Seen, seed: int
    ) -> dict[str, Mistake]:
        """The mistake that explains most of the failed tests, for each test that it explains."""
        answered = {n: r for n, r in failed.items() if r and not any(call.error for call in r)}
        right = self._run(exercise, None, list(answered), seed)
        # Where the calls gave what the reference's give, values can't tell what is wrong.
        telling = {n: r for n, r in answered.items() if not same_effect(r, right[n])}
        known = [m for m in self._known(exercise) if m.target == target]
        for test in list(telling)[:TESTS_TRIED]:
            fitting = [m for m in known if self._fits(exercise, m, [test], telling, seed)]
            if fitting:
                explained = [
                    dict.fromkeys(self._fits(exercise, m, list(telling), telling, seed), m)
                    for m in fitting
                ]
                return max(explained, key=len)
        return {}

    def _fits(
        self, exercise: Exercise, wrong: Mistake, tests: list[str], student: Seen, seed: int
    ) -> list[str]:
        """Those of the tests in which the mistake gives what the student's code gave."""
        seen = self._run(exercise, wrong, tests, seed)
        return [test for test in tests if same_effect(student[test], seen[test])]

    def _known(self, exercise: Exercise) -> list[Mistake]:
        if exercise.name not in self._mistakes:
            self._mistakes[exercise.name] = load_mistakes(exercise)
        return self._mistakes[exercise.name]

    def _run(self, exercise: Exercise, wrong: Mistake | None, tests: list[str], seed: int) -> Seen:
        """What each of the tests sees from the reference, or from it with this mistake."""
        name = wrong.name if wrong else ""
        missing = [t for t in tests if (seed, exercise.name, name, t) not in self._seen]
        if missing:
            source = splice(exercise, wrong) if wrong else exercise.file.read_text("utf-8")
            replay = _Replay(exercise, source)
            state = torch.get_rng_state()
            run_pytest(
                [f"{exercise.suite}::{test}" for test in missing],
                exercise.folder.parent,
                [replay],
                f"--seed={seed}",
            )
            torch.set_rng_state(state)
            for test in missing:
                self._seen[seed, exercise.name, name, test] = replay.seen.get(test, [])
        return {test: self._seen[seed, exercise.name, name, test] for test in tests}


class _Replay(RecordedRun):
    """Provides an answer of ours as `student`, in this process, and records its calls."""

    def __init__(self, exercise: Exercise, source: str) -> None:
        super().__init__(Recorder())
        self._exercise, self._source = exercise, source
        self._state = torch.get_rng_state()
        self.seen: Seen = {}
        self._lab = _Path(torch, self._drawing)

    def finished(
        self, item: pytest.Item, error: BaseException | None, records: list[Record]
    ) -> None:
        self.seen[item.name] = records

    @property
    def lab(self) -> Any:
        return self._lab

    def student(self, exercise: Exercise) -> Any:
        module = types.ModuleType(exercise.module)
        exec(compile(self._source, f"<{exercise.module}>", "exec"), module.__dict__)
        return _Path(module, self._recorded)

    def source(self, exercise: Exercise) -> str:
        return self._source

    @contextmanager
    def watch(self) -> Iterator[set[str]]:
        with Operators() as operators:
            yield operators.names

    def seed(self, seed: int) -> None:
        before = torch.get_rng_state()
        torch.manual_seed(seed)
        self._state = torch.get_rng_state()
        torch.set_rng_state(before)

    def _drawing(self, name: str, function: Callable[..., Any], args: Any, kwargs: Any) -> Any:
        """Call what would run in the sandbox, with the sandbox's generator."""
        ours = torch.get_rng_state()
        torch.set_rng_state(self._state)
        try:
            return function(*args, **kwargs)
        finally:
            self._state = torch.get_rng_state()
            torch.set_rng_state(ours)

    def _recorded(self, name: str, function: Callable[..., Any], args: Any, kwargs: Any) -> Any:
        value = self.recorder.call(
            name, lambda: self._drawing(name, function, args, kwargs), args, kwargs
        )
        for module in value if isinstance(value, tuple) else [value]:
            if isinstance(module, nn.Module) and not type(module).__module__.startswith("torch."):
                self._follow(module)
        return value

    def _follow(self, module: nn.Module) -> None:
        """Record the calls that the test makes of a module of the student's own class."""
        forward = module.forward

        def call(*args: Any, **kwargs: Any) -> Any:
            if self.recorder.busy:
                return forward(*args, **kwargs)
            name = type(module).__name__
            return self.recorder.call(name, lambda: forward(*args, **kwargs), args, kwargs)

        module.forward = call


class _Path:
    """Attribute paths that end in a call, as `lab` and `student` have them across the boundary."""

    def __init__(self, base: Any, call: Callable[..., Any], path: str = "") -> None:
        self._base, self._call, self._name = base, call, path

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        found = getattr(self._base, name)
        if callable(found) or isinstance(found, types.ModuleType):
            return _Path(found, self._call, f"{self._name}.{name}".lstrip("."))
        return found

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self._call(self._name, self._base, args, kwargs)
