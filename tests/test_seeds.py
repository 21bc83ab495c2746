"""A run's seed repeats what tests draw and what a sandbox draws; neither tells the other."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import tiny

from grader.grading.engine import SEEDS
from grader.suite.plugin import STREAMS

TELLING = """
import torch


def double(x):
    raise ValueError(f"{torch.initial_seed()} {x.tolist()}")
"""


@pytest.fixture
def kit(tmp_path: Path) -> Path:
    tiny.write_assignment(tmp_path)
    (tmp_path / "class").mkdir()
    (tmp_path / "class" / "double.py").write_text(TELLING)
    return tmp_path


def test_one_number_repeats_both(kit, grader):
    def told(*arguments: str) -> tuple[int, list[str]]:
        grader(kit, "grade", "class/double.py", "--regrade", *arguments)
        grades = json.loads((kit / "grades" / "results.json").read_text())
        tests = grades["results"][0]["exercises"][0]["tests"]
        return grades["seed"], [test["feedback"] for test in tests]

    seed, once = told()
    assert 0 <= seed < SEEDS
    assert "[" in once[0]
    assert told("--seed", str(seed)) == (seed, once)
    assert told("--seed", str(seed ^ 1))[1][0] != once[0]
    own, _, inputs = once[0].partition("[")
    other, _, others = told("--seed", str((seed + STREAMS) % SEEDS))[1][0].partition("[")
    assert other == own, "the sandbox's seed tells one run from many"
    assert others != inputs


@pytest.mark.parametrize("command", [("grade", "class/double.py"), ("regrade",)])
def test_any_seed_can_be_given_to_both_commands(kit, grader, command):
    grader(kit, "grade", "class/double.py")
    for seed, code in ((SEEDS - 1, 0), (SEEDS, 2)):
        assert grader(kit, *command, "--seed", str(seed)).returncode == code
    assert json.loads((kit / "grades" / "results.json").read_text())["seed"] == SEEDS - 1


def test_there_are_too_many_to_try_them_all():
    assert SEEDS // STREAMS >= 1 << 47
