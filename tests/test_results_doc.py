"""docs/results.md describes `results.json` as it is."""

import re
from pathlib import Path

import pytest

from grader.report.formats.json import schema
from grader.result import SCHEMA, Outcome

TEXT = (Path(__file__).parents[1] / "docs" / "results.md").read_text("utf-8")
OBJECTS = {name: part for name, part in schema()["$defs"].items() if "properties" in part}


def described(name: str) -> list[str]:
    """The fields in the table below the heading of this object."""
    [section] = re.findall(rf"^## {name}\b.*?(?=^## |\Z)", TEXT, re.M | re.S)
    return re.findall(r"^\| `(\w+)` \|", section, re.M)


@pytest.mark.parametrize("name", OBJECTS)
def test_every_field_is_described(name: str) -> None:
    assert sorted(described(name)) == sorted(OBJECTS[name]["properties"])


def test_the_version_and_every_outcome_are_named() -> None:
    assert f"`{SCHEMA}`" in TEXT
    for outcome in Outcome:
        assert f"`{outcome.value}`" in TEXT
