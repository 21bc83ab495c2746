"""A small class to grade, and the proof that nothing of a run is left."""

from __future__ import annotations

import ctypes
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
import tiny
from faults.runs import NAMES, SLOW, below, wait_for

from grader.judge.sandboxes import Forker

PR_SET_CHILD_SUBREAPER = 36


@pytest.fixture
def kit(tmp_path: Path) -> Path:
    tiny.write_assignment(tmp_path)
    tiny.write_class(tmp_path, NAMES, SLOW)
    (tmp_path / "tmp").mkdir(mode=0o755)
    return tmp_path


@pytest.fixture
def nothing_left(kit: Path, forker: Forker) -> Iterator[None]:
    """What a test leaves behind would become a child of this process, or lie in its temp."""
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    before = set(below(os.getpid()))
    yield
    wait_for(lambda: not set(below(os.getpid())) - before)
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0)
