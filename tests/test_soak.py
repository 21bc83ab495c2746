"""A short soak (bench/soak.py): whatever comes, in random order, while sandboxes are killed."""

from __future__ import annotations

import importlib.util
import os
import random
import sys
import tempfile
from collections.abc import Callable
from concurrent.futures import Executor, Future
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from grader.assignment.exercises import find_exercises
from grader.grading import engine
from grader.grading.engine import Setup
from grader.result import ExerciseResult, Outcome, Result, TestResult

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not sys.platform.startswith("linux"), reason="it looks into /proc"),
]


class Here(Executor):
    """Runs a judge in this process."""

    def submit(self, function: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        future: Future[Any] = Future()
        future.set_result(function(*args, **kwargs))
        return future


@pytest.fixture(scope="module")
def soak() -> ModuleType:
    path = Path(__file__).parents[1] / "bench" / "soak.py"
    spec = importlib.util.spec_from_file_location("soak", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["soak"] = module
    spec.loader.exec_module(module)
    return module


def test_everything_holds_while_sandboxes_are_killed(soak, forker, tmp_path, monkeypatch):
    monkeypatch.setattr(engine, "warm_forker", lambda isolation, spawn: forker)
    temporary = tmp_path / "tmp"
    temporary.mkdir(mode=0o711)
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    toy = soak.toys()
    rng = random.Random(3)
    suites = soak.write_toy(toy, tmp_path / "solutions")
    setup = Setup(suites, diagnose=False)
    entries = soak.attacks(setup, toy, lambda must: must <= {"failed", "refused"})
    entries += soak.honest(rng, find_exercises(suites)[0], setup, 3)
    before = set(soak.members("sandbox"))
    run = soak.Soak(rng, entries, 1, ("sandbox",), lambda workers: Here())
    run.storm(40, 600)
    run.look_at_memory()
    engine.warm_judge.cache_clear()
    assert run.problems == []
    assert run.graded.total() == 40
    assert set(run.graded) == {"right", "mutant", "attack", "broken"}
    assert run.killed["sandbox"] >= 3
    assert set(soak.members("sandbox")) <= before
    assert not list(temporary.iterdir())


def test_what_does_not_hold_is_told(soak):
    """A result that isn't what it was in quiet, one that nobody asked for, a judge that grows."""
    run = soak.Soak(random.Random(1), [], workers=1)
    run.memory |= {7: [100 << 20] * 30 + [400 << 20] * 30, 8: [3 << 30], 9: [1 << 20] * 99}
    run.look_at_memory()
    assert run.problems == ["judge 7 grew by 300 MiB", "judge 8 took 3072 MiB"]
    assert run.grown == [(300 << 20, 40), (0, 79)]
    assert soak.growth(run.grown) == "the 2 that lasted grew by 0.0 to 750.0 MiB in 100 results"
    run.problems.clear()
    test = TestResult("test_x", "x", "X", Outcome.CRASHED, 1.0)
    result = Result("00001 right x", exercises=[ExerciseResult("01_x", [test])])
    entry = soak.Entry("right", "x", Setup(Path()), "01_x", {})
    run._look(result, entry, {"right x": [("test_x", "passed")]})
    run._look(result, None, {})
    assert run.problems == [
        "00001 right x: test_x: crashed, not passed",
        "00001 right x has two results",
    ]
    assert os.getpid() in run.memory
