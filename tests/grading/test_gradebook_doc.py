"""docs/gradebook.md describes the tables as they are, and its questions can be asked."""

from __future__ import annotations

import re
import sqlite3
from pathlib import Path

import pytest

from grader.grading.gradebook_schema import STEPS, migrate

TEXT = (Path(__file__).parents[2] / "docs" / "gradebook.md").read_text("utf-8")


@pytest.fixture
def db():
    connection = sqlite3.connect(":memory:", isolation_level=None)
    migrate(connection)
    yield connection
    connection.close()


def test_every_table_and_column_is_described(db):
    tables = [name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    assert len(tables) > 5
    parts = TEXT.partition("## The tables")[2]
    for table in tables:
        start = parts.index(f"**`{table}`**")
        described = re.split(r"\n\*\*`(?!files`)", parts[start:])[0]
        columns = [row[1] for row in db.execute(f"PRAGMA table_info({table})")]
        assert all(f"`{column}`" in described for column in columns), (table, columns)


def test_its_questions_can_be_asked(db):
    [block] = re.findall(r"```sql\n(.*?)```", TEXT, re.S)
    questions = [q for q in block.split(";") if q.strip()]
    assert len(questions) == 2
    for question in questions:
        assert db.execute(question).fetchall() == []


def test_migrating_twice_changes_nothing(db):
    before = list(db.execute("SELECT sql FROM sqlite_master"))
    migrate(db)
    assert list(db.execute("SELECT sql FROM sqlite_master")) == before
    assert db.execute("PRAGMA user_version").fetchone() == (len(STEPS),)
