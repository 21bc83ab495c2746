"""docs/first_exercise.md: its files make an exercise that holds, in as few lines as it says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

PAGE = Path(__file__).parents[2] / "docs" / "first_exercise.md"
FILE = re.compile(r"^`((?:exercises|solutions)/\S+)`:\n```(?:python|toml)\n(.*?)^```$", re.S | re.M)
FILES = dict(FILE.findall(PAGE.read_text("utf-8")))


def test_the_worked_example_holds(tmp_path, grader):
    assert len(FILES) == 6
    for name, text in FILES.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    done = grader(tmp_path, "check", "activations", "-v")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "The assignment holds: 1 exercise(s), 5 tests, 8 mistakes." in done.stdout


def test_hidden_suite_and_mistakes_have_fewer_than_60_lines():
    lines = [
        line
        for name, text in FILES.items()
        if name.startswith("solutions/") and not name.endswith("/activations.py")
        for line in text.splitlines()
    ]
    assert len(lines) < 60
