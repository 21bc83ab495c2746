"""What CI systems and autograders read: JUnit, GitHub's reporter, Classroom 50, Gradescope."""

from __future__ import annotations

import base64
import json
import re
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from junit_schemas import ANT, JENKINS, Rule, faults
from made_up_class import a_test, one, sample

from grader.report import ReportError, text, write_report
from grader.report.formats import classroom, classroom50, gradescope, junit
from grader.report.markdown import feedback
from grader.report.seen import seen
from grader.result import Attempt, ExerciseResult, Grades, Mark, Outcome, Result

COUNTS = ("tests", "failures", "errors", "skipped")
NOBODY = Result("kim", fault="the sandbox could not be started: /opt/grader/zygote")
MESSAGES = ["The sandbox died.\nTwice: 100 %", "", "\x1b[2J::set-env name=x::y"]

REPORTER = {
    "type": "object",
    "required": ["version", "status", "max_score", "tests"],
    "properties": {
        "version": {"const": 1},
        "status": {"enum": ["pass", "fail", "error"]},
        "max_score": {"type": "number", "minimum": 0},
        "message": {"type": "string"},
        "tests": {
            "type": "array",
            "minItems": 1,
            "items": {
                "type": "object",
                "required": ["name", "status", "score", "test_code", "filename", "line_no"],
                "properties": {
                    "name": {"type": "string"},
                    "status": {"enum": ["pass", "fail", "error"]},
                    "score": {"type": "number", "minimum": 0},
                    "message": {"type": "string"},
                    "test_code": {"const": ""},
                    "filename": {"type": "string"},
                    "line_no": {"const": 0},
                    "duration": {"type": "number"},
                },
                "additionalProperties": False,
            },
        },
    },
    "additionalProperties": False,
}
WHOLE = {"type": "integer", "minimum": 0}
TEXT = {"type": "string", "minLength": 1}
INSTANT = {"type": "string", "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$"}
CLASSROOM50: dict[str, Any] = {
    "type": "object",
    "required": [
        "schema", "classroom", "assignment", "submission", "commit", "release", "review",
        "datetime", "score", "max-score", "tests",
    ],
    "properties": {
        "schema": {"const": "classroom50/result/v1"},
        "classroom": TEXT,
        "assignment": TEXT,
        "submission": {"type": "string", "pattern": "^submit/"},
        "commit": TEXT,
        "release": TEXT,
        "review": TEXT,
        "datetime": INSTANT,
        "graded_at": INSTANT,
        "score": WHOLE,
        "max-score": WHOLE,
        "tests": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["test-name", "passed", "score", "max-score"],
                "properties": {
                    "test-name": TEXT,
                    "passed": {"type": "boolean"},
                    "score": WHOLE,
                    "max-score": WHOLE,
                },
            },
        },
    },
    "additionalProperties": False,
}  # fmt: skip
VISIBILITY = {"enum": ["hidden", "after_due_date", "after_published", "visible"]}
FORMAT = {"enum": ["text", "html", "simple_format", "md", "ansi"]}
GRADESCOPE = {
    "type": "object",
    "properties": {
        "score": {"type": "number"},
        "execution_time": {"type": "number"},
        "output": {"type": "string"},
        "output_format": FORMAT,
        "test_output_format": FORMAT,
        "test_name_format": FORMAT,
        "visibility": VISIBILITY,
        "stdout_visibility": VISIBILITY,
        "extra_data": {"type": "object"},
        "tests": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "score": {"type": "number"},
                    "max_score": {"type": "number"},
                    "status": {"enum": ["passed", "failed"]},
                    "name": {"type": "string"},
                    "output": {"type": "string"},
                    "tags": {"type": "array", "items": {"type": "string"}},
                    "visibility": VISIBILITY,
                },
                "additionalProperties": False,
            },
        },
    },
    "additionalProperties": False,
}


def with_bonus(outcome: Outcome) -> Result:
    """A submission with every base point, and a bonus test that ended as `outcome`."""
    result = one(Outcome.PASSED)
    result.exercises[0].tests.append(a_test(3, "nll", outcome, bonus=True))
    return result


