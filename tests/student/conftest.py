"""The kit that the tests of the student's side run pytest on."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from kits import ROOT, STUB, SUITE, Kit


@pytest.fixture
def kit(tmp_path: Path) -> Kit:
    """Two exercises of stubs."""
    (tmp_path / "pyproject.toml").write_text("[tool.pytest.ini_options]\ntimeout = 300\n")
    for name in ("01_first", "02_second"):
        folder = tmp_path / "exercises" / name
        folder.mkdir(parents=True)
        (folder / "README.md").write_text("The lesson.\n")
        (folder / f"{name[3:]}.py").write_text(STUB)
        (folder / f"test_{name[3:]}.py").write_text(SUITE)
    shutil.copy(ROOT / "exercises" / "conftest.py", tmp_path / "exercises")
    return Kit(tmp_path)
