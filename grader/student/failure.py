"""One failed test in the student's terms: their own lines, and what went wrong there."""

from __future__ import annotations

import re
import textwrap
import traceback
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest

from grader.assignment.exercises import Exercise
from grader.result import Outcome, outcome_of
from grader.student.advice import (
    advice_on,
    advice_on_mismatch,
    missing_in,
    returning_line,
    returns_nothing,
)
from grader.student.attempts import Unwritten, is_of_stub
from grader.student.layout import cut, relative, wrap
from grader.student.messages import readable, said_by
from grader.student.timelimit import NotRun, OutOfTime
from grader.suite.checks.mismatch import Mismatch, Mismatched
from grader.suite.checks.shortcuts import Refused
from grader.suite.local import Local

FRAMES = 2  # of the student's own lines: where it began and where it ended
ROOM = 8  # up to so many lines of what a check found, the student's own line is shown, too
MESSAGE = 300  # characters of an exception's message


@dataclass
class Failure:
    """The exception that a test of `target` ended with.

    `student`: the value of that fixture; None if it has none. `loading`: the exception was raised
    while the student's file was imported.
    """

    excinfo: pytest.ExceptionInfo[BaseException]
    exercise: Exercise
    target: str
    suite: Path
    student: Any
    loading: bool
    local: Local
    here: Path

    @property
    def error(self) -> BaseException:
        return self.excinfo.value

    @cached_property
    def own(self) -> list[Any]:
        """The student's own lines (pytest's `TracebackEntry`), outermost first."""
        return [entry for entry in self.excinfo.traceback if self._is_own(Path(entry.path))]

    @property
    def outcome(self) -> Outcome:
        """`NotImplementedError` says *not attempted* only where the student's function raises it.

        Torch raises it too: for a module whose `forward` is missing, say.
        """
        if isinstance(self.error, OutOfTime):
            return self.error.outcome
        if isinstance(self.error, NotImplementedError) and not self._is_stub:
            return Outcome.FAILED
        return outcome_of(self.error)

    @property
    def _is_stub(self) -> bool:
        if isinstance(self.error, Unwritten):
            return True
        if self.loading or not self.own or self.own[-1] is not self.excinfo.traceback[-1]:
            return False
        last = self.own[-1]
        return is_of_stub(str(last.path), last.lineno + 1)

    @property
    def ran(self) -> bool:
        """Whether the test got as far as the student's functions."""
        return not self.loading and not isinstance(self.error, NotRun)

    @cached_property
    def reason(self) -> str:
        """A text that is the same for tests failing for the same reason."""
        if isinstance(self.error, (OutOfTime, NotRun)) and not self.loading:
            return f"{self.target} did not finish"
        if isinstance(self.error, Mismatched):
            mismatch = self.error.mismatch
            if mismatch.facts and mismatch.show == "everything":
                return f"{self.target}: {re.sub('[0-9.]+', '#', mismatch.facts[0].text)}"
            # two tests may find the same values wrong for two reasons
            own = mismatch.call if mismatch.problem == "values" else ""
            return "\n".join([self.target, own, self._found(mismatch)])
        if self.own and self.ran:
            lines = [f"{entry.path}:{entry.lineno}" for entry in self.own]
            return re.sub(r"[\d.]+", "#", " ".join(said_by(self.error).split())) + " ".join(lines)
        if self.ran and (advice := self._advice()):
            return f"{self.target}: {advice}"
        return self.text

    @cached_property
    def text(self) -> str:
        """The explanation, in lines that fit a terminal."""
        error = self.error
        if self.outcome is Outcome.NOT_ATTEMPTED:
            return f"Not attempted: {self.target or 'it'} still raises NotImplementedError."
        if self.loading:
            return self._explain_import()
        if isinstance(error, Refused):
            return wrap(f"Refused. {error}")
        if isinstance(error, OutOfTime):
            return self._told(str(error), "")
        if isinstance(error, NotRun):
            return f"Not run: another test of {self.target} did not finish."
        if missing := missing_in(error, self.student):
            name, meant = missing
            text = f"{self._name(self.file)} does not define `{name}`."
            return wrap(f"{text} Did you mean your `{meant}`?" if meant else text)
        if isinstance(error, Mismatched):
            call, found = wrap(error.mismatch.call), self._found(error.mismatch)
            text = "\n".join(filter(None, [call, found]))
            given = error.mismatch.check != "updates" and len(text.splitlines()) <= ROOM
            line = self._returning() if given else ""
            return f"{text}\n{line}" if line else text
        if self.own:
            return self._told(f"Your code raised {type(error).__name__}:", self._advice())
        return self._explain_check()

    @property
    def file(self) -> Path:
        """The student's file."""
        return self.local.path(self.exercise)

    def _explain_import(self) -> str:
        name, error = self._name(self.file), self.error
        if not self.file.exists():
            return wrap(f"There is no {name}. `git checkout {name}` gives the empty one back.")
        if isinstance(error, SyntaxError):
            text = "".join(traceback.format_exception_only(error)).rstrip()
            text = text.replace(str(self.file), name)
            return f"Python can't read {name}, so no test of it could run:\n{text}"
        if isinstance(error, OutOfTime):
            return self._told(f"{name} can't be imported, so no test of it could run. {error}", "")
        return self._told(f"{name} can't be imported, so no test of it could run:", self._advice())

    def _told(self, headline: str, advice: str) -> str:
        """What happened, the lines of the student's file that led there, and advice."""
        lines = [wrap(headline)]
        first, last = self.own[: 1 - FRAMES], self.own[-1:]
        for entry in [*first[:1], *last]:
            if entry is self.own[-1] and len(self.own) > FRAMES:
                lines.append(f"  [… {len(self.own) - FRAMES} more of your lines]")
            lines.append(wrap(self._place(entry), "  "))
            lines.append(f"    {str(entry.statement).strip().splitlines()[0]}")
        if not isinstance(self.error, OutOfTime):
            lines.append(wrap(cut(said_by(self.error), 3, MESSAGE)))
        if advice:
            lines.append(wrap(advice))
        return "\n".join(lines)

    def _found(self, mismatch: Mismatch) -> str:
        """What a check found wrong with the result of the call, and advice."""
        found = mismatch.public().removeprefix(mismatch.call).strip()
        advice = advice_on_mismatch(mismatch, self.student, self.target)
        return "\n".join(filter(None, [wrap(found), wrap(advice)]))

    def _returning(self) -> str:
        """The line that returned the result, if it is certain which one did."""
        line = returning_line(self.student, self.target)
        if line is None:
            return ""
        file, number, text = line
        return f"{wrap(f'{self._name(Path(file))}, line {number}:')}\n    {text}"

    def _explain_check(self) -> str:
        """The test itself raised: it found a result wrong, or couldn't work with it."""
        entries = [e for e in self.excinfo.traceback if Path(e.path) == self.suite]
        lines = []
        if entries:
            lines = [wrap(self._place(entries[-1]))]
            code = textwrap.dedent(str(entries[-1].statement)).strip()
            lines.append(textwrap.indent(cut(code, 3), "    "))
        if isinstance(self.error, AssertionError):
            lines.append(wrap(cut(readable(str(self.error)), 7), "  "))
        else:
            lines.append(wrap(cut(said_by(self.error), 3, MESSAGE), "  "))
        if advice := self._advice():
            lines.append(wrap(advice))
        return "\n".join(lines)

    def _advice(self) -> str:
        frame = self.own[-1] if self.own else None
        names = {**frame.frame.f_globals, **frame.frame.f_locals} if frame else {}
        line = str(frame.statement).strip() if frame else ""
        if advice := advice_on(self.error, names, line):
            return advice
        if not self.own and "None" in str(self.error):
            return returns_nothing(self.student, self.target)
        return ""

    def _is_own(self, path: Path) -> bool:
        return path != self.suite and self.local.owns(path, self.exercise)

    def _name(self, path: Path) -> str:
        return self.local.shown(path) or relative(path, self.here)

    def _place(self, entry: Any) -> str:
        function = f", in {entry.name}" if entry.name != "<module>" else ""
        return f"{self._name(Path(entry.path))}, line {entry.lineno + 1}{function}"
