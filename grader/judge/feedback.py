"""What a student reads about a test that didn't pass: their own code's doings, and no secret."""

from __future__ import annotations

from collections.abc import Callable

from grader.judge.errors import Crashed, StudentError
from grader.judge.harmless import clean, without_places
from grader.result import Outcome
from grader.suite.records import Record
from grader.suite.shortcuts import Refused
from grader.wire.errors import ProtocolError
from grader.wire.structs import Raised

Locate = Callable[[str, int], str]


def explain(
    outcome: Outcome,
    error: BaseException | None,
    records: list[Record],
    seconds: float,
    locate: Locate,
) -> str:
    """What the student's own code gave or raised in the test, in a few lines.

    `seconds` was the test's time limit; `locate` says where a student finds a line of a file.
    """
    last = records[-1] if records else None
    call = f"{last.name}({last.args})" if last else "your code"
    match outcome:
        case Outcome.PASSED:
            return ""
        case Outcome.NOT_ATTEMPTED:
            return "Not attempted yet: it still raises NotImplementedError."
        case Outcome.REFUSED:
            return str(error) if isinstance(error, Refused) else ""
        case Outcome.TIMED_OUT:
            return _shown(f"{call} didn't finish within {seconds:g} seconds.")
        case Outcome.CRASHED:
            raised = error.raised if isinstance(error, Crashed) else None
            where = f"\n{student_traceback(raised, locate)}" if raised else ""
            return _shown(f"The process died in {call}: it {error}.{where}")
        case Outcome.NOT_GRADED:
            return "This test could not be run because of a fault in the grader. It is not counted."
    if isinstance(error, StudentError):
        return _shown(f"{call} raised\n{student_traceback(error.raised, locate)}")
    if isinstance(error, ProtocolError):
        return _shown(f"{call} gave something that isn't an answer: {error}.")
    if last is None:
        return ""
    return _shown(f"{call}\nreturned {last.value}")


def _shown(text: str) -> str:
    return clean(without_places(text))


def student_traceback(raised: Raised, locate: Locate) -> str:
    """The traceback of the student's own lines."""
    lines = []
    for frame in raised.frames:
        place = f" in {frame.function}" if frame.function not in ("", "<module>") else ""
        lines.append(f"  {locate(frame.file, frame.line)}{place}: {frame.text.strip()}")
    return "\n".join([*lines, f"  {raised.name}: {raised.message}"])
