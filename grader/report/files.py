"""Write reports: whole files or none, under names that every system accepts."""

from __future__ import annotations

import os
import re
import tempfile
import unicodedata
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from grader.judge.harmless import clean

LONGEST = 80
RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)


class ReportError(Exception):
    """A report can't be written as asked. The message says why, and what to do."""


def save(path: Path, content: str | bytes) -> Path:
    """Write a whole file, or leave the old one as it was. Text is written as UTF-8."""
    data = content if isinstance(content, bytes) else content.encode("utf-8", "replace")
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=".", suffix=".part", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        Path(name).chmod(0o666 & ~_umask())
        Path(name).replace(path)
    except BaseException:
        with suppress(OSError):
            Path(name).unlink()
        raise
    return path


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def file_stems(names: Iterable[str]) -> list[str]:
    """A file name without suffix for each name: safe, and unique, on every system."""
    stems: list[str] = []
    taken: set[str] = set()
    for name in names:
        stem = first = _stem(name)
        number = 1
        while stem.casefold() in taken:
            number += 1
            stem = f"{first}-{number}"
        taken.add(stem.casefold())
        stems.append(stem)
    return stems


def _stem(name: str) -> str:
    text = unicodedata.normalize("NFC", clean(name))
    text = re.sub(r"[^\w.-]+", "_", text).strip("._- ")
    # 240 bytes leave room for a number and a suffix: the usual limit is 255.
    text = text[:LONGEST].encode("utf-8")[:240].decode("utf-8", "ignore").rstrip("._- ")
    return f"_{text}" if not text or RESERVED.fullmatch(text) else text
