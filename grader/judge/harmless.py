"""Make text from students harmless wherever it is shown."""

from __future__ import annotations

import os
import re
import sys
import tempfile
import unicodedata
from functools import cache
from pathlib import Path

LIMIT = 2_000


def clean(text: str) -> str:
    """The text of a student without control characters, at most `LIMIT` characters of it."""
    kept = "".join(_harmless(c) for c in text[: 2 * LIMIT])
    return kept if len(kept) <= LIMIT else f"{kept[:LIMIT]} […]"


def without_places(text: str) -> str:
    """The text without the folders of this machine, which warnings and errors name."""
    return _places().sub("…", text)


def _harmless(character: str) -> str:
    if character in "\n\t":
        return character
    # Cc: control, terminal escapes; Cf: bidirectional marks; Cs: lone surrogates; Co, Cn: unknown
    return "\ufffd" if unicodedata.category(character)[0] == "C" else character


@cache
def _places() -> re.Pattern[str]:
    """A pattern of the folders of Python, this package, the user and the command."""
    home = os.path.expanduser("~")  # noqa: PTH111 (Path's own raises where there is none)
    found = {
        Path(__file__).parents[2],
        Path(home),
        Path.cwd(),
        Path(sys.prefix),
        Path(sys.base_prefix),
    }
    found |= {place.resolve() for place in (*found, Path(tempfile.gettempdir()))}
    names = sorted((str(p) for p in found if p.parent != p), key=len, reverse=True)
    return re.compile(rf"(?:{'|'.join(map(re.escape, names))})(?![\w.-])")