def check(made: object, schema: dict[str, Any]) -> Any:
    Draft202012Validator(schema).validate(made)
    return made


LATE = "Handed in 1 day 2 hours late (by the last commit): 20 points less."


def late(*outcomes: Outcome, total: float = 80.0) -> Result:
    """A submission that lost points for being late: the tests alone don't say what it is worth."""
    result = one(*outcomes)
    attempt = Attempt(1, "2026-11-21T12:00:00+00:00", "the last commit", 2, total, counts=True)
    return replace(result, mark=Mark(total, reasons=[LATE]), attempts=[attempt])


def each() -> list[Result]:
    ruled = [late(Outcome.PASSED), late(Outcome.FAILED, total=40 / 3), late(total=0)]
    # A person gave points for what no test saw.
    decided = replace(one(Outcome.FAILED), mark=Mark(70, reasons=["Set to 70 by J. Doe."]))
    return [*sample().results, NOBODY, *(one(outcome) for outcome in Outcome), *ruled, decided]


# --------------------------------------------------------------------------------------- JUnit


def test_junit_counts_and_tells_ours_from_theirs(tmp_path: Path) -> None:
    grades = Grades([one(outcome) for outcome in Outcome])
    (path,) = write_report(grades, "junit", folder=tmp_path)
    root = ET.parse(path).getroot()
    kinds = [[element.tag for element in case] for case in root.iter("testcase")][1::2]
    assert kinds == [[], *[["failure"]] * 5, ["error"]]
    totals = {kind: sum(int(suite.get(kind, "0")) for suite in root) for kind in COUNTS}
    assert totals == {"tests": 14, "failures": 5, "errors": 1, "skipped": 0}
    for suite in root:
        assert suite.get("tests") == str(len(suite.findall("testcase")))


def test_a_missed_bonus_is_no_failure_in_junit(tmp_path: Path) -> None:
    (path,) = write_report(Grades([with_bonus(Outcome.FAILED)]), "junit", folder=tmp_path)
    (suite,) = ET.parse(path).getroot()
    assert [suite.get(kind) for kind in COUNTS] == ["3", "0", "0", "1"]


@pytest.mark.parametrize("schema", [JENKINS, ANT], ids=["jenkins", "ant"])
def test_junit_is_valid_by_both_schemas(schema: dict[str, Rule], tmp_path: Path) -> None:
    grades = Grades([*each(), with_bonus(Outcome.FAILED)], graded_at="2026-11-20T10:00:00+01:00")
    (path,) = write_report(grades, "junit", folder=tmp_path)
    root = ET.parse(path).getroot()
    assert faults(root, schema) == []
    assert {suite.get("timestamp") for suite in root} == {"2026-11-20T09:00:00"}
    for message in MESSAGES:
        assert faults(ET.fromstring(junit.failure(message)), schema) == []
    assert faults(ET.fromstring(junit.to_xml([])), schema) == []


def test_the_schemas_refuse_what_consumers_refused() -> None:
    old = ET.fromstring(
        '<testsuites tests="1" skipped="0"><testsuite name="a" tests="1" failures="0" errors="0">'
        '<testcase name="b" time="0"/></testsuite></testsuites>'
    )
    assert faults(old, JENKINS) == ["testsuites must not have skipped"]
    assert "testsuite lacks hostname" in faults(old, ANT)


def test_junit_takes_any_student(tmp_path: Path) -> None:
    (path,) = write_report(Grades(each()), "junit", folder=tmp_path)
    root = ET.parse(path).getroot()
    assert len(root.findall("testsuite")) == sum(len(r.exercises) for r in each()) + 1
    assert "<script>alert('name')</script>: 01_losses" in {s.get("name") for s in root}


