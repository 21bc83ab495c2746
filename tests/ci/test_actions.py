"""GitHub Actions: the shell of the shipped action and workflows, run in a made-up workspace."""

from __future__ import annotations

import base64
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import tiny
from workflows import ROOT, TEMPLATES, Runner, parsed, steps

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform == "win32", reason="the steps are bash on Linux"),
]
WORKFLOWS = ("workflow.yml", "grade-hidden.yml", "grade-class.yml")
WRONG = """from torch import Tensor


def double(x: Tensor) -> Tensor:
    return helper(x)


def helper(x):
    return x.no_such()
"""


@pytest.fixture
def runner(tmp_path: Path) -> Runner:
    return Runner(tmp_path)


def student(runner: Runner, source: str) -> None:
    """A student's repository in the workspace."""
    tiny.write_assignment(runner.workspace)
    shutil.rmtree(runner.workspace / "solutions")
    (runner.workspace / "exercises/01_double/double.py").write_text(source)


def reported(value: str) -> tuple[dict[str, Any], float, float]:
    """What autograding-grading-reporter reads: the result, its points and their maximum."""
    result = json.loads(base64.b64decode(value))
    assert result["version"] == 1
    for test in result["tests"]:
        assert isinstance(test["score"], (int, float))
        assert test["line_no"] == 0
        assert not test["test_code"]
    return result, sum(test["score"] for test in result["tests"]), result["max_score"]


@pytest.mark.parametrize("name", WORKFLOWS)
def test_workflows_are_sound(name: str) -> None:
    workflow = parsed(name)
    assert workflow["on"]
    assert "permissions" in workflow, "or the token may do anything"
    for job in workflow["jobs"].values():
        assert job["timeout-minutes"]
        for step in job["steps"]:
            assert ("uses" in step) != ("run" in step)
            assert "${{" not in step.get("run", "")
            if "actions/checkout" in step.get("uses", ""):
                assert step["with"]["persist-credentials"] is False
            done = subprocess.run(["bash", "-n"], input=step.get("run", ""), text=True)
            assert done.returncode == 0


def test_the_reporter_gets_what_it_reads() -> None:
    """An id of the step, and a variable named after the runner."""
    for name in ("workflow.yml", "grade-hidden.yml"):
        [job] = parsed(name)["jobs"].values()
        [step] = [s for s in job["steps"] if "autograding-grading-reporter" in s.get("uses", "")]
        assert step["with"]["runners"] == "grade"
        assert step["env"] == {"GRADE_RESULTS": "${{ steps.grade.outputs.result }}"}
        assert "grade" in {s.get("id") for s in job["steps"]}
    action = parsed("action.yml")
    assert action["outputs"]["result"]["value"] == "${{ steps.grade.outputs.result }}"


def grade(runner: Runner, **env: str) -> subprocess.CompletedProcess[str]:
    return runner.run(
        steps("action.yml")["Grade"], **{"SUBMISSION": ".", "SUITES": "exercises"} | env
    )


def graded_here(runner: Runner, grader: Any) -> str:
    """What the action's command has for the reporter, run in this process."""
    out = runner.temp / "grade"
    grader(runner.workspace, "ci", "classroom", ".", "--solutions", "exercises", "--out", str(out))
    lines = (out / "output").read_text("utf-8").splitlines()
    return dict(line.split("=", 1) for line in lines)["result"]


def test_the_action_grades(runner: Runner) -> None:
    """It runs in the student's repository, but imports nothing from there outside a sandbox."""
    student(runner, WRONG)
    for name in ("grader", "torch", "pickle", "multiprocessing", "json", "sitecustomize", "random"):
        (runner.workspace / f"{name}.py").write_text("open('pwned', 'w')\nraise SystemExit(0)\n")
    done = grade(runner)
    assert done.returncode == 0, done.stdout + done.stderr
    assert not list(runner.workspace.rglob("pwned"))
    outputs = runner.outputs()
    result, earned, most = reported(outputs["result"])
    assert (result["status"], outputs["status"], earned, most) == ("fail", "fail", 0, 2)
    assert "Every test passed." not in runner.summary.read_text("utf-8")
    lines = [text for text in done.stdout.splitlines() if text.startswith("::")]
    assert len(lines) == 2  # a line for each test, at the student's own lines
    for line in lines:
        told = re.match(r"::error file=(?P<file>[^,]+),line=(?P<line>\d+),title=", line)
        assert told is not None
        text = (runner.workspace / told["file"]).read_text().splitlines()[int(told["line"]) - 1]
        assert text.strip() == "return x.no_such()"


