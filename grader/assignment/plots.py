"""An exercise's plots: code in `plots.py` that draws something with the student's answers."""

from __future__ import annotations

import re
from dataclasses import dataclass

from grader.assignment.exercises import Exercise

FILE = "plots.py"
HEAD = re.compile(r"^# %% \[after (?P<target>\w+)\] (?P<title>.+)$", re.MULTILINE)


@dataclass(frozen=True)
class Plot:
    """One cell. It needs `target`, and may use what the cells before it made."""

    target: str
    title: str
    code: str


def plots_of(exercise: Exercise) -> list[Plot]:
    """The cells, in order; none where there is no such file."""
    try:
        text = (exercise.folder / FILE).read_text("utf-8")
    except FileNotFoundError:
        return []
    _, *parts = HEAD.split(text)
    cells = zip(parts[::3], parts[1::3], parts[2::3], strict=True)
    return [Plot(target, title.strip(), code.strip()) for target, title, code in cells]