def test_lateness_is_told_in_every_format(tmp_path: Path) -> None:
    result = late(Outcome.PASSED)
    (path,) = write_report(Grades([result]), "junit", folder=tmp_path)
    suite = ET.parse(path).getroot()[0]
    assert {p.get("name"): p.get("value") for p in suite.iter("property")} == {
        "total": "80", "late": "2 days"
    }  # fmt: skip
    assert suite.findtext("system-out") == LATE
    _, _, summary, lines = write_report(Grades([result]), "classroom", folder=tmp_path / "github")
    assert "20 points less" in summary.read_text("utf-8")
    assert lines.read_text("utf-8").startswith("::notice title=What counts::Handed in 1 day")
    assert classroom50.status_lines(seen(result)) == f"status=success\nsummary=80 of 100 {LATE}\n"
    assert LATE in write_report(Grades([result]), "classroom50", folder=tmp_path)[1].read_text()
    assert f"80 of 100, and 0 bonus.\n{LATE}" in gradescope.result(seen(result))["output"]


def test_a_full_mark_by_the_rules_is_never_red() -> None:
    """As where the exercise that a student failed is the one that is dropped."""
    result = replace(one(Outcome.FAILED), mark=Mark(100.0))
    assert classroom.result(seen(result))["status"] == "pass"
    assert classroom50.status_lines(seen(result)).startswith("status=success")
    assert counts(result) == ["2 0 0 1"]


@pytest.mark.parametrize("missed", [Outcome.FAILED, Outcome.NOT_ATTEMPTED, Outcome.CRASHED])
def test_an_exercise_that_only_adds_fails_nobody(missed: Outcome) -> None:
    result = one(Outcome.PASSED)
    extra = replace(one(missed).exercises[0], name="07_temperature", extra_credit=True)
    result = replace(result, exercises=[*result.exercises, extra], mark=Mark(100.0, 50.0))
    student = seen(result)
    made = classroom.result(student)
    assert {row["status"] for row in made["tests"]} == {"pass"}
    assert made["max_score"] == sum(row["score"] for row in made["tests"])
    assert classroom50.status_lines(student).startswith("status=success")
    rows = gradescope.result(student)["tests"]
    assert all(row.get("status") != "failed" for row in rows)
    assert sum(row["max_score"] for row in rows) == 100
    # Nor where the others don't make a full mark: it has taken nothing.
    assert counts(replace(result, mark=Mark(90.0, 50.0))) == ["2 0 0 0", "2 0 0 1"]
    told = feedback(student)
    assert re.search(r"\| 07_temperature \| [\d.]+ \(bonus\) \| 1 of 2 \|", told)
    assert ("Bonus points that can still be earned" in told) == (
        missed is not Outcome.NOT_ATTEMPTED
    )
    assert text.outcome(result) is Outcome.PASSED


def test_what_is_excused_is_no_failure() -> None:
    result = one(Outcome.FAILED)
    result.exercises[0].excused = True
    assert counts(result) == ["2 0 0 1"]


def counts(result: Result) -> list[str]:
    """JUnit's counts of each suite: tests, failures, errors, skipped."""
    suites = ET.fromstring(junit.to_xml([seen(result)]))
    return [" ".join(suite.get(kind, "") for kind in COUNTS) for suite in suites]


@given(st.text(st.characters(codec=None, categories=None)))
def test_junit_is_xml_whatever_a_test_says(text: str) -> None:
    message = ET.fromstring(junit.failure(text)).find(".//error")
    assert message is not None
    result = one(Outcome.FAILED, feedback=text, hint=text, title=text)
    ET.fromstring(junit.to_xml([seen(result)]))


# -------------------------------------------------------------------------- GitHub's reporter