@pytest.mark.parametrize("status", ["pass", "fail", "error"])
def test_the_job_fails_unless_everything_passes(runner: Runner, status: str) -> None:
    job = steps("workflow.yml", "grade")["Everything passes"]
    assert runner.run(job, STATUS=status).returncode == (status != "pass")


@pytest.mark.parametrize(
    ("source", "status", "points"),
    [(tiny.answer("x + x"), "pass", 2), (tiny.answer("x"), "fail", 1)],
)
def test_points_are_what_the_tests_give(
    runner: Runner, grader: Any, source: str, status: str, points: int
) -> None:
    student(runner, source)
    result, earned, most = reported(graded_here(runner, grader))
    assert (result["status"], earned, most) == (status, points, 2)
    summary = (runner.temp / "grade" / "summary.md").read_text("utf-8")
    assert ("Every test passed." in summary) == (status == "pass")


def test_what_is_not_attempted_has_no_points(runner: Runner, grader: Any) -> None:
    student(runner, tiny.STUB)
    result, earned, most = reported(graded_here(runner, grader))
    assert (result["status"], earned, most) == ("fail", 0, 2)


BREAKAGES = {
    "no file": lambda top: (top / "exercises/01_double/double.py").unlink(),
    "empty suite": lambda top: (top / "exercises/01_double/test_double.py").write_text(""),
    "no suite": lambda top: (top / "exercises/01_double/test_double.py").unlink(),
    "nothing": lambda top: shutil.rmtree(top / "exercises"),
}


def test_an_action_that_cannot_grade_says_so(runner: Runner) -> None:
    student(runner, tiny.answer("x + x"))
    BREAKAGES["nothing"](runner.workspace)
    done = grade(runner)
    assert done.returncode == 0, done.stdout + done.stderr
    result, earned, most = reported(runner.outputs()["result"])
    assert result["status"] == runner.outputs()["status"] == "error"
    assert (earned, most) == (0, 0)
    assert str(ROOT) not in done.stdout + done.stderr + json.dumps(result)


@pytest.mark.parametrize("breakage", BREAKAGES)
def test_what_cannot_be_graded_has_no_points(runner: Runner, grader: Any, breakage: str) -> None:
    """The public suites' folder holds the answers: no file, no exercise."""
    student(runner, tiny.answer("x + x"))
    BREAKAGES[breakage](runner.workspace)
    result, earned, most = reported(graded_here(runner, grader))
    assert (result["status"], earned, most) == ("error", 0, 0)


# -------------------------------------------------------------------------- hidden suites in CI

SPY = """
import os
from pathlib import Path


def double(x):
    found = []
    for path in [*Path("/proc").glob("[0-9]*/environ"), *Path("/dev/shm").rglob("*"),
                 *Path("/tmp").glob("torchgrade*/**/*"), Path("/proc/self/environ")]:
        try:
            text = path.read_bytes()
        except OSError:
            continue
        if b"SUITES_1" in text or b"test_double_values" in text:
            found.append(str(path))
    assert not found and not any("SUITES" in key for key in os.environ), found
    return x + x
"""


def secret_parts(top: Path, grader: Any) -> tuple[str, str]:
    """The hidden suites in two secrets, as docs/ci.md describes."""
    kit = top / "kit"
    tiny.write_assignment(kit)
    assert grader(kit, "release", "--suites", "suites.tar.xz").returncode == 0
    text = base64.b64encode((kit / "suites.tar.xz").read_bytes()).decode()
    return text[: len(text) // 2], text[len(text) // 2 :]


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="lock-down is Linux's")
def test_hidden_suites_reach_the_judge_alone(runner: Runner, tmp_path: Path, grader: Any) -> None:
    one, two = secret_parts(tmp_path, grader)
    (runner.workspace / "submission").mkdir()
    (runner.workspace / "submission/double.py").write_text(SPY)
    before = set(Path("/dev/shm").glob("torchgrade*"))
    hidden = steps("grade-hidden.yml", "grade")
    done = runner.run(hidden["Grade"], SUITES_1=one, SUITES_2=two)
    assert done.returncode == 0, done.stdout + done.stderr
    assert runner.run(hidden["Report"]).returncode == 0
    result, earned, most = reported(runner.outputs()["result"])
    assert (result["status"], earned, most) == ("pass", 4, 4), result  # without the bonus
    assert set(Path("/dev/shm").glob("torchgrade*")) == before
    everything = done.stdout + done.stderr + json.dumps(result) + runner.summary.read_text()
    for secret in ("test_double_values", "torch.testing", "reference.double", one[:40], str(ROOT)):
        assert secret not in everything


