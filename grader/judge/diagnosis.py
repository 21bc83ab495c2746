"""Recognise a wrong answer: run the failed tests on the known mistakes and compare what they give.

A mistake runs here, in the judge, since it is ours. Its draws come from a generator of their own,
seeded as the sandbox's was, so that code which is the same gives the same, random or not.
"""

from __future__ import annotations

import types
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any, cast

import pytest
import torch
from torch import nn

from grader.assignment.exercises import Exercise
from grader.assignment.mistakes import Mistake, load_mistakes, splice
from grader.result import Outcome, TestResult
from grader.suite.records import Record, Recorder, same_changes, same_effect
from grader.suite.session import RecordedRun, run_pytest
from grader.torchside.operators import Operators

Seen = dict[str, list[Record]]
TESTS_TRIED = 2
BAND = 0.2  # right code that draws or shuffles otherwise stays well within this share


class Diagnosis:
    """The known mistakes of all exercises, run on demand and once for each seed."""

    def __init__(self, exercises: list[Exercise]) -> None:
        self._exercises = {e.name: e for e in exercises if e.mistakes.is_file()}
        self._mistakes: dict[str, list[Mistake]] = {}
        self._ran: dict[tuple[int, str, str, str], _Ran] = {}

    def explain(
        self, exercise: str, tests: list[TestResult], records: Seen, seed: int
    ) -> list[TestResult]:
        """The tests, with name and hint of the mistake that gives the same wrong answers."""
        if exercise not in self._exercises:
            return tests
        found: dict[str, Mistake] = {}
        for target in {t.target for t in tests if t.outcome is Outcome.FAILED}:
            mine = [test for test in tests if test.target == target and not test.bonus]
            seen = {test.name: records[test.name] for test in mine if test.name in records}
            passed = [test.name for test in mine if test.outcome is Outcome.PASSED]
            for same in (same_effect, same_changes):
                # Where two things went wrong, what was made of the model may tell one of them.
                named = self._recognise(self._exercises[exercise], target, seen, passed, seed, same)
                found |= named
                if named:
                    break
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
        [ran] = self._run(self._exercises[exercise], [None], [test], seed)
        records = ran[test].records
        curve = records[call].curve if call < len(records) else []
        return [((1 - BAND) * loss, (1 + BAND) * loss) for loss in curve]

    def _recognise(
        self,
        exercise: Exercise,
        target: str,
        failed: Seen,
        passed: list[str],
        seed: int,
        same: Callable[[list[Record], list[Record]], bool],
    ) -> dict[str, Mistake]:
        """The mistake that explains most of the failed tests, for each test that it explains."""
        answered = {n: r for n, r in failed.items() if r and not any(call.error for call in r)}
        [right] = self._run(exercise, [None], list(answered), seed)
        # Where the calls gave what the reference's give, values can't tell what is wrong.
        telling = {
            name: calls
            for name, calls in answered.items()
            if not same(calls, right[name].records[: len(calls)])
        }
        known: list[Mistake | None] = [m for m in self._known(exercise) if m.target == target]
        # The quickest first: most mistakes are told apart by one test.
        for test in sorted(telling, key=lambda name: right[name].seconds)[:TESTS_TRIED]:
            tried = zip(known, self._run(exercise, known, [test], seed), strict=True)
            fitting = [m for m, ran in tried if same(telling[test], ran[test].records)]
            explained = []
            for mistake, ran in zip(
                fitting, self._run(exercise, fitting, [*telling, *passed], seed), strict=True
            ):
                # What fails where the student's code passes is not what the student did.
                if mistake and all(ran[name].passed for name in passed):
                    alike = [n for n, calls in telling.items() if same(calls, ran[n].records)]
                    explained.append(dict.fromkeys(alike, mistake))
            if explained:
                return max(explained, key=len)
        return {}

    def _known(self, exercise: Exercise) -> list[Mistake]:
        if exercise.name not in self._mistakes:
            self._mistakes[exercise.name] = load_mistakes(exercise)
        return self._mistakes[exercise.name]

    def _run(
        self, exercise: Exercise, wrongs: list[Mistake | None], tests: list[str], seed: int
    ) -> list[dict[str, _Ran]]:
        """What each of the tests sees from each mistake, or (None) from the reference."""

        def key(wrong: Mistake | None, test: str) -> tuple[int, str, str, str]:
            return seed, exercise.name, wrong.name if wrong else "", test

        missing = [w for w in wrongs if any(key(w, test) not in self._ran for test in tests)]
        todo = [test for test in tests if any(key(w, test) not in self._ran for w in missing)]
        if todo:
            replay = _Replay(exercise, [_source(exercise, wrong) for wrong in missing])
            state = torch.get_rng_state()
            suites = [f"{exercise.suite}::{test}" for test in todo]
            run_pytest(suites, exercise.folder.parent, [replay], f"--seed={seed}")
            torch.set_rng_state(state)
            for wrong, ran in zip(missing, replay.ran, strict=True):
                self._ran |= {key(wrong, test): ran.get(test, _Ran()) for test in todo}
        return [{test: self._ran[key(wrong, test)] for test in tests} for wrong in wrongs]


def _source(exercise: Exercise, wrong: Mistake | None) -> str:
    return splice(exercise, wrong) if wrong else exercise.file.read_text(encoding="utf-8")


@dataclass(frozen=True)
class _Ran:
    """A test that was run on an answer of ours, and the calls that it made."""

    passed: bool = False
    seconds: float = 0.0
    records: list[Record] = field(default_factory=list)


class _Replay(RecordedRun):
    """Provides answers of ours as `student`, in this process, and records their calls.

    All in one session, a test after another with each of them: a session costs more than a test.
    """

    def __init__(self, exercise: Exercise, sources: list[str]) -> None:
        super().__init__(Recorder())
        self._exercise, self._sources = exercise, sources
        self._turn = 0
        self._state = torch.get_rng_state()
        self.ran: list[dict[str, _Ran]] = [{} for _ in sources]
        self._lab = _Path(torch, self._drawing)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        for turn in range(len(self._sources)):
            self._turn = turn
            for item in session.items:
                cast(Any, item)._initrequest()  # fixtures anew
                item.config.hook.pytest_runtest_protocol(item=item, nextitem=None)
        return True

    def finished(
        self, item: pytest.Item, error: BaseException | None, records: list[Record]
    ) -> None:
        self.ran[self._turn][item.name] = _Ran(error is None, self.seconds, records)

    @property
    def lab(self) -> Any:
        return self._lab

    def student(self, exercise: Exercise) -> Any:
        module = types.ModuleType(exercise.module)
        exec(compile(self._sources[self._turn], f"<{exercise.module}>", "exec"), module.__dict__)
        return _Path(module, self._recorded)

    def source(self, exercise: Exercise) -> str:
        return self._sources[self._turn]

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
