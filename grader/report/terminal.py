"""A console whose lines no CI system reads as a command.

GitHub takes a line that begins with `::` for one, and `##[` wherever it stands; Azure and TeamCity
have `##vso[` and `##teamcity[`. Students choose names and notes, and long ones are wrapped.
"""

from __future__ import annotations

import re
from typing import IO, Any

from rich.console import Console

_AT_THE_START = re.compile(r"^([^\S\n]*):(?=:)", re.MULTILINE)
_ANYWHERE = re.compile(r"##(?=\w*\[)")


def inert(text: str) -> str:
    """The text with a space inserted into whatever would be a command."""
    return _ANYWHERE.sub("# #", _AT_THE_START.sub(r"\1: ", text))


class SafeConsole(Console):
    """A console that makes commands harmless."""

    @property
    def file(self) -> IO[str]:
        return _Inert(super().file)  # type: ignore[return-value]

    @file.setter
    def file(self, new: IO[str]) -> None:
        self._file = new


class _Inert:
    """A stream that makes what is written to it inert. Rich writes whole lines."""

    def __init__(self, stream: IO[str]) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        return self._stream.write(inert(text))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)
