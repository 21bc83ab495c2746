"""Read notebook files as code cells, with nbformat. Nothing is run."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any

from grader.submission.model import Assigned
from grader.submission.notebook.cells import Cell

CELLS = 2_000
BRACKETS = 2_000_000  # objects cost memory; 50 MB of pictures in one string don't
# Tags and markers that say "this is an answer": those of this kit, of nbgrader and of Otter.
ANSWER_TAGS = {"torchgrade", "solution", "otter_answer_cell", "otter_assign_solution_cell"}
_MARKER = re.compile(r"^[ \t]*#+ *(?:BEGIN SOLUTION|YOUR CODE HERE|SOLUTION\b)", re.M)


class NotANotebookError(ValueError):
    """The file isn't a usable notebook. The message tells the student what is wrong."""


def read_notebook(text: str, exercises: Sequence[Assigned]) -> list[Cell]:
    """The code cells from top to bottom. Raises `NotANotebookError`."""
    if not text.strip():
        raise NotANotebookError("the file is empty")
    if text.count("{") + text.count("[") > BRACKETS:
        raise NotANotebookError("it holds too much")
    try:
        raw = json.loads(text)
    except json.JSONDecodeError as error:
        raise NotANotebookError(
            f"it isn't a complete notebook (line {error.lineno}: {error.msg}): "
            "save it in Jupyter and hand it in again"
        ) from None
    except (RecursionError, ValueError):
        raise NotANotebookError("it is nested too deeply") from None
    import nbformat  # a tenth of a second, and most submissions have no notebook

    try:
        # Outputs may take 50 MB, so they are dropped before nbformat makes objects of them.
        notebook = nbformat.reader.reads(json.dumps(_without_outputs(raw)))
        if notebook.get("nbformat", 0) < 4:
            notebook = nbformat.convert(notebook, 4)
        return _code_cells(notebook["cells"], exercises)
    except NotANotebookError:
        raise
    except Exception:  # nbformat may raise anything on JSON of another shape
        raise NotANotebookError("it is JSON, but it isn't a notebook") from None


def _without_outputs(raw: dict[str, Any]) -> dict[str, Any]:
    """The notebook (version 4 or 3) with only the sources and metadata of its cells."""
    kept: dict[str, Any] = {"nbformat": 4, "nbformat_minor": 5, "metadata": {}}
    if "worksheets" in raw:
        kept.update(nbformat=raw["nbformat"], nbformat_minor=0)
        cells = [cell for sheet in raw["worksheets"] for cell in sheet["cells"]]
        kept["worksheets"] = [{"metadata": {}, "cells": _few(cells)}]
    else:
        kept["cells"] = _few(raw["cells"])
    return kept


def _few(cells: list[dict[str, Any]]) -> list[dict[str, Any]]:
    if len(cells) > CELLS:
        raise NotANotebookError(f"it has {len(cells):,} cells, and at most {CELLS:,} are read")
    return [_bare(cell) for cell in cells]


def _bare(cell: dict[str, Any]) -> dict[str, Any]:
    """A cell without outputs. Missing or malformed parts become those of an empty cell."""
    kind, metadata = str(cell.get("cell_type")), cell.get("metadata")
    bare: dict[str, Any] = {
        "cell_type": kind,
        "metadata": metadata if isinstance(metadata, dict) else {},
        **({"outputs": []} if kind == "code" else {}),
    }
    if "input" in cell:  # version 3
        bare["language"] = "python"
    elif kind == "heading":
        bare["level"] = 1
    for key in ("source", "input"):
        if key in cell:
            parts = cell[key] if isinstance(cell[key], list) else [cell[key]]
            bare[key] = "".join(part for part in parts if isinstance(part, str))
    return bare


def _code_cells(cells: list[dict[str, Any]], exercises: Sequence[Assigned]) -> list[Cell]:
    found: list[Cell] = []
    section = ""
    for cell in cells:
        source = cell.get("source", "").replace("\r\n", "\n").replace("\r", "\n").replace("\0", "")
        if cell["cell_type"] == "markdown":
            section = _section(source, exercises) or section
        elif cell["cell_type"] == "code" and source.strip():
            section = _section(source, exercises) or section
            tags, answer = _tags(cell.get("metadata", {}), source)
            ours = any(tag.startswith("torchgrade-") for tag in tags)
            named = [e.module for e in exercises if not tags.isdisjoint((e.name, e.module))]
            place = named[0] if len(named) == 1 else section
            found.append(Cell(len(found) + 1, source, answer or bool(named), ours, place))
    return found


def _section(source: str, exercises: Sequence[Assigned]) -> str:
    """The one exercise that a heading or comment names, as `04_fit` or `fit.py`; '' if none."""
    headings = "\n".join(re.findall(r"^[ \t]*#.*|^%%writefile.*", source, re.M))
    if not headings:
        return ""
    named = {
        e.module
        for e in exercises
        if re.search(rf"(?<!\w)(?:{re.escape(e.name)}|{re.escape(e.module)}\.py)(?!\w)", headings)
    }
    return named.pop() if len(named) == 1 else ""


def _tags(metadata: dict[str, Any], source: str) -> tuple[set[str], bool]:
    listed = metadata.get("tags")
    tags = {str(tag) for tag in listed} if isinstance(listed, list) else set()
    nbgrader = metadata.get("nbgrader")
    solution = isinstance(nbgrader, dict) and nbgrader.get("solution") is True
    return tags, bool(tags & ANSWER_TAGS) or solution or bool(_MARKER.search(source))
