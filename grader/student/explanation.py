"""What a student reads about a failed test: what was checked, what their code gave, where."""

from __future__ import annotations

import os
import re
import shutil
import textwrap
import traceback
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from grader.assignment.exercises import Exercise
from grader.result import Outcome, outcome_of
from grader.student.sightings import attach
from grader.student.statements import read_statement
from grader.student.timelimit import OutOfTime
from grader.suite.plugin import exercise_of
from grader.suite.provider import Local
from grader.suite.shortcuts import Refused

if TYPE_CHECKING:
    from _pytest._code import TracebackEntry

PRINTED = 2_000  # characters of a failed test's output that are shown
FRAMES = 4  # of the student's own lines, the innermost
LONGEST = 300  # characters of a line of an assertion's message


class Explainer:
    """Puts a short explanation where pytest has its traceback, and tells who attempted what."""

    def __init__(self, config: pytest.Config, local: Local) -> None:
        """With `--pdb`, or a `--tb` other than pytest's default, tracebacks stay pytest's own."""
        self._plain = config.option.usepdb or config.option.tbstyle != "auto"
        self._local = local
        self._here = config.invocation_params.dir

    @pytest.hookimpl(wrapper=True)
    def pytest_fixture_setup(self, fixturedef: Any, request: pytest.FixtureRequest) -> Any:
        """Make a student's `sys.exit()` an error: after one in a fixture pytest can't run on."""
        try:
            return (yield)
        except SystemExit as stop:
            error = RuntimeError("SystemExit. It asks Python to stop: take that call out.")
            key = fixturedef.cache_key(request)
            fixturedef.cached_result = (None, key, (error, stop.__traceback__))
            raise error.with_traceback(stop.__traceback__) from None

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self, item: pytest.Item, call: pytest.CallInfo[None]) -> Any:
        report: pytest.TestReport = yield
        exercise = exercise_of(item)
        of_interest = report.failed or (report.passed and report.when == "call")
        if exercise is None or report.when == "teardown" or not of_interest:
            return report
        if call.excinfo is None:
            attach(report, item, Outcome.PASSED, broken=False)
            return report
        failure = Failure(call.excinfo, exercise, self._local, item.path, self._here)
        sighting = attach(report, item, failure.outcome, failure.broken)
        if sighting.not_attempted or sighting.bonus:  # to pytest these are expected failures:
            report.outcome = "skipped"  # they don't stop `-x`, `--lf` doesn't repeat them,
            report.wasxfail = ""  # `--pdb` doesn't stop there
        if not self._plain:
            docstring = getattr(getattr(item, "obj", None), "__doc__", None) or item.name
            report.longrepr = f"{wrap(' '.join(docstring.split()))}\n\n{failure.text}\n"
            report.sections = [(name, _shortened(text)) for name, text in report.sections]
        return report


