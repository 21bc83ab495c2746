"""Exceptions of student code, raised again in the judge; and limits that they are about."""

from __future__ import annotations

import builtins
import errno
import shutil
import tempfile

from grader.lockdown.limits import MIB, Limits, in_units
from grader.lockdown.records import Profile
from grader.result import Outcome, OutcomeError
from grader.wire.errors import BoundaryError, DeadlinePassed
from grader.wire.structs import Frame, Raised

# Those that a test may expect; anything else (SystemExit, say) is a plain StudentError.
_BUILTIN = (
    "ArithmeticError", "AssertionError", "AttributeError", "EOFError", "FloatingPointError",
    "ImportError", "IndexError", "KeyError", "LookupError", "MemoryError", "ModuleNotFoundError",
    "NameError", "NotImplementedError", "OSError", "OverflowError", "RecursionError",
    "RuntimeError", "SyntaxError", "TypeError", "UnboundLocalError", "ValueError",
    "ZeroDivisionError",
)  # fmt: skip


# How much of an exception is kept: every report would contain a message of megabytes.
_NAME, _MESSAGE, _FRAMES, _LINE = 100, 4_000, 20, 200


CROWDED = "all sandboxes together have too many threads"
_NO_THREAD = ("can't start new thread", "Resource temporarily unavailable")  # Python's, and torch's
ROOM_LEFT = 16 * MIB  # a disk that has less is full
_OURS = (errno.EMFILE, errno.ENFILE, errno.EIO)  # no answer, however large, can cause these here


class GraderFault(OutcomeError):
    """Something of ours broke: never charged to a student."""

    outcome = Outcome.NOT_GRADED


class StudentError(OutcomeError):
    """Student code raised; `frames` are its own lines, outermost first."""

    raised: Raised

    def __str__(self) -> str:
        return self.raised.message

    @property
    def frames(self) -> list[Frame]:
        return self.raised.frames


class TimedOut(DeadlinePassed, OutcomeError):
    """Student code was still busy when the test's time was up."""

    outcome = Outcome.TIMED_OUT


class Crashed(BoundaryError, OutcomeError):
    """The sandbox ended in the middle of a request; the message says how.

    `raised`: the exception by which its code noticed, where a limit was reached.
    """

    outcome = Outcome.CRASHED

    def __init__(self, how: str, raised: Raised | None = None) -> None:
        super().__init__(how)
        self.raised = raised


_CLASSES: dict[str, type[StudentError]] = {
    name: type(name, (StudentError, getattr(builtins, name)), {}) for name in _BUILTIN
}


def student_error(raised: Raised, *, of_stub: bool) -> StudentError:
    """The exception to raise here for one that was raised there; `of_stub`: by a stub."""
    kind = _CLASSES.get(raised.builtin, StudentError)
    error = kind.__new__(kind)
    error.raised = raised
    if of_stub and isinstance(error, NotImplementedError):
        error.outcome = Outcome.NOT_ATTEMPTED
    return error


def fault_or(error: BaseException | None) -> BaseException | None:
    """The exception of a test, or a `GraderFault` if this process ran out of something itself.

    An operating system error in student code arrives here as a `StudentError`.
    """
    theirs = isinstance(error, StudentError)
    if isinstance(error, OSError) and not theirs and error.errno in _OURS:
        return GraderFault(f"{error.strerror}, in the judge")
    return error


def shortened(raised: Raised) -> Raised:
    """An exception, cut down to what a reader would read."""
    frames = [
        Frame(f.file[:_LINE], f.line, f.function[:_NAME], f.text[:_LINE])
        for f in raised.frames[-_FRAMES:]
    ]
    name = " ".join(raised.name[:_NAME].split())
    return Raised(name, raised.builtin[:_NAME], raised.message[:_MESSAGE], frames)


def crowded(said: str, layers: Profile, *, alone: bool) -> bool:
    """Whether a sandbox's output says that no threads are left, and others may have taken them."""
    counted = layers.promises("own users") or layers.promises("identity")
    return not counted and not alone and any(words in said for words in _NO_THREAD)


def breach(raised: Raised, limits: Limits, layers: Profile, *, alone: bool = True) -> str:
    """The limit that an exception is about, in words; '' for any other exception.

    The student's side may lie about this; a lie only ends its own sandbox. `alone`: this is the
    only sandbox. Raises `GraderFault` if others may be the cause.
    """
    message = raised.message
    if raised.builtin == "RuntimeError" and message.startswith(_NO_THREAD):
        if crowded(message, layers, alone=alone):
            raise GraderFault(CROWDED)
        return f"started more than {limits.threads} threads, or used up its memory for them"
    if raised.builtin == "MemoryError" or "DefaultCPUAllocator: can't allocate memory" in message:
        return f"used more than {in_units(limits.memory_bytes)} of memory"
    if raised.builtin == "OSError":
        if message.startswith(f"[Errno {errno.EFBIG}]"):
            return f"wrote a file of more than {in_units(limits.file_bytes)}"
        if message.startswith(f"[Errno {errno.EMFILE}]"):
            return f"opened more than {limits.open_files} files"
        if message.startswith(f"[Errno {errno.EDQUOT}]"):
            return f"made more than {limits.scratch_files:,} files and folders"
        if message.startswith(f"[Errno {errno.ENOMEM}]"):
            return f"used more than {in_units(limits.memory_bytes)} of memory"
        if message.startswith(f"[Errno {errno.ENOSPC}]"):
            if not layers.promises("own disk"):
                if shutil.disk_usage(tempfile.gettempdir()).free < ROOM_LEFT:
                    raise GraderFault("the disk is full")
                return ""
            return (
                f"wrote more than {in_units(limits.scratch_bytes)} of files, or made more than "
                f"{limits.scratch_files:,} files and folders"
            )
    return ""
