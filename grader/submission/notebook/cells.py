"""Notebook cells as Python: lines for IPython are blanked, and line numbers stay the same."""

from __future__ import annotations

import ast
import contextlib
import itertools
import re
from dataclasses import dataclass, field

from grader.assignment.python import parse

# The cell magics whose body is Python. The body of any other is in another language.
_PYTHON_BODY = {"time", "timeit", "capture", "prun", "writefile", "python", "python3", "py"}
_CELL_MAGIC = re.compile(r"\s*%%(\w+)?[^\n]*")
_LINE = re.compile(
    r"(?P<indent>[ \t]*)(?=\S)(?:[%!?]|[\w.]+\s*\?{1,2}\s*;?\s*$|[\w, ]+=\s*[%!]).*", re.DOTALL
)
# `%run helper.py` defines here what the file defines.
_RUN = re.compile(r"[ \t]*%run[ \t]+(?:-i[ \t]+)?[\"']?(?:\./)?([A-Za-z_]\w*)(?:\.py)?[\"']?[ \t]*")
_GOES_ON = re.compile(r"(?:else|elif|except|finally)\b")
TRIES = 30
TRIED = 1 << 16  # how many characters of a broken cell are parsed again, in parts
LONGEST = 1 << 16


@dataclass
class Cell:
    """A code cell. Its `number` is what Jupyter shows after "Restart and run all"."""

    number: int
    source: str
    tagged: bool = False  # whether a tag or a marker says that it holds an answer
    ours: bool = False  # whether it is one of the kit's own checks and plots
    section: str = ""  # the exercise that a tag of it names, or the heading above it


@dataclass
class Code:
    """A cell as Python: its lines, the statements that can be read, and the commands left out."""

    cell: Cell
    lines: list[str]
    body: list[ast.stmt] = field(default_factory=list)
    commands: list[str] = field(default_factory=list)
    error: str = ""


def read_cell(cell: Cell) -> Code:
    """Parse a cell. Of a half-written one, the statements before and after the error are kept."""
    code = Code(cell, cell.source.split("\n"))
    if len(cell.source) > LONGEST:
        code.error = f"it is longer than {LONGEST >> 10} KiB"
        return code
    _blank_cell_magic(code)
    try:
        code.body = _parse_blanking(code)
    except SyntaxError as error:
        code.error = f"line {error.lineno or 1}: {error.msg}"
        code.body = _salvage(code.lines)
    return code


def _blank_cell_magic(code: Code) -> None:
    first = next((n for n, line in enumerate(code.lines) if line.strip()), 0)
    magic = _CELL_MAGIC.match(code.lines[first])
    if magic:
        python = (magic[1] or "") in _PYTHON_BODY
        code.commands += [] if python else [code.lines[first].strip()]
        code.lines = ["", *code.lines[first + 1 :]] if python else [""]
        code.lines[:0] = [""] * first


def _parse_blanking(code: Code) -> list[ast.stmt]:
    """Parse. If that fails at a line for IPython, blank the line and parse again."""
    for _ in range(TRIES):
        try:
            return parse("\n".join(code.lines)).body
        except SyntaxError as error:
            if not _blank(code, (error.lineno or 0) - 1):
                raise
    raise SyntaxError("it holds too many lines that aren't Python")


def _blank(code: Code, number: int) -> bool:
    """Blank the command in a line, and those that follow at once. False if there is none."""
    if not (0 <= number < len(code.lines) and _LINE.fullmatch(code.lines[number])):
        return False
    while number < len(code.lines) and (found := _LINE.fullmatch(code.lines[number])):
        if (ran := _RUN.fullmatch(code.lines[number])) and not found["indent"]:
            code.lines[number] = f"from {ran[1]} import *"
            number += 1
            continue
        code.commands.append(code.lines[number].strip())
        continued = code.lines[number].endswith("\\")
        code.lines[number] = f"{found['indent']}pass" if found["indent"] else ""
        number += 1
        while continued and number < len(code.lines):
            continued = code.lines[number].endswith("\\")
            code.lines[number] = ""
            number += 1
    return True


def _salvage(lines: list[str]) -> list[ast.stmt]:
    """The top-level statements of broken source that can be parsed by themselves."""
    starts = [n for n, line in enumerate(lines) if re.match(r"[^\s)\]}#]", line)]
    found: list[ast.stmt] = []
    begin, kept = 0, 0
    left = TRIED
    for number, following in itertools.pairwise([*starts, len(lines)]):
        # A decorator, or a line such as `else:`, belongs to the statement next to it.
        if not (number and (lines[begin].startswith("@") or _GOES_ON.match(lines[number]))):
            begin, kept = number, len(found)
        text = "\n".join(lines[begin:following])
        left -= len(text)
        if left < 0:
            break
        with contextlib.suppress(SyntaxError):
            body = parse(text).body
            for node in body:
                ast.increment_lineno(node, begin)
            found[kept:] = body
    return found
