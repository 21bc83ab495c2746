"""Text that fits a terminal: lines broken at its width, long texts cut short, short paths."""

from __future__ import annotations

import os
import re
import shutil
import textwrap
from pathlib import Path

LINES = 15  # of a failed test, from its docstring to what explains it


def wrap(text: str, indent: str = "") -> str:
    """Indent `text`, and break its lines where they are too long for the terminal."""
    width = max(40, min(100, shutil.get_terminal_size().columns - 1))
    lines = []
    for line in text.splitlines():
        inner = indent + line[: len(line) - len(line.lstrip())]
        if len(inner) + len(line.strip()) <= width:  # columns stay aligned
            lines.append((inner + line.strip()).rstrip())
            continue
        lines += textwrap.wrap(
            line.strip(), width, initial_indent=inner, subsequent_indent=inner
        ) or [""]
    return "\n".join(lines)


def cut(text: str, lines: int, characters: int = 2_000, rest: str = "[…]") -> str:
    """At most so many lines and characters of `text`; `rest` is the last line where more is cut."""
    whole = text.rstrip()
    shown = whole[:characters].rstrip().splitlines()
    if len(shown) <= lines and len(whole) <= characters:
        return whole
    return "\n".join([*shown[: lines - 1], rest])


def without_rows(text: str, lines: int) -> str:
    """Drop rows of wrong numbers, the last ones first, until `text` fits; one row always stays."""
    kept = text.splitlines()
    while len(kept) > lines:
        rows = [place for place, line in enumerate(kept) if _ROW.match(line)]
        if len(rows) < 2:
            break
        after = rows[-1] + 1
        more = _MORE.fullmatch(kept[after]) if after < len(kept) else None
        left = 1 + (int(more[1]) if more else 0)
        kept[rows[-1] : after + bool(more)] = [f"  … and {left} more"]
    return "\n".join([*kept, ""])


_ROW = re.compile(r"  \[[\d, ]+\] ")
_MORE = re.compile(r"  … and (\d+) more")


def relative(path: Path, here: Path | None = None) -> str:
    """A path as one writes it in the folder `here`, or in the working folder.

    The whole path where that is on another drive.
    """
    try:
        return os.path.relpath(path, here)
    except ValueError:
        return str(path)


def without_markup(markdown: str) -> str:
    """A lesson for a terminal: pictures are replaced by their descriptions, comments left out."""
    text = re.sub(r"<!--.*?-->\n*|</?picture>|<source[^>]*>", "", markdown, flags=re.DOTALL)
    return re.sub(r"!\[([^\]]*)\]\(([^)]*)\)", r"*Picture* (\2): \1", text)
