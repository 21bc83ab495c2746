"""The student's file in this process: what it draws."""

from __future__ import annotations

from pathlib import Path

from grader.assignment.exercises import Exercise
from grader.suite.local import Local

ANSWER = "import torch\n\n\ndef draw():\n    return torch.rand(3).tolist()\n"


def drawn(file: Path, answer: str) -> list[float]:
    file.write_text(answer, "utf-8")
    local = Local(file)
    local.seed(7)  # a test is seeded before its fixtures are made
    return local.student(Exercise(file.parent)).draw()  # type: ignore[no-any-return]


def test_what_a_file_draws_or_seeds_when_it_is_imported_changes_no_test(tmp_path):
    """In a sandbox too it is imported before: fingerprints of random answers must agree."""
    folder = tmp_path / "01_draws"
    folder.mkdir()
    file = folder / "draws.py"
    plain = drawn(file, ANSWER)
    assert drawn(file, ANSWER + "\n\nLAYER = torch.nn.Linear(5, 5)\n") == plain
    assert drawn(file, ANSWER + "\n\ntorch.manual_seed(1)\n") == plain
