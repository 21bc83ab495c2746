"""Notes for the student on how their submission was loaded."""

from __future__ import annotations

from collections.abc import Sequence

from grader.judge.errors import shortened
from grader.judge.feedback import Locate
from grader.judge.harmless import clean, without_places
from grader.wire.structs import Skipped

MODULE, NAMES, MESSAGE = 60, 5, 200
_LIGHTNING = " A `LightningModule` is treated as a plain `nn.Module`; nothing is logged."


def lacking(modules: Sequence[str]) -> str:
    """A note on modules that stand-ins took the place of."""
    named = ", ".join(f"`{module[:MODULE]}`" for module in modules)
    return _line(
        f"{named} can't be imported where your code is graded. "
        "Code that only shows something runs without it; "
        "code that needs a value from it raises an error."
        + (_LIGHTNING if any("lightning" in module for module in modules) else "")
    )


def skipped(notice: Skipped, locate: Locate) -> str:
    """A note on a statement that raised. `locate` says where a student finds a line of a file."""
    raised = shortened(notice.raised)
    names = ", ".join(f"`{name[:MODULE]}`" for name in notice.names[:NAMES])
    what = f", so {names} can't be used" if names else ""
    message = f": {raised.message[:MESSAGE].rstrip('.')}" if raised.message else ""
    where = locate(notice.file[:MODULE], notice.line)
    return _line(
        f"{where} raised {raised.name}{message}. It was left out when your code was loaded{what}."
    )


def _line(text: str) -> str:
    return " ".join(clean(without_places(text)).split())