@pytest.mark.parametrize("result", each(), ids=lambda result: result.submission)
def test_the_reporter_can_read_the_result(result: Result, tmp_path: Path) -> None:
    made_path, output, _, lines = write_report(Grades([result]), "classroom", folder=tmp_path)
    line = output.read_text(encoding="ascii")
    assert re.fullmatch(r"result=[A-Za-z0-9+/]+=*\n", line)
    assert len(line) < 128 << 10  # what an environment variable may hold
    made = check(json.loads(base64.b64decode(line.removeprefix("result="))), REPORTER)
    assert made == json.loads(made_path.read_bytes())
    points = sum(test["score"] for test in made["tests"])
    if result.total is None:
        assert made["status"] == "error"
        assert made["max_score"] == points == 0  # the reporter counts nothing then
    else:
        assert made["max_score"] == pytest.approx(sum(e.points for e in result.exercises))
        # never above the maximum, whatever the bonus
        assert points == pytest.approx(made["max_score"] * result.total / 100)
        assert made.get("message", "") == "\n".join(result.mark.reasons if result.mark else [])
        full = replace(result, mark=None).total == 100  # late or not
        assert made["status"] == ("pass" if full else "fail")
    for line in lines.read_text(encoding="utf-8").splitlines():
        assert re.fullmatch(r"::(error|notice) [^:]+::.*", line), line


@pytest.mark.parametrize("outcome", [Outcome.PASSED, Outcome.FAILED, Outcome.NOT_ATTEMPTED])
def test_full_marks_are_green_in_github_whatever_the_bonus(outcome: Outcome) -> None:
    made = classroom.result(seen(with_bonus(outcome)))
    assert made["status"] == "pass"
    assert {test["status"] for test in made["tests"]} == {"pass"}
    assert sum(test["score"] for test in made["tests"]) == made["max_score"]
    (bonus,) = [test for test in made["tests"] if "(bonus)" in test["name"]]
    assert bonus["score"] == 0
    assert (bonus["message"] == "Bonus: +2 points.") == (outcome is Outcome.PASSED)


def test_a_huge_result_still_fits(tmp_path: Path) -> None:
    tests = [a_test(n, "nll", Outcome.FAILED) for n in range(300)]
    for test in tests:
        test.feedback = "x" * 2000
    grades = Grades([Result("kim", exercises=[ExerciseResult("01_losses", tests)])])
    _, output, summary, _ = write_report(grades, "classroom", folder=tmp_path)
    assert output.stat().st_size < 128 << 10
    assert summary.stat().st_size < 1 << 20


def test_annotations_are_on_the_students_own_lines() -> None:
    feedback = (
        "nll(tensor) raised\n  losses.py, line 4 in nll: return helper(x)\n"
        "  losses.py, line 9 in helper: 1 % 0, really: yes\n  other.py, line 77: x\n  Error: 50 %"
    )
    result = one(Outcome.FAILED, feedback=feedback, title="nll: is a mean, always")
    (line,) = classroom.commands(seen(result), result)
    assert line.startswith(
        "::error file=exercises/01_losses/losses.py,line=9,title=nll%3A is a mean%2C always::"
    )
    assert "%0A  losses.py, line 9 in helper: 1 %25 0" in line
    assert "\n" not in line
    # Without a traceback it is where the target is defined, and without that the first line.
    result = one(Outcome.FAILED, feedback="nll(tensor)\nreturned 3")
    assert "line=4," in classroom.commands(seen(result), result)[0]
    result.exercises[0].code = "def broken(:"
    assert (
        "file=a/losses.py,line=1," in classroom.commands(seen(result), result, "a/{module}.py")[0]
    )


@given(st.text(), st.text())
def test_no_text_can_end_a_workflow_command(title: str, feedback: str) -> None:
    result = one(Outcome.FAILED, title=title, feedback=feedback)
    for line in classroom.commands(seen(result), result):
        assert not set(line) & set("\r\n")
        head = re.match(r"::error file=[^:,]+,line=\d+,title=[^:,\r\n]*::", line)
        assert head is not None


@pytest.mark.parametrize("message", MESSAGES)
def test_github_is_told_of_a_failure(message: str, tmp_path: Path) -> None:
    made_path, output, summary, lines = classroom.write_failure(message, tmp_path)
    made = check(json.loads(made_path.read_bytes()), REPORTER)
    assert made["status"] == "error"
    assert output.read_text(encoding="utf-8").count("\n") == 1
    assert "Not graded" in summary.read_text(encoding="utf-8")
    (line,) = lines.read_text(encoding="utf-8").splitlines()
    assert line.startswith("::error title=Not graded::")


