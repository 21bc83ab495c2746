"""Whatever bytes arrive, reading them gives harmless notes and sources that are text."""

from __future__ import annotations

import io
import json
import keyword
import tarfile
import tempfile
import unicodedata
import zipfile
from pathlib import Path

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from grader.assignment.exercises import find_exercises
from grader.submission import NoSubmissions, find_submissions

EXERCISES = find_exercises(Path(__file__).parents[2] / "solutions")
BUDGET = settings(
    max_examples=150,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)

endings = st.sampled_from([".py", ".ipynb", ".zip", ".tar.gz", ".py.txt", ""])
stems = st.one_of(
    st.sampled_from(["losses", "fit", "homework", "test_losses", "con", "submitted", "losses-1"]),
    st.text(
        st.characters(exclude_characters="/\0", exclude_categories=["Cs"]), min_size=1, max_size=20
    ),
)
names = st.builds(str.__add__, stems, endings).filter(lambda n: n not in (".", ".."))
snippets = st.sampled_from(
    [
        "import torch", "def nll(input, target):\n    return target", "x = 1", "%time x", "!ls",
        "foo?", "def nll(", "class MyLinear(nn.Module):\n    pass", "@", "    indented", "else:",
        "'''", "await x", "return 1", "nll = nll(x)", "for i in nll:\n    pass", "%%bash\nls",
        "from x import *", "\\", "x = (", "def fit(model): raise NotImplementedError",
        "# SOLUTION", "\ud800", "\x0c", "a = lambda: x;",
    ]
)  # fmt: skip
sources = st.one_of(st.lists(snippets, max_size=6).map("\n".join), st.text(max_size=80))


def check(content: dict[str, bytes]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        top = Path(folder, "class")
        for number, (name, raw) in enumerate(content.items()):
            place = top / f"student{number}"
            place.mkdir(parents=True)
            try:
                (place / name).write_bytes(raw)
            except OSError:  # not a name on this system
                continue
        for single in (False, True):
            try:
                found = find_submissions(top, EXERCISES, single=single)
            except NoSubmissions:
                continue
            for submission in found:
                for file, source in submission.files.items():
                    stem = file.removesuffix(".py")
                    assert stem.isidentifier()
                    assert not keyword.iskeyword(stem)
                    text = source.decode()
                    assert "\0" not in text
                    assert "\r" not in text
                    lines = submission.cells.get(file)
                    assert lines is None or len(lines) == text.count("\n")
                for text in (submission.name, *submission.notes):
                    assert folder not in text
                    assert not any(unicodedata.category(c)[0] == "C" for c in text)


@BUDGET
@given(st.dictionaries(names, st.binary(max_size=300), min_size=1, max_size=3))
@example({"losses.py": b"\xff\xfe"})
def test_any_bytes(content):
    check(content)


@BUDGET
@given(st.lists(sources, max_size=8), st.sampled_from(["losses.ipynb", "homework.ipynb"]))
def test_any_cells(cells, name):
    found = [{"cell_type": "code", "metadata": {}, "source": c, "outputs": []} for c in cells]
    raw = json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": found})
    check({name: raw.encode()})


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4)
    ),
    max_leaves=8,
)
cells = st.fixed_dictionaries(
    {},
    optional={
        "cell_type": st.sampled_from(["code", "markdown", "raw", "heading"]) | values,
        "source": sources | st.lists(sources) | values,
        "input": sources | values,
        "metadata": st.fixed_dictionaries({}, optional={"tags": values, "nbgrader": values})
        | values,
        "outputs": values,
    },
)
documents = st.fixed_dictionaries(
    {},
    optional={
        "nbformat": st.sampled_from([1, 2, 3, 4, 5]) | values,
        "nbformat_minor": values,
        "metadata": values,
        "cells": st.lists(cells, max_size=4) | values,
        "worksheets": st.lists(st.fixed_dictionaries({"cells": st.lists(cells, max_size=3)}))
        | values,
    },
)


@BUDGET
@given(documents)
def test_any_document(document):
    check({"losses.ipynb": json.dumps(document).encode()})


@BUDGET
@given(st.data())
def test_broken_archives(data):
    stream = io.BytesIO()
    if data.draw(st.booleans()):
        name = "losses.zip"
        with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("hw/losses.py", b"def nll(i, t): return 0\n" * 20)
            archive.writestr("hw/fit.py", b"x")
    else:
        name = "losses.tar.gz"
        with tarfile.open(fileobj=stream, mode="w:gz" if data.draw(st.booleans()) else "w") as tar:
            member = tarfile.TarInfo("losses.py")
            member.size = 6
            tar.addfile(member, io.BytesIO(b"x = 1\n"))
    raw = bytearray(stream.getvalue())
    for place, byte in data.draw(
        st.lists(st.tuples(st.integers(0, len(raw) - 1), st.integers(0, 255)), max_size=12)
    ):
        raw[place] = byte
    check(
        {
            name: bytes(raw[: data.draw(st.integers(0, len(raw)))])
            if data.draw(st.booleans())
            else bytes(raw)
        }
    )


@BUDGET
@given(st.lists(st.text(max_size=30), min_size=1, max_size=4, unique=True))
def test_any_names_in_a_zip(inside):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for number, name in enumerate(inside):
            try:
                archive.writestr(f"{name}{number}/{name}.py", b"x = 1\n")
            except (ValueError, IndexError):  # zipfile itself can't write that
                continue
    check({"hw.zip": stream.getvalue()})
