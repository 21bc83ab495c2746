"""Messages of exceptions, without parts that only an expert can read."""

from __future__ import annotations

import re

from grader.student.advice import asks_for_input

LONGEST = 300  # characters of a line of an assertion's message


def said_by(error: BaseException) -> str:
    """The exception's class and message."""
    name, message = type(error).__name__, str(error).strip()
    if asks_for_input(error):
        message = "input() was called"
    if isinstance(error.__cause__, SystemExit):
        return "SystemExit"
    return f"{name}: {message}" if message else name


def readable(message: str) -> str:
    """Pytest's account of a failed `assert`, without parts that only an expert can read."""
    message = re.sub(r"<(?:built-in )?(?:bound )?(?:function|method) (\w+)[^<>]*>", r"\1", message)
    message = re.sub(r" at 0x[0-9a-fA-F]+", "", message).replace("\\n", " ")
    lines = []
    for line in message.splitlines():
        line = re.sub(r"^ \+ +", "  ", line).rstrip()
        origin = re.match(r"  (where|and) +\S+ = [\w.]+$", line)  # `where sum = tensor.sum`
        if line and not origin and "<generator object" not in line and "Use -v" not in line:
            lines.append(line[:LONGEST])
    return "\n".join(lines)
