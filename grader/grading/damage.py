"""A gradebook that is damaged is kept under another name, and never written to."""

from __future__ import annotations

import contextlib
import sqlite3
from pathlib import Path

BESIDE = ("", "-wal", "-shm", "-journal")  # the file, and what SQLite may have left beside it


def set_aside(path: Path) -> Path | None:
    """Move the gradebook at `path` away if it is damaged; its new path, or None if it is sound.

    Raises `OSError` where it can't be moved.
    """
    if not path.is_file() or is_sound(path):
        return None
    number = 1
    while (kept := path.with_name(f"{path.stem}-damaged-{number}{path.suffix}")).exists():
        number += 1
    for ending in BESIDE:
        with contextlib.suppress(FileNotFoundError):
            path.with_name(path.name + ending).rename(kept.with_name(kept.name + ending))
    return kept


def is_sound(path: Path) -> bool:
    """Whether SQLite can read every page. A file that it may not open isn't said to be damaged."""
    try:
        with contextlib.closing(sqlite3.connect(path)) as book:
            return bool(book.execute("PRAGMA quick_check").fetchone() == ("ok",))
    except sqlite3.OperationalError:  # locked, or no right to read it
        return True
    except sqlite3.DatabaseError:
        return False