# ------------------------------------------------------------------------------- Classroom 50


@pytest.mark.parametrize("result", each(), ids=lambda result: result.submission)
def test_classroom50_takes_the_result(result: Result, tmp_path: Path) -> None:
    submitted = "2026-11-20T10:00:00Z"
    paths = write_report(Grades([result]), "classroom50", {"datetime": submitted}, tmp_path)
    assert [path.name for path in paths] == ["result.json", "release-body.md"]
    made = check(json.loads(paths[0].read_bytes()), CLASSROOM50)
    assert made["datetime"] == submitted
    assert made["review"] == made["commit"]
    assert made["score"] <= made["max-score"]
    if result.mark is None:
        assert made["score"] == sum(test["score"] for test in made["tests"])
    assert made["max-score"] == sum(test["max-score"] for test in made["tests"])
    if result.total is None:
        assert made["max-score"] == 0
        assert made["tests"][0]["test-name"] == "Not graded"
    else:
        whole = 50 / made["max-score"] if result.mark else 1e-6  # scores are whole numbers
        assert 100 * made["score"] / made["max-score"] == pytest.approx(result.total, abs=whole)


@pytest.mark.parametrize("outcome", [Outcome.PASSED, Outcome.FAILED, Outcome.NOT_ATTEMPTED])
def test_full_marks_are_a_success_in_classroom50(
    outcome: Outcome, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its runner takes our status; without one, any row that isn't passed means failure."""
    output = tmp_path / "output"
    output.write_text("before=1\n")
    monkeypatch.setenv("GITHUB_OUTPUT", str(output))
    write_report(Grades([with_bonus(outcome)]), "classroom50", folder=tmp_path)
    made = check(json.loads((tmp_path / "result.json").read_bytes()), CLASSROOM50)
    assert all(test["passed"] for test in made["tests"])
    assert len(made["tests"]) == (3 if outcome is Outcome.PASSED else 2)
    assert made["score"] == made["max-score"]
    bonus = ", and 66.7 bonus" if outcome is Outcome.PASSED else ""
    assert output.read_text() == f"before=1\nstatus=success\nsummary=100 of 100{bonus}\n"


@pytest.mark.parametrize("outcome", Outcome)
def test_classroom50_s_status_is_that_of_the_base_tests(outcome: Outcome) -> None:
    expected = {Outcome.PASSED: "success", Outcome.NOT_GRADED: "error"}.get(outcome, "failure")
    lines = classroom50.status_lines(seen(one(outcome))).splitlines()
    assert lines[0] == f"status={expected}"
    assert lines[1].startswith("summary=")
    assert len(lines) == 2


@given(st.lists(st.sampled_from([0.5, 0.25, 1, 1.5, 2, 1 / 3]), min_size=1, max_size=5))
def test_points_become_whole(points: list[float]) -> None:
    tests = [a_test(n, "nll", Outcome.PASSED) for n in range(len(points))]
    for test, worth in zip(tests, points, strict=True):
        test.points = worth
    tests[0].outcome = Outcome.FAILED
    result = Result("kim", exercises=[ExerciseResult("01_losses", tests)])
    made = classroom50.result(seen(result), {})
    assert result.total is not None
    assert 100 * made["score"] / made["max-score"] == pytest.approx(result.total, abs=0.1)


def test_classroom50_outside_its_runner_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SUBMISSION_TAG", "v1")
    with pytest.raises(ReportError, match="has to start with submit/"):
        write_report(Grades([one()]), "classroom50", folder=tmp_path)
    monkeypatch.delenv("CLASSROOM")
    with pytest.raises(ReportError, match=r"Not in the environment: CLASSROOM\."):
        write_report(Grades([one()]), "classroom50", folder=tmp_path)
    monkeypatch.undo()


@pytest.mark.parametrize("message", MESSAGES)
def test_classroom50_is_told_of_a_failure(message: str, tmp_path: Path) -> None:
    made_path, body = classroom50.write_failure(message, tmp_path)
    made = check(json.loads(made_path.read_bytes()), CLASSROOM50)
    assert made["tests"][0]["passed"] is False
    assert "Not graded" in body.read_text(encoding="utf-8")


# --------------------------------------------------------------------------------- Gradescope


@pytest.mark.parametrize("result", each(), ids=lambda result: result.submission)
def test_gradescope_takes_the_result(result: Result, tmp_path: Path) -> None:
    options = {"points": "20", "visibility": "after_published", "bonus-visibility": "hidden"}
    (path,) = write_report(Grades([result]), "gradescope", options, tmp_path)
    made = check(json.loads(path.read_bytes()), GRADESCOPE)
    if result.total is None:
        assert "score" not in made
        assert not any("score" in test for test in made["tests"])
        assert made["output"].startswith("Not graded.")
        assert made["tests"][0]["visibility"] == "visible"
    else:
        assert made["score"] == pytest.approx((result.total + result.bonus) / 5, abs=1e-3)
        if result.mark is None:
            assert sum(test["score"] for test in made["tests"]) == pytest.approx(
                made["score"], abs=0.02
            )
        else:
            assert result.mark.reasons[0] in made["output"]
        assert sum(Decimal(str(test["max_score"])) for test in made["tests"]) == 20
        for test in made["tests"]:
            red = test.get("status") == "failed"
            assert red <= ("(bonus)" not in test["name"])
            expected = "hidden" if "(bonus)" in test["name"] else "after_published"
            assert test["visibility"] == expected


@given(
    st.lists(st.sampled_from([0.5, 1, 1.5, 2, 3, 1 / 3]), min_size=1, max_size=250),
    st.sampled_from([1, 10, 20, 100, 262]),
)
def test_gradescope_s_maxima_sum_up_exactly(points: list[float], maximum: float) -> None:
    shares = gradescope.shares(points, maximum)
    assert sum(Decimal(str(share)) for share in shares) == maximum
    for share, worth in zip(shares, points, strict=True):
        assert share == pytest.approx(maximum * worth / sum(points), abs=0.0001)


METADATA = '{"created_at": "%s", "assignment": {"due_date": "2026-11-20T10:00:00.000000-08:00"}}'


@pytest.mark.parametrize(
    ("metadata", "note"),
    [
        (METADATA % "2026-11-20T09:59:59.123456-08:00", ""),
        (METADATA % "2026-11-20T18:00:00Z", ""),
        (METADATA % "2026-11-20T18:00:30Z", "1 minute after the due date."),
        (METADATA % "2026-11-20T19:02:00Z", "1 hour 2 minutes after the due date."),
        (METADATA % "2026-11-22T18:59:59Z", "2 days 1 hour after the due date."),
        (METADATA % "yesterday", ""),
        ('{"created_at": "2026-11-22T18:59:59Z", "assignment": {"due_date": null}}', ""),
        ('{"created_at": "2026-11-22T18:59:59", "assignment": []}', ""),
        ("[]", ""),
        ("no JSON", ""),
    ],
)
def test_gradescope_s_lateness_is_noted_and_costs_nothing(
    metadata: str, note: str, tmp_path: Path
) -> None:
    (tmp_path / "submission_metadata.json").write_text(metadata)
    (path,) = write_report(Grades([one()]), "gradescope", folder=tmp_path)
    made = json.loads(path.read_bytes())
    assert path == tmp_path / "results" / "results.json"
    assert made["score"] == pytest.approx(100 / 3, abs=0.01)
    assert ("Handed in late" in made["output"]) == bool(note)
    assert note in made["output"]


@pytest.mark.parametrize("message", MESSAGES)
def test_gradescope_is_told_of_a_failure(message: str, tmp_path: Path) -> None:
    (path,) = gradescope.write_failure(message, tmp_path / "results.json")
    made = check(json.loads(path.read_bytes()), GRADESCOPE)
    assert made["output"].startswith("Not graded.")
    assert "score" not in made
