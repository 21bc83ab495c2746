"""A hint opens for whoever makes the mistake, on any machine, and for nobody else."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest

from grader.student import fingerprints
from grader.student.fingerprints import Fingerprint, Sights, hint_for, lock

HINT = "Take the mean – not the sum."


def sights(numbers: list[float], problem: str = "values") -> Sights:
    seen = ["same", 0, problem, [[0, ["tensor", "float32", [len(numbers)], "cpu", numbers]]]]
    return {"test_nll_values": seen, "test_nll_gradient": None}


def desk(folder: Path, known: Sights) -> Path:
    """A folder whose `desk.json` knows one mistake."""
    fingerprints.read.cache_clear()
    entry = lock(Fingerprint.of(known), "salt", HINT)
    content = {"targets": {"nll": {"salt": "salt", "tests": [*known], "mistakes": [entry]}}}
    (folder / fingerprints.FILE).write_text(json.dumps(content))
    return folder


def test_rounding_changes_nothing(tmp_path: Path) -> None:
    """A number that lies on a border, zero, and a thousand others, each a little off."""
    draw = random.Random(0)
    numbers = [0.0, -0.0, 1e-9, *(draw.gauss(0, 10.0 ** draw.randint(-4, 4)) for _ in range(1000))]
    folder = desk(tmp_path, sights(numbers))
    other = [n * (1 + draw.uniform(-2e-4, 2e-4)) + draw.uniform(-2e-6, 2e-6) for n in numbers]
    assert hint_for(folder, "nll", sights(other)) == HINT


@pytest.mark.parametrize(
    "other",
    [
        sights([1.0, 2.02, 3.0]),
        sights([1.0, 2.0, float("nan")]),
        sights([1.0, 2.0]),
        sights([1.0, 2.0, 3.0], "dtype"),
        {**sights([1.0, 2.0, 3.0]), "test_nll_gradient": ["same", 0, "values", []]},
        {"test_nll_values": sights([1.0, 2.0, 3.0])["test_nll_values"]},  # the other wasn't run
        {},
    ],
)
def test_anything_else_opens_nothing(tmp_path: Path, other: Sights) -> None:
    """No hint is better than a false one."""
    folder = desk(tmp_path, sights([1.0, 2.0, 3.0]))
    assert hint_for(folder, "nll", sights([1.0, 2.0, 3.0])) == HINT
    assert hint_for(folder, "nll", other) == ""
    assert hint_for(folder, "accuracy", sights([1.0, 2.0, 3.0])) == ""


@pytest.mark.parametrize("content", ["", "[]", "{", '{"targets": {}}'])
def test_a_broken_file_is_no_hint(tmp_path: Path, content: str) -> None:
    folder = desk(tmp_path, sights([1.0]))
    (folder / fingerprints.FILE).write_text(content)
    assert hint_for(folder, "nll", sights([1.0])) == ""
