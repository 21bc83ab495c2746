"""Text that fits a terminal: lines broken at its width, long texts cut short."""

from __future__ import annotations

import re
import shutil
import textwrap


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


def without_markup(markdown: str) -> str:
    """A lesson for a terminal: a picture is what it shows, in words; there are no comments."""
    text = re.sub(r"<!--.*?-->\n*|</?picture>|<source[^>]*>", "", markdown, flags=re.DOTALL)
    return re.sub(r"!\[([^\]]*)\]\(([^)]*)\)", r"*Picture* (\2): \1", text)