@dataclass
class Failure:
    """An exception that a test ended with, and the files that it is to be told in terms of."""

    excinfo: pytest.ExceptionInfo[BaseException]
    exercise: Exercise
    local: Local
    suite: Path
    here: Path

    @property
    def file(self) -> Path:
        """The student's file."""
        return self.local.path(self.exercise)

    @cached_property
    def own(self) -> list[TracebackEntry]:
        """The student's own lines of the traceback, outermost first."""
        return [entry for entry in self.excinfo.traceback if self._is_own(Path(entry.path))]

    @property
    def outcome(self) -> Outcome:
        """`NotImplementedError` says *not attempted* only where the student's file raises it.

        Torch raises it too: for a module whose `forward` is missing, say.
        """
        error = self.excinfo.value
        raised_by_torch = not self.own or self.own[-1] is not self.excinfo.traceback[-1]
        if isinstance(error, NotImplementedError) and raised_by_torch:
            return Outcome.FAILED
        return outcome_of(error)

    @property
    def broken(self) -> bool:
        """Whether it happened while the student's file was imported."""
        loader = Local.student.__code__
        return any(entry.frame.code.raw is loader for entry in self.excinfo.traceback)

    @property
    def text(self) -> str:
        """The explanation, in lines that fit a terminal."""
        error = self.excinfo.value
        if self.outcome is Outcome.NOT_ATTEMPTED:
            return f"Not attempted: {self._place(self.own[-1])} raises NotImplementedError."
        if self.broken:
            return self._explain_import(error)
        if isinstance(error, Refused):
            return wrap(f"Refused. {error}")
        if isinstance(error, OutOfTime):
            return self._told("It did not finish in time: is there a loop that never ends?", error)
        if missing := _missing_name(error):
            return wrap(f"{self._name(self.file)} does not define `{missing}`.")
        if self.own:
            return self._told(f"Your code raised {type(error).__name__}:", error)
        return self._explain_check(error)

    def _explain_import(self, error: BaseException) -> str:
        name = self._name(self.file)
        if not self.file.exists():
            return wrap(f"There is no {name}. `git checkout {name}` gives the empty one back.")
        if isinstance(error, SyntaxError):
            text = "".join(traceback.format_exception_only(error)).rstrip()
            text = text.replace(str(self.file), name)
            return f"Python can't read {name}, so no test of it could run:\n\n{text}"
        if isinstance(error, OutOfTime):
            text = "Importing it did not finish in time: is there a loop outside of the functions?"
            return self._told(f"{name}: {text}", error)
        return self._told(f"{name} can't be imported, so no test of it could run:", error)

    def _told(self, headline: str, error: BaseException) -> str:
        """What happened, and the lines of the student's file that led there."""
        lines = [wrap(headline), ""]
        if len(self.own) > FRAMES:
            lines.append(f"  [... {len(self.own) - FRAMES} more of your lines]")
        for entry in self.own[-FRAMES:]:
            lines += [f"  {self._place(entry)}", f"    {str(entry.statement).strip()}"]
        if not isinstance(error, OutOfTime):
            lines += ["", wrap(_what(error), "  ")]
            lines += ["", wrap(advice)] if (advice := _advice(error)) else []
        return "\n".join(lines)

    def _explain_check(self, error: BaseException) -> str:
        """A check in the test didn't hold, or could not make sense of what it got."""
        entries = list(self.excinfo.traceback)
        places = [i for i, entry in enumerate(entries) if Path(entry.path) == self.suite]
        if not places:
            return wrap(_what(error), "  ")
        entry = entries[places[-1]]
        called = entries[places[-1] + 1].frame.f_locals if entry is not entries[-1] else {}
        failed = read_statement(entry, called, error)
        code = textwrap.indent(textwrap.dedent(str(entry.statement)), "    ")
        reason = _readable(str(error)) if isinstance(error, AssertionError) else _what(error)
        values = [wrap(value, "  ", hang="    ") for value in failed.values]
        lines = [self._place(entry), code, "", *values, *([""] if values else [])]
        lines += [wrap(failed.verdict or reason, "  ")]
        if failed.has_none or "'NoneType' object" in str(error):
            lines += ["", "None is what a function gives that has no `return`."]
        return "\n".join(lines)

    def _is_own(self, path: Path) -> bool:
        return path != self.suite and self.local.owns(path, self.exercise)

    def _name(self, path: Path) -> str:
        try:
            return self.local.shown(path) or os.path.relpath(path, self.here)
        except ValueError:  # on another drive
            return str(path)

    def _place(self, entry: TracebackEntry) -> str:
        function = f", in {entry.name}" if entry.name != "<module>" else ""
        return f"{self._name(Path(entry.path))}, line {entry.lineno + 1}{function}"


def wrap(text: str, indent: str = "", hang: str = "") -> str:
    """Indent `text`, and break its lines where they are too long for the terminal."""
    width = max(40, min(100, shutil.get_terminal_size().columns - 1))
    lines = []
    for line in text.splitlines():
        inner = indent + line[: len(line) - len(line.lstrip())]
        lines += textwrap.wrap(
            line.strip(), width, initial_indent=inner, subsequent_indent=inner + hang
        ) or [""]
    return "\n".join(lines)


def _missing_name(error: BaseException) -> str:
    """The name that a test asked the student's module for in vain."""
    module = getattr(error, "obj", None)
    if isinstance(error, AttributeError) and getattr(module, "__name__", "").startswith("student_"):
        return str(error.name)
    return ""


def _what(error: BaseException) -> str:
    name, message = type(error).__name__, str(error).strip()
    if _asks_for_input(error):
        message = "input() was called"
    return f"{name}: {message}" if message else name


def _asks_for_input(error: BaseException) -> bool:
    return isinstance(error, OSError) and "reading from stdin" in str(error)


def _advice(error: BaseException) -> str:
    if _asks_for_input(error):
        return "Nobody types during a test: take what you need from the arguments."
    match error:
        case SystemExit():
            return "It asks Python to stop: take that call out."
        case ModuleNotFoundError():
            return "Is the name right? The exercises need torch and Python's own modules only."
        case RecursionError():
            return "A function calls itself without end."
    return ""


def _readable(message: str) -> str:
    """Pytest's account of a failed `assert`, without what only an expert reads."""
    message = re.sub(r"<(?:built-in )?(?:bound )?(?:function|method) (\w+)[^<>]*>", r"\1", message)
    message = re.sub(r" at 0x[0-9a-fA-F]+", "", message).replace("\\n", " ")
    lines = []
    for line in message.splitlines():
        line = re.sub(r"^ \+ +", "  ", line).rstrip()
        origin = re.match(r"  (where|and) +\S+ = [\w.]+$", line)  # `where sum = tensor.sum`
        if line and not origin and "<generator object" not in line and "Use -v" not in line:
            lines.append(line[:LONGEST])
    return "\n".join(lines)


def _shortened(text: str) -> str:
    if len(text) <= PRINTED:
        return text
    return f"{text[:PRINTED]}\n[... {len(text) - PRINTED} more characters: `-s` shows them]\n"
