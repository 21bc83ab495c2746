"""Generate each exercise's notebook from its lesson, its stub file and its plots.

The prose comes from the exercise's README.md, and so does the code printed in it, which becomes
cells that run. Each target of the stub file gets a cell, followed by one that tests it, where the
lesson says `<!-- write: TARGET -->`. Other comments in the lesson: what lies between
`<!-- file -->` and `<!-- end -->` is about the file and the terminal, and isn't in the notebook;
`<!-- math ... -->` holds in TeX what the lines above it say in plain text. Cells of `plots.py`, if
there is one, begin with `# %% [after TARGET] TITLE`. The same sources always give the same
notebook.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat

from grader.assignment.exercises import Exercise, find_exercises
from grader.assignment.plots import plots_of
from grader.assignment.python import first_line

NOQA = re.compile(r"  # noqa\b.*")  # for the linter, which doesn't read cells
# The tags of cells that are graded, and of those that aren't. `grader.submission` reads them.
GRADED, CHECK, PLOT_CELL = "torchgrade", "torchgrade-check", "torchgrade-plot"
LESSON_CODE = "torchgrade-lesson"
FILE_ONLY = re.compile(r"^<!-- file -->\n.*?^<!-- end -->\n\n?", re.MULTILINE | re.DOTALL)
MATH = re.compile(r"^ {4}.*\n(?:(?: {4}.*)?\n)*<!-- math\n((?:.*\n)*?)-->", re.MULTILINE)
HERE = re.compile(r",\sin\s`python`\sfrom\sthe\sfolder\s`exercises/\w+`")
# Where a markdown cell ends: code, the place for a target, the next section.
PART = re.compile(
    r"^```python\n(?P<code>.*?)^```\n|^<!-- write: (?P<target>\w+) -->\n|^(?=## )",
    re.MULTILINE | re.DOTALL,
)
INTRODUCTION = """**Your answers.** Write them here instead of in the file `{file}`: this notebook
is graded just like it. Run the next cell first (Shift+Enter): your answers need it."""
TARGET = """### `{target}`

Write it here and run the cell. The cell below it runs its tests."""


def write_notebooks(exercises: Path) -> list[Path]:
    """Write each exercise's notebook beside its stub file."""
    written = []
    for exercise in find_exercises(exercises):
        path = exercise.folder / f"{exercise.module}.ipynb"
        path.write_text(notebook_of(exercise), encoding="utf-8", newline="\n")
        written.append(path)
    return written


def notebook_of(exercise: Exercise) -> str:
    """The text of the exercise's notebook."""
    book = nbformat.v4.new_notebook(metadata=_metadata())
    book.cells = list(_cells(exercise))
    for number, cell in enumerate(book.cells):
        cell["id"] = f"{exercise.module}-{number}"
    nbformat.validate(book)
    text: str = nbformat.writes(book, version=4)
    return text + "\n"


def _metadata() -> dict[str, Any]:
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    return {"kernelspec": kernel, "language_info": {"name": "python"}}


def _cells(exercise: Exercise) -> Iterator[Any]:
    """The lesson's cells, and each target's where the lesson wants them written."""
    answers = _answers(exercise)
    for kind, text in _parts(_lesson(exercise)):
        if kind == "target":
            yield from answers.pop("", [])
            yield from answers.pop(text)
        elif kind == "code":
            yield _code(text, LESSON_CODE)
        else:
            yield nbformat.v4.new_markdown_cell(text)
    for cells in answers.values():  # those that the lesson has no place for
        yield from cells


def _lesson(exercise: Exercise) -> str:
    """The lesson as the notebook tells it."""
    text = (exercise.folder / "README.md").read_text(encoding="utf-8")
    text = MATH.sub(lambda found: f"$$\n{found[1]}$$", FILE_ONLY.sub("", text))
    own = re.compile(rf"^from {exercise.module} import .*\n\n?", re.MULTILINE)
    return own.sub("", HERE.sub("", text)).replace(f"in `{exercise.file.name}`", "in this notebook")


def _parts(lesson: str) -> Iterator[tuple[str, str]]:
    """The lesson cut up: ("text", markdown), ("code", Python) and ("target", name), in order."""
    begin = 0
    for found in PART.finditer(lesson):
        if prose := lesson[begin : found.start()].strip():
            yield "text", prose
        if found["code"]:
            yield "code", found["code"].strip()
        elif found["target"]:
            yield "target", found["target"]
        begin = found.end()
    if prose := lesson[begin:].strip():
        yield "text", prose


def _answers(exercise: Exercise) -> dict[str, list[Any]]:
    """The cells in which each target is written, checked and looked at; under "" the imports."""
    source = exercise.file.read_text(encoding="utf-8")
    tree = ast.parse(source)
    lines = source.splitlines()
    named = ((getattr(node, "name", ""), node) for node in tree.body)
    stubs = {name: node for name, node in named if name in exercise.targets}
    first = min(map(first_line, stubs.values()))
    above = NOQA.sub("", "\n".join(_after_docstring(tree, lines, first)).strip())
    introduction = INTRODUCTION.format(file=exercise.file.name)
    cells = {"": [nbformat.v4.new_markdown_cell(introduction), _code(above, GRADED)]}
    plots = plots_of(exercise)
    for target, node in stubs.items():
        cells[target] = [
            nbformat.v4.new_markdown_cell(TARGET.format(target=target)),
            _code("\n".join(lines[first_line(node) - 1 : node.end_lineno]), GRADED),
            _code(f'from grader.student.notebook import check\n\ncheck("{target}")', CHECK),
        ]
        for plot in plots:
            if plot.target == target:
                end = "" if plot.title.endswith("?") else "."
                said = f"**{plot.title}{end}** It works once `{target}` does."
                cells[target] += [nbformat.v4.new_markdown_cell(said), _code(plot.code, PLOT_CELL)]
    return cells


def _code(source: str, tag: str) -> Any:
    return nbformat.v4.new_code_cell(source, metadata={"tags": [tag]})


def _after_docstring(tree: ast.Module, lines: list[str], first: int) -> list[str]:
    """The lines above the first target, without the docstring: imports and constants."""
    start = 0
    if ast.get_docstring(tree) is not None:
        start = tree.body[0].end_lineno or 0
    return lines[start : first - 1]
