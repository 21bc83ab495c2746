"""What an exception in a test says about the student's code."""

from __future__ import annotations

from grader.boundary.errors import Crashed, StudentError
from grader.boundary.sandboxes import GraderFault
from grader.messages.errors import TimedOut
from grader.plugin.shortcuts import Refused
from grader.result import Outcome

_OUTCOMES: tuple[tuple[type[BaseException], Outcome], ...] = (
    (NotImplementedError, Outcome.NOT_ATTEMPTED),
    (Refused, Outcome.REFUSED),
    (TimedOut, Outcome.TIMED_OUT),
    (Crashed, Outcome.CRASHED),
    (GraderFault, Outcome.NOT_GRADED),
)


def outcome_of(error: BaseException | None) -> Outcome:
    """The outcome of a test that ended with `error`; whatever isn't listed is a failure."""
    if error is None:
        return Outcome.PASSED
    if isinstance(error, StudentError) and not _is_of_a_stub(error):
        return Outcome.FAILED
    return next((outcome for kind, outcome in _OUTCOMES if isinstance(error, kind)), Outcome.FAILED)


def _is_of_a_stub(error: StudentError) -> bool:
    """Whether student code itself said so: torch says the same of a module without `forward`."""
    return bool(error.frames) and NotImplementedError.__name__ in error.frames[-1].text
