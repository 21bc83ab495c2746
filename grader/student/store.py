"""A student's progress, kept between runs in `.torchgrade/progress.json` of their repository.

`pytest exercises`, the notebooks and `grader watch` all write it. A test counts as passed only for
the content that it passed with. If the file is lost, running the tests again restores it.
"""

from __future__ import annotations

import contextlib
import json
import os
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from grader.assignment.exercises import Exercise
from grader.student.answers import PublicTest

FOLDER = ".torchgrade"
NOTEBOOK = "notebook"  # in place of a content, where the answer is in a notebook


class Store:
    """The file, read when it is asked for and written at once."""

    def __init__(self, exercises: Path) -> None:
        """`exercises`: the folder that holds them."""
        self.folder = exercises.parent / FOLDER
        self._file = self.folder / "progress.json"

    def passed(self, exercise: str, target: str, content: str) -> set[str]:
        """The tests that the target passes with this content, or in the notebook."""
        kept = self._read().get("passed", {}).get(f"{exercise}/{target}", {})
        return set(kept.get(content, [])) | set(kept.get(NOTEBOOK, []))

    def ran(
        self, exercise: str, target: str, content: str, passed: Iterable[str], failed: Iterable[str]
    ) -> None:
        """Record a run of some of a target's tests. Older contents are forgotten."""
        whole = self._read()
        kept = whole.setdefault("passed", {}).setdefault(f"{exercise}/{target}", {})
        tests = sorted((set(kept.get(content, [])) | set(passed)) - set(failed))
        notebook = {name: kept[name] for name in (NOTEBOOK,) if name in kept}
        whole["passed"][f"{exercise}/{target}"] = {**notebook, content: tests}
        self._write(whole)

    @property
    def at(self) -> str:
        """Where `grader watch` was, as "01_losses/nll"."""
        return str(self._read().get("at", ""))

    @at.setter
    def at(self, spot: str) -> None:
        self._write({**self._read(), "at": spot})

    def asked(self, spot: str) -> bool:
        """Whether the questions of a target were asked."""
        return spot in self._read().get("asked", [])

    def ask(self, spot: str) -> None:
        """Record that the questions of a target were asked."""
        whole = self._read()
        self._write({**whole, "asked": sorted({*whole.get("asked", []), spot})})

    def copy(self, file: Path) -> Path:
        """Keep a copy of a student's file; the copy."""
        stamp = time.strftime("%Y%m%d-%H%M%S")
        place = self.folder / "copies" / f"{file.stem}-{stamp}{file.suffix}"
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(file.read_bytes())
        return place

    def _read(self) -> dict[str, Any]:
        try:
            content = json.loads(self._file.read_text("utf-8"))
        except (OSError, ValueError):
            return {}
        return content if isinstance(content, dict) else {}

    def _write(self, content: dict[str, Any]) -> None:
        """Write the whole file, or leave the old one; ignore a folder that can't be written to."""
        draft = self._file.with_suffix(f".{os.getpid()}")
        with contextlib.suppress(OSError):
            self.folder.mkdir(exist_ok=True)
            draft.write_text(json.dumps(content, indent=1) + "\n", "utf-8")
            draft.replace(self._file)


def keep(
    exercise: Exercise, target: str, content: str, outcomes: Iterable[tuple[str, bool]]
) -> None:
    """Record a run of a target's tests: each test function, and whether it passed."""
    found = list(outcomes)
    failed = {test for test, passed in found if not passed}
    passed = {test for test, _ in found} - failed
    Store(exercise.folder.parent).ran(exercise.name, target, content, passed, failed)


def passing(
    exercise: Exercise, tests: Iterable[PublicTest], contents: Mapping[str, str]
) -> set[str]:
    """The targets that are known to pass all their base tests, with these contents."""
    base: dict[str, set[str]] = {}
    for test in tests:
        if test.target and not test.bonus:
            base.setdefault(test.target, set()).add(test.name)
    kept = Store(exercise.folder.parent)
    return {
        target
        for target, needed in base.items()
        if needed <= kept.passed(exercise.name, target, contents.get(target, ""))
    }
