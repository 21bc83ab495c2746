"""The explanation of a test that didn't pass.

The student is told what their own code did, and no secret. The instructor is told which check
failed, with both values.
"""

from __future__ import annotations

import re
import traceback
from collections.abc import Callable
from pathlib import Path

from grader.judge.errors import Crashed, StudentError
from grader.judge.harmless import clean, without_places
from grader.result import Outcome, OutcomeError
from grader.wire.errors import Gone, ProtocolError
from grader.wire.structs import Raised

Locate = Callable[[str, int], str]


def explain(
    outcome: Outcome,
    error: BaseException | None,
    call: str,
    seconds: float,
    locate: Locate,
) -> str:
    """What the student's own code gave or raised in the test, in a few lines.

    `call`: the call of their code that failed, '' if none did. `seconds`: the test's time limit.
    `locate` says where a student finds a line of a file.
    """
    named, call = bool(call), call or "your code"
    match outcome:
        case Outcome.PASSED:
            return ""
        case Outcome.NOT_ATTEMPTED:
            return "Not attempted yet: it still raises NotImplementedError."
        case Outcome.TIMED_OUT:
            return _shown(f"{call} didn't finish within {seconds:g} seconds.")
        case Outcome.CRASHED:
            raised = error.raised if isinstance(error, Crashed) else None
            where = f"\n{student_traceback(raised, locate)}" if raised else ""
            return _shown(f"The process died in {call}: it {error}.{where}")
        case Outcome.NOT_GRADED:
            return "This test could not be run because of a fault in the grader. It is not counted."
    if isinstance(error, StudentError):
        told = student_traceback(error.raised, locate)
        if named or error.raised.frames:
            return _shown(f"{call} raised\n{told}")
        return _shown(f"The result of {call} could not be used:\n{told}")
    if isinstance(error, Gone):
        return _shown(f"The test could not go on: {error}.")
    if isinstance(error, ProtocolError):
        return _shown(f"{call} gave something that isn't an answer: {error}.")
    if mismatch := getattr(error, "mismatch", None):
        return _shown(mismatch.hidden())
    return _shown(str(error)) if isinstance(error, OutcomeError) else ""


def observed(error: BaseException | None) -> list[str]:
    """Facts about what a failed check saw, in sentences for the student."""
    mismatch = getattr(error, "mismatch", None)
    return [] if mismatch is None else [_shown(text) for text in mismatch.observed]


def cause(outcome: Outcome, error: BaseException | None) -> str:
    """A text that tests failing for the same reason have in common; '' if the reason is unknown.

    For an exception, this is its type and the student's line; for a check, the first observation,
    or else the kind of its first problem.
    """
    raised = getattr(error, "raised", None)
    if isinstance(raised, Raised) and raised.frames:
        last = raised.frames[-1]
        return f"{outcome.value}: {raised.name} at {last.file}, line {last.line}: {last.text}"
    if raised is not None or outcome in (Outcome.TIMED_OUT, Outcome.CRASHED, Outcome.REFUSED):
        return f"{outcome.value}: {error}"
    mismatch = getattr(error, "mismatch", None)
    if mismatch is None:
        return ""
    if mismatch.observed:
        return f"observed: {mismatch.facts[0].name}"
    first = mismatch.ranked[0]
    what, after, when = first.where.partition(" after ")
    where = f"parameters {after}{when}" if after and first.kind != "claim" else what
    return f"{first.kind} of {re.sub('[0-9]+', '#', where).removesuffix('[#]')}"


def detail(outcome: Outcome, error: BaseException, suite: Path) -> str:
    """The failed check for the instructor: the suite's line, what was compared, both values.

    '' where the answer is still to be written.
    """
    if outcome is Outcome.NOT_ATTEMPTED:
        return ""
    frames = traceback.extract_tb(error.__traceback__)
    places = [f"{suite.name}:{f.lineno}: {f.line}" for f in frames if Path(f.filename) == suite]
    mismatch = getattr(error, "mismatch", None)
    said = mismatch.detail() if mismatch is not None else _plainly(error)
    return "\n".join([*places[-1:], said])


def _plainly(error: BaseException) -> str:
    if isinstance(error, StudentError):
        return f"{error.raised.name}: {error.raised.message}"
    text = str(error)
    return text if isinstance(error, AssertionError) and text else f"{type(error).__name__}: {text}"


def _shown(text: str) -> str:
    return clean(without_places(text))


def student_traceback(raised: Raised, locate: Locate) -> str:
    """The traceback of the student's own lines."""
    lines = []
    for frame in raised.frames:
        place = f" in {frame.function}" if frame.function not in ("", "<module>") else ""
        lines.append(f"  {locate(frame.file, frame.line)}{place}: {frame.text.strip()}")
    return "\n".join([*lines, f"  {raised.name}: {raised.message}"])
