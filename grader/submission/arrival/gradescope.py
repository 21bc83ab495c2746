"""Gradescope's `submission_metadata.yml`: which folder of an export belongs to whom.

The file holds every result of every student, but only names, ids and e-mail addresses are needed.
So this reads those lines, in one pass, without a YAML parser: nothing can be deeply nested or refer
to itself.
"""

from __future__ import annotations

import json
import re
from datetime import datetime

from grader.result import Student
from grader.submission.arrival.times import moment

METADATA = "submission_metadata.yml"
_FIELD = re.compile(r"(?P<new>-)?\s*:(?P<key>name|sid|email):\s*(?P<value>.*)")


def submitters(text: str) -> dict[str, list[Student]]:
    """The students of each folder: several, if they handed in together."""
    found: dict[str, list[Student]] = {}
    folder, margin, level = "", -1, -1
    for line in text.splitlines():
        stripped = line.strip()
        indent = len(line) - len(line.lstrip())
        if stripped and not indent and not stripped.startswith(("-", "#", ":")):
            folder, margin, level = _scalar(stripped.rstrip(":")), -1, -1
            if stripped.endswith(":"):
                found.setdefault(folder, [])
        elif stripped == ":submitters:" and folder in found and level in (-1, indent):
            margin = indent
        elif margin >= 0:
            item = _FIELD.fullmatch(stripped)
            if indent < margin or (indent == margin and not stripped.startswith("-")):
                margin = -1
            elif item:
                _note(found[folder], item)
        # Deeper lines, whatever they look like, are output of a student's program.
        level = indent if level < 0 and indent else level
    return found


def handed_in_at(text: str) -> dict[str, datetime]:
    """When each folder was handed in, where the file says so."""
    found: dict[str, datetime] = {}
    folder, level = "", -1
    for line in text.splitlines():
        stripped = line.strip()
        indent = len(line) - len(line.lstrip())
        if stripped and not indent and not stripped.startswith(("-", "#", ":")):
            folder, level = _scalar(stripped.rstrip(":")), -1
            continue
        level = indent if level < 0 and indent else level
        key, _, value = stripped.partition(": ")
        # Deeper lines, whatever they look like, are output of a student's program.
        if key == ":created_at" and indent == level and folder:
            when = moment(_scalar(value))
            if when is not None:
                found.setdefault(folder, when)
    return found


def _note(students: list[Student], item: re.Match[str]) -> None:
    if item["new"] or not students:
        students.append(Student(""))
    field = {"sid": "id"}.get(item["key"], item["key"])
    setattr(students[-1], field, _scalar(item["value"]))


def _scalar(text: str) -> str:
    text = text.strip()
    if len(text) > 1 and text[0] == text[-1] == "'":
        return text[1:-1].replace("''", "'")
    if len(text) > 1 and text[0] == text[-1] == '"':
        try:
            return str(json.loads(text))
        except ValueError:
            return text[1:-1]
    return "" if text in ("null", "~") else text