@pytest.mark.parametrize("parts", [("", ""), ("AAAA", "BBBB"), ("not base64", "!")])
def test_without_the_secret_it_says_so(runner: Runner, parts: tuple[str, str]) -> None:
    """A fork's pull request gets no secrets."""
    (runner.workspace / "submission").mkdir()
    hidden = steps("grade-hidden.yml", "grade")
    done = runner.run(hidden["Grade"], SUITES_1=parts[0], SUITES_2=parts[1])
    assert done.returncode == 3
    assert runner.run(hidden["Report"]).returncode == 0
    result, earned, most = reported(runner.outputs()["result"])
    assert (result["status"], earned, most) == ("error", 0, 0)


def test_secrets_fit() -> None:
    """Two secrets of at most 48 KB hold the real suites."""
    from grader.release.bundles import suites

    path = ROOT / "build" / "suites.tar.xz"
    try:
        size = suites(ROOT / "solutions", path).stat().st_size
    finally:
        path.unlink()
    assert 4 * (size // 3 + 1) < 2 * 48 * 1024


# ---------------------------------------------------------------- centrally, the safe way


def test_a_class_is_graded_centrally(runner: Runner, tmp_path: Path) -> None:
    """Collect, grade and post, with a `gh` that clones from here."""
    server = tmp_path / "server"
    for name, source in {"lab-kim": tiny.answer("x + x"), "lab-lee": tiny.answer("x")}.items():
        repository = server / name
        (repository / "exercises/01_double").mkdir(parents=True)
        (repository / "exercises/01_double/double.py").write_text(source)
        (repository / "link").symlink_to("/etc/passwd")
    runner.script(
        "gh",
        f"""
case "$1 $2" in
    "repo list") printf '%s\\n' lab-kim other lab-lee lab-gone ;;
    "repo clone") test "$GH_TOKEN" = token && cp -r "{server}/${{3#school/}}" "$4" ;;
    "issue create") (echo "$4 $GH_TOKEN"; cat body.md) >> "{tmp_path}/posted" ;;
esac""",
    )
    told = {"GH_TOKEN": "token", "ORG": "school", "PREFIX": "lab"}
    done = runner.run(steps("grade-class.yml", "collect")["Clone"], **told)
    assert done.returncode == 0, done.stderr
    assert "::warning::lab-gone could not be cloned" in done.stdout

    shutil.rmtree(runner.workspace / "lab-submissions")
    (runner.workspace / "class").mkdir()
    (runner.workspace / "class.tar.gz").rename(runner.workspace / "class/class.tar.gz")
    tiny.write_assignment(runner.workspace)
    done = runner.run(steps("grade-class.yml", "grade")["Grade"], processors=1)
    assert done.returncode == 0, done.stdout + done.stderr
    grades = json.loads((runner.workspace / "grades/results.json").read_text())
    assert [r["submission"] for r in grades["results"]] == ["kim", "lee"]

    (runner.workspace / "grades/feedback").rename(runner.workspace / "feedback")
    assert runner.run(steps("grade-class.yml", "post")["Post"], **told).returncode == 0
    posted = (tmp_path / "posted").read_text("utf-8")
    assert "school/lab-kim token" in posted
    assert "school/lab-lee token" in posted
    assert "test_double_values" not in posted
    jobs = parsed("grade-class.yml")["jobs"]
    assert "secrets." not in json.dumps(jobs["grade"]), "student code runs in this job"
    assert parsed("grade-class.yml")["permissions"] == {}


def test_templates_are_in_the_documentation() -> None:
    text = (ROOT / "docs" / "ci.md").read_text("utf-8")
    for path in TEMPLATES.glob("*.yml"):
        assert path.name in text
