"""What the tests of the reports share."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

# The made-up class lies beside these tests, which pytest imports without their folder's name.
sys.path.insert(0, str(Path(__file__).parent))


@pytest.fixture(autouse=True)
def classroom50_runner(monkeypatch: pytest.MonkeyPatch) -> None:
    """The environment that Classroom 50's runner gives."""
    for name, value in {
        "CLASSROOM": "dl-2026",
        "ASSIGNMENT": "losses",
        "SUBMISSION_TAG": "submit/2026-11-20T10-00-00Z",
        "COMMIT_URL": "https://git.example.org/c/1",
        "RELEASE_URL": "https://git.example.org/r/1",
    }.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("REVIEW_URL", raising=False)
    monkeypatch.delenv("GITHUB_OUTPUT", raising=False)  # of the run that tests us
