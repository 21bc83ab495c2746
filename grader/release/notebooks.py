"""Generate each exercise's notebook from its lesson, its stub file and its plots.

The prose comes from the exercise's README.md. Each target of the stub file gets a cell, followed by
one that tests it. Cells of `plots.py`, if there is one, begin with `# %% [after TARGET] TITLE`. The
same sources always give the same notebook.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat

from grader.assignment.exercises import Exercise, find_exercises

PLOT = re.compile(r"^# %% \[after (?P<target>\w+)\] (?P<title>.+)$", re.MULTILINE)
PLOTS, PICTURES = "plots.py", "pictures.py"  # what students see comes from these
NOQA = re.compile(r"  # noqa\b.*")  # for the linter, which doesn't read cells
# The tags of cells that are graded, and of those that aren't. `grader.submission` reads them.
GRADED, CHECK, PLOT_CELL = "torchgrade", "torchgrade-check", "torchgrade-plot"
INTRODUCTION = """## Your answers

Write them here instead of in the file `{file}`: this notebook is graded just like it. Run the next
cell first (Shift+Enter)."""
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
    lesson = (exercise.folder / "README.md").read_text(encoding="utf-8")
    for section in re.split(r"^(?=## )", lesson, flags=re.MULTILINE):
        yield nbformat.v4.new_markdown_cell(section.strip())
    source = exercise.file.read_text(encoding="utf-8")
    tree = ast.parse(source)
    lines = source.splitlines()
    named = ((getattr(node, "name", ""), node) for node in tree.body)
    stubs = {name: node for name, node in named if name in exercise.targets}
    first = min(_first_line(node) for node in stubs.values())
    yield nbformat.v4.new_markdown_cell(INTRODUCTION.format(file=exercise.file.name))
    yield _code(NOQA.sub("", "\n".join(_after_docstring(tree, lines, first)).strip()), GRADED)
    plots = _plots(exercise)
    for target, node in stubs.items():
        yield nbformat.v4.new_markdown_cell(TARGET.format(target=target))
        yield _code("\n".join(lines[_first_line(node) - 1 : node.end_lineno]), GRADED)
        yield _code(f'from grader.student.notebook import check\n\ncheck("{target}")', CHECK)
        for title, code in plots.get(target, []):
            end = "" if title.endswith("?") else "."
            yield nbformat.v4.new_markdown_cell(f"**{title}{end}** It works once `{target}` does.")
            yield _code(code, PLOT_CELL)


def _code(source: str, tag: str) -> Any:
    return nbformat.v4.new_code_cell(source, metadata={"tags": [tag]})


def _first_line(node: Any) -> int:
    lines: list[int] = [node.lineno, *(d.lineno for d in node.decorator_list)]
    return min(lines)


def _after_docstring(tree: ast.Module, lines: list[str], first: int) -> list[str]:
    """The lines above the first target, without the docstring: imports and constants."""
    start = 0
    if ast.get_docstring(tree) is not None:
        start = tree.body[0].end_lineno or 0
    return lines[start : first - 1]


def _plots(exercise: Exercise) -> dict[str, list[tuple[str, str]]]:
    path = exercise.folder / PLOTS
    if not path.is_file():
        return {}
    _, *parts = PLOT.split(path.read_text(encoding="utf-8"))
    found: dict[str, list[tuple[str, str]]] = {}
    for target, title, code in zip(parts[::3], parts[1::3], parts[2::3], strict=True):
        found.setdefault(target, []).append((title.strip(), code.strip()))
    return found
