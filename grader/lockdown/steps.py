"""The parts of a layer: a step with its test, and the child process that it is applied to."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from grader.lockdown.records import Lockdown, LockdownError


@dataclass(frozen=True)
class Here:
    """The child that is being locked down: what the steps work with."""

    lockdown: Lockdown
    workdir: Path
    keep_fds: frozenset[int]
    """The descriptors that stay open, the standard three among them."""

    counter: int | None = None
    """A socket to whoever counts the files that it makes; it is closed."""


@dataclass(frozen=True)
class Step:
    """One layer: what it stops, how to apply it, and how to try that it holds."""

    name: str
    gives: str
    remedy: str
    apply: Callable[[Here], None]
    check: Callable[[Here], None]
    everywhere: bool = False
    """On every system with POSIX calls, or on Linux only."""

    optional: str = ""
    """What is done where it can't be had, and is nearly as good."""

    unneeded: Callable[[], str] = lambda: ""
    """Why it isn't needed here, or ''."""

    stand_in_for: str = ""
    """The layer that it makes up for: where that one holds, this one isn't needed."""


def expect(holds: bool, otherwise: str) -> None:
    """Raise `LockdownError` with the text `otherwise`, unless it holds."""
    if not holds:
        raise LockdownError(otherwise)


@contextmanager
def refused(what: str, *errors: int) -> Iterator[None]:
    """Run a body that the kernel must refuse with one of these errors."""
    try:
        yield
    except OSError as error:
        expect(error.errno in errors, f"it couldn't {what}, but for another reason: {error}")
    else:
        raise LockdownError(f"it could {what}")
