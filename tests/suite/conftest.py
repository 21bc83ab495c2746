"""Both providers, for tests of the checks: a student's file here, and one across the boundary."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from grader.assignment.exercises import Exercise
from grader.suite import current
from grader.suite.local import Local

Run = Callable[[str], Any]


@pytest.fixture
def here(tmp_path: Path) -> Run:
    """`here(source)`: the fixture `student` for a file with this source, in this process."""

    def run(source: str) -> Any:
        folder = tmp_path / "01_answer"
        folder.mkdir(exist_ok=True)
        (folder / "answer.py").write_text(f"import torch\nfrom torch import nn\n{source}")
        local = Local()
        local.seed(7)
        torch.manual_seed(7)
        current.begin(local)
        return local.student(Exercise(folder))

    return run
