"""For notebooks: `check("nll")` runs that target's public tests on what the notebook defines."""

from __future__ import annotations

import contextlib
import importlib
import sys
import textwrap
import types
from pathlib import Path
from typing import Any

import pytest

from grader.assignment.exercises import FOLDER, Exercise
from grader.assignment.guides import guides_of
from grader.student.answers import given_targets, public_tests, read_answers
from grader.student.endings import (
    Ending,
    ending_of,
    explained,
    note_of,
    note_on_others,
)
from grader.student.picture import can_draw, draw
from grader.student.plugin import LOCAL
from grader.student.store import NOTEBOOK, keep, passing
from grader.suite.local import Local
from grader.suite.session import PytestFault, run_pytest

INDENT = "    "


def check(target: str) -> None:
    """Run the public tests of `target` and print what they say of it.

    The tests are those of the exercise in whose folder the notebook is.
    """
    exercise = Exercise(Path.cwd())
    if not FOLDER.fullmatch(exercise.name) or not exercise.suite.is_file():
        print("The tests aren't in this folder. Open the notebook in its folder, in exercises/.")
        return
    names = sys._getframe(1).f_globals
    if target not in names:
        print(f"{target} isn't there yet: run the cell above first (Shift+Enter), then this one.")
        return
    tests = _Tests(exercise, target, names)
    try:
        _run(exercise, tests)
    except PytestFault as fault:
        print(f"The tests could not be run.\n{fault}")
    else:
        print(tests.told())
        if tests.keep():
            _celebrate(exercise, names)


class _Notebook(Local):
    """The notebook's own names as the fixture `student`."""

    def __init__(self, names: dict[str, Any]) -> None:
        super().__init__()
        self._names = names

    def module(self, exercise: Exercise) -> types.ModuleType:
        module = types.ModuleType(f"student_{exercise.name}")
        module.__dict__.update(self._names)
        return module

    def path(self, exercise: Exercise) -> Path:
        return exercise.file.with_suffix(".ipynb")

    def owns(self, path: Path, exercise: Exercise) -> bool:
        return bool(_cell(path)) or super().owns(path, exercise)

    def shown(self, path: Path) -> str:
        return _cell(path)


class _Tests:
    """The plugin that tests the notebook's names in place of a file, and keeps what is said."""

    def __init__(self, exercise: Exercise, target: str, names: dict[str, Any]) -> None:
        self._exercise, self._target = exercise, target
        self._provider = _Notebook(names)
        self._seen: list[tuple[Ending, str]] = []
        self._interrupted = False

    @pytest.hookimpl(tryfirst=True)
    def pytest_configure(self, config: pytest.Config) -> None:
        config.option.tbstyle = "auto"  # the terminal's option, which is switched off here
        config.stash[LOCAL] = self._provider

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        items[:] = [i for i in items if self._exercise.target_of(i.name) == self._target]

    def pytest_keyboard_interrupt(self) -> None:
        self._interrupted = True

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        seen = ending_of(report)
        if seen is not None:
            self._seen.append((seen, _text(report)))

    def told(self) -> str:
        """The outcome in a line, then what is wrong, test by test."""
        if self._interrupted:
            return "Interrupted."
        if not self._seen:
            return f"There is no test of {self._target} here."
        return "\n\n".join([self._headline(), *self._failures()])

    def keep(self) -> bool:
        """Keep what passed, for `grader watch` too; whether it was the last of the exercise."""
        outcomes = [(seen.function, seen.passed) for seen, _ in self._seen]
        targets = given_targets(self._exercise)
        tests = public_tests(self._exercise, targets)
        digests = read_answers(self._exercise, targets).digests  # in the notebook or in the file

        def done() -> bool:
            return passing(self._exercise, tests, digests) >= set(targets)

        before = done()
        keep(self._exercise, self._target, NOTEBOOK, outcomes)
        return not before and done()

    def _headline(self) -> str:
        base = [seen for seen, _ in self._seen if not seen.bonus]
        passed = sum(seen.passed for seen in base)
        if base and all(seen.not_attempted for seen in base):
            return (
                f"{self._target}: not attempted. Write it in the cell above, run that cell, then "
                "this one."
            )
        mark = "✓" if passed == len(base) else "✗"
        return f"{mark} {self._target}: {passed} of {len(base)} tests passed."

    def _failures(self) -> list[str]:
        """What is wrong, told once for all tests that fail for the same reason."""
        told: dict[str, str] = {}
        why = ""
        run = [ending for ending, _ in self._seen]
        for ending, text in self._seen:
            if ending.passed or ending.not_attempted or ending.reason in told:
                continue
            if why and not ending.bonus:
                continue
            others = [other for other in run if other is not ending]
            mark = "Bonus, not earned:" if ending.bonus else "✗"
            first = not told and not ending.bonus
            why = note_of(explained(ending, run)) if first else why
            note = note_on_others(ending, others, of_target=bool(why) and first)
            note = textwrap.indent((why if first else "") + note, INDENT)
            told[ending.reason] = f"{mark} {text}\n{note}".rstrip()
        return list(told.values())


def _celebrate(exercise: Exercise, names: dict[str, Any]) -> None:
    """The end of an exercise: what was learned, and the picture that it made."""
    print(f"\nThe exercise {exercise.name} is done. You know now:")
    for line in guides_of(exercise).learned:
        print(textwrap.fill(line, 90, initial_indent="- ", subsequent_indent="  "))
    if "IPython" not in sys.modules or not can_draw(exercise):
        return
    # No picture is no failure. After a restart, cells further down may not have run again yet, and
    # the names that they define are missing.
    with contextlib.suppress(Exception):
        display: Any = importlib.import_module("IPython.display")
        picture = display.Image(filename=str(draw(exercise, names)))
        print("And this is what your code makes:")
        display.display(picture)


def _run(exercise: Exercise, tests: _Tests) -> None:
    """Run pytest with no plugins but ours, and leave no trace of it in the notebook's process."""
    try:
        run_pytest(
            [exercise.suite], exercise.folder, [tests], "-pgrader.student.plugin", "--capture=sys"
        )
    finally:
        # The suite may be newer at the next call.
        for name, module in list(sys.modules.items()):
            if getattr(module, "__file__", None) == str(exercise.suite):
                del sys.modules[name]


def _text(report: pytest.TestReport) -> str:
    """What was checked, and below it what went wrong."""
    checked, _, rest = report.longreprtext.strip().partition("\n\n")
    return f"{checked}\n\n{textwrap.indent(rest.rstrip(), INDENT)}"


def _cell(path: Path) -> str:
    """Jupyter's name for the code of a cell, `cell [5]`; '' for any other code."""
    shell = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
    told = shell.compile.format_code_name(str(path)) if shell else None
    return f"cell {told[1].removeprefix('In')}" if told else ""
