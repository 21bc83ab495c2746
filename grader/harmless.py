"""Text of a student's making, harmless wherever it is shown."""

from __future__ import annotations

import unicodedata

LIMIT = 2_000


def clean(text: str) -> str:
    """Text of a student's making that is harmless wherever it is shown: no control characters."""
    kept = "".join(_harmless(c) for c in text[: 2 * LIMIT])
    return kept if len(kept) <= LIMIT else f"{kept[:LIMIT]} […]"


def _harmless(character: str) -> str:
    if character in "\n\t":
        return character
    # Cc: control, terminal escapes; Cf: bidirectional marks; Cs: lone surrogates; Co, Cn: unknown
    return "\ufffd" if unicodedata.category(character)[0] == "C" else character
