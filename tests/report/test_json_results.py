"""results.json can be read again, and is valid by its own schema."""

from __future__ import annotations

import gzip
import json
import math
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from made_up_class import sample

from grader.report import ReportError, write_report
from grader.report.formats import json as json_format
from grader.report.formats.json import decode, encode, read, schema
from grader.result import ExerciseResult, Grades, Outcome, Result, TestResult

losses = st.floats(allow_nan=True, allow_infinity=True)
any_text = st.text(st.characters(codec=None, categories=None))  # lone surrogates too
exercises = st.builds(
    ExerciseResult,
    st.text(),
    st.lists(
        st.builds(
            TestResult,
            st.text(),
            st.text(),
            any_text,
            st.sampled_from(Outcome),
            st.floats(0, 100),
            st.booleans(),
        ),
        max_size=3,
    ),
    printed=any_text,
    code=any_text,
    curve=st.lists(losses, max_size=4),
    band=st.lists(st.tuples(losses, losses), max_size=4),
)
runs = st.builds(
    Grades, st.lists(st.builds(Result, any_text, exercises=st.lists(exercises, max_size=2)))
)


def test_it_round_trips(tmp_path: Path) -> None:
    grades = sample()
    (path,) = write_report(grades, "json", folder=tmp_path)
    again = read(path)
    assert str(again).replace("inf", "nan") == str(grades).replace("inf", "nan")


def test_a_large_class_is_compressed_and_read_by_the_same_name(tmp_path: Path, monkeypatch) -> None:
    grades, plain, packed = sample(), tmp_path / "results.json", tmp_path / "results.json.xz"
    write_report(grades, "json", folder=tmp_path)
    size = plain.stat().st_size
    monkeypatch.setattr(json_format, "LARGE", len(grades.results) - 1)
    assert write_report(grades, "json", folder=tmp_path) == [packed]
    assert not plain.exists()  # which would be an older run's
    assert packed.stat().st_size < size / 8
    assert len(read(plain).results) == len(read(packed).results) == len(grades.results)
    assert write_report(grades, "json", {"compress": "no"}, tmp_path) == [plain]
    assert not packed.exists()
    for magic in (b"\x1f\x8b", b"\xfd7zXZ\0"):
        packed.write_bytes(magic + b"nonsense")
        with pytest.raises(ReportError, match="damaged"):
            read(packed)
    packed.unlink()
    older = tmp_path / "results.json.gz"  # as the versions before wrote it
    older.write_bytes(gzip.compress(plain.read_bytes()))
    plain.unlink()
    assert len(read(plain).results) == len(grades.results)
    assert write_report(grades, "json", folder=tmp_path) == [packed]
    assert not older.exists()
    with pytest.raises(ReportError, match="yes, no or auto"):
        write_report(grades, "json", {"compress": "perhaps"}, tmp_path)


@given(runs)
def test_any_run_is_as_the_schema_says_and_is_read_again(grades: Grades) -> None:
    data = encode(grades)
    Draft202012Validator(schema()).validate(json.loads(data))
    again = decode(data, Grades)
    for ours, theirs in zip(grades.results, again.results, strict=True):
        assert ours.total == theirs.total
        for one, other in zip(ours.exercises, theirs.exercises, strict=True):
            for a, b in zip(one.curve, other.curve, strict=True):
                assert a == b or not (math.isfinite(a) or math.isfinite(b))


def test_the_schema_is_one_and_refuses_what_is_no_run(tmp_path: Path) -> None:
    Draft202012Validator.check_schema(schema())
    validator = Draft202012Validator(schema())
    assert not validator.is_valid({"results": []})
    assert not validator.is_valid({"schema": "torchgrade/results/v1", "results": [{}]})
    beside = tmp_path / "schema.json"
    write_report(sample(), "json", {"schema": str(beside)}, tmp_path)
    assert json.loads(beside.read_text(encoding="utf-8")) == schema()


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("", "not JSON"),
        ("[]", "its schema is None"),
        ('{"schema": "torchgrade/results/v9", "results": []}', "its schema is 'torchgrade/res"),
        ('{"schema": "torchgrade/results/v1"}', "missing required field `results`"),
        ('{"schema": "torchgrade/results/v1", "results": [{"submission": 3}]}', "Expected `str`"),
    ],
)
def test_what_is_something_else_is_said_plainly(content: str, says: str, tmp_path: Path) -> None:
    path = tmp_path / "results.json"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(ReportError, match=r"^[^\n]+$") as caught:
        read(path)
    assert says in str(caught.value)
    with pytest.raises(ReportError, match="could not be read"):
        read(tmp_path / "nowhere.json")
