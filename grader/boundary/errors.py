"""Exceptions of student code as exceptions here."""

from __future__ import annotations

import builtins

from grader.messages.errors import BoundaryError
from grader.messages.structs import Frame, Raised

# Those that a test may expect; anything else (SystemExit, say) is a plain StudentError.
_BUILTIN = (
    "ArithmeticError", "AssertionError", "AttributeError", "EOFError", "FloatingPointError",
    "ImportError", "IndexError", "KeyError", "LookupError", "MemoryError", "ModuleNotFoundError",
    "NameError", "NotImplementedError", "OSError", "OverflowError", "RecursionError",
    "RuntimeError", "SyntaxError", "TypeError", "UnboundLocalError", "ValueError",
    "ZeroDivisionError",
)  # fmt: skip


class StudentError(Exception):
    """Student code raised; `frames` are its own lines, outermost first."""

    raised: Raised

    def __str__(self) -> str:
        return self.raised.message

    @property
    def frames(self) -> list[Frame]:
        return self.raised.frames


class Crashed(BoundaryError):
    """The sandbox ended in the middle of a request; the message says how."""


_CLASSES: dict[str, type[StudentError]] = {
    name: type(name, (StudentError, getattr(builtins, name)), {}) for name in _BUILTIN
}


def student_error(raised: Raised) -> StudentError:
    """The exception to raise here for one that was raised there."""
    error = _CLASSES.get(raised.builtin, StudentError).__new__(
        _CLASSES.get(raised.builtin, StudentError)
    )
    error.raised = raised
    return error
