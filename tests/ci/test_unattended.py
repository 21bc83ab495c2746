"""`grader ci` always gives a well-formed result that says what happened, and an exit code."""

from __future__ import annotations

import io
import json
import os
import shutil
import signal
import subprocess
import sys
import tarfile
import tempfile
import time
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import tiny
from workflows import GRADER, ROOT

from grader.grading import engine
from grader.judge.judge import Judge
from grader.judge.sandboxes import Forker
from grader.lockdown.limits import Patience
from grader.result import Outcome, Result
from grader.submission import Submission

pytestmark = pytest.mark.slow

FORMATS = ("classroom", "classroom50", "gradescope")
RESULTS = {"classroom": "out/result.json", "classroom50": "out/result.json", "gradescope": "out"}
CLASSROOM50 = {
    "CLASSROOM": "c",
    "ASSIGNMENT": "a",
    "SUBMISSION_TAG": "submit/1",
    "COMMIT_URL": "https://example.org/commit",
    "RELEASE_URL": "https://example.org/release",
    "REVIEW_URL": "https://example.org/review",
}
each = pytest.mark.parametrize("form", FORMATS)


@pytest.fixture
def kit(tmp_path: Path) -> Path:
    tiny.write_assignment(tmp_path)
    (tmp_path / "work").mkdir()
    (tmp_path / "work" / "double.py").write_text(tiny.answer("x + x"))
    return tmp_path


@pytest.fixture
def ci(grader: Any, kit: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """`grader ci` in this process, for tests that need no process of its own."""
    for name, value in CLASSROOM50.items():
        monkeypatch.setenv(name, value)

    def run(form: str, *options: str, submission: str = "work", stdin: str = "") -> Any:
        return grader(kit, "ci", form, submission, "--out", "out", *options, stdin=stdin)

    return run


def said(kit: Path, form: str, done: Any) -> str:
    """All that a student may see of a failure. The result must be valid, without any points."""
    text = (kit / RESULTS[form]).read_text("utf-8")
    result = json.loads(text)
    if form == "classroom":
        assert (result["status"], result["max_score"]) == ("error", 0)
        assert sum(test["score"] for test in result["tests"]) == 0
    elif form == "classroom50":
        assert (result["score"], result["max-score"]) == (0, 0)
        assert not result["tests"][0]["passed"]
    else:
        assert "score" not in result
        assert result["output"].startswith("Not graded.")
    everything = text + done.stdout + done.stderr
    for ours in ("Traceback", str(ROOT), str(kit), "test_double_values", ".py"):
        assert ours not in everything, everything
    return everything


@each
def test_a_submission_is_graded(kit: Path, ci: Any, form: str) -> None:
    done = ci(form)
    assert done.returncode == 0, done.stderr
    assert "100.0 of 100" in done.stdout
    assert "Twice each number" in (kit / RESULTS[form]).read_text("utf-8")


@each
def test_an_empty_submission_has_no_points(kit: Path, ci: Any, form: str) -> None:
    (kit / "work" / "double.py").unlink()
    done = ci(form)
    assert done.returncode == 0, done.stderr
    assert "0.0 of 100" in done.stdout


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 no archive", b"\x1f\x8b\x08broken"])
def test_an_unreadable_archive_has_no_points_and_a_note(kit: Path, ci: Any, content: bytes) -> None:
    (kit / "work.zip").write_bytes(content)
    done = ci("gradescope", submission="work.zip")
    assert done.returncode == 0, done.stderr
    result = json.loads((kit / "out").read_text("utf-8"))
    assert result["score"] == 0
    assert "skipped, because" in result["output"]


@each
def test_no_submission_at_all(kit: Path, ci: Any, form: str) -> None:
    done = ci(form, submission="nowhere")
    assert done.returncode == 3
    assert "There was no submission to read." in said(kit, form, done)


BREAKAGES = {
    "no tests": ("test_double.py", '"""Nothing."""\n'),
    "syntax": ("test_double.py", "def test_double_values(:\n"),
    "import": ("test_double.py", "import nowhere\n"),
    "undefined": ("test_double.py", "raise RuntimeError('solutions/01_double/double.py')\n"),
}


@pytest.mark.parametrize(
    ("form", "breakage"), list(zip((*FORMATS, "gradescope"), BREAKAGES, strict=True))
)
def test_suites_that_dont_hold(kit: Path, ci: Any, form: str, breakage: str) -> None:
    name, text = BREAKAGES[breakage]
    (kit / "solutions" / "01_double" / name).write_text(text)
    done = ci(form)
    assert done.returncode == 3
    assert "The tests of this assignment are broken" in said(kit, form, done)


def test_the_instructor_can_ask_what_broke(kit: Path, ci: Any) -> None:
    (kit / "solutions" / "01_double" / "test_double.py").write_text("import nowhere\n")
    done = ci("gradescope", "--detail")
    assert done.returncode == 3
    assert "No module named 'nowhere'" in done.stderr
    assert "nowhere" not in (kit / "out").read_text("utf-8")


NO_SUITES = ("empty", "nowhere", "text", "other.tar", "hostile.tar", "-")


@pytest.mark.parametrize(
    ("form", "solutions"),
    list(zip(2 * FORMATS, NO_SUITES, strict=True)),
)
def test_no_suites(kit: Path, ci: Any, form: str, solutions: str) -> None:
    (kit / "empty").mkdir()
    (kit / "text").write_text("not an archive")
    with tarfile.open(kit / "other.tar", "w") as archive:
        archive.addfile(tarfile.TarInfo("readme"), io.BytesIO())
    with tarfile.open(kit / "hostile.tar", "w") as archive:
        archive.addfile(tarfile.TarInfo("../../escaped"), io.BytesIO())
    done = ci(form, "--solutions", solutions, stdin="AAAA")
    assert done.returncode == 3, done.stderr
    assert "The grader isn't set up correctly" in said(kit, form, done)
    assert not list(kit.parent.rglob("escaped"))


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="memory is limited with prlimit")
def test_no_memory_to_judge_with(kit: Path) -> None:
    """There is enough memory for the command, but too little for a judge with torch."""
    done = subprocess.run(
        ["prlimit", f"--as={400 << 20}", *GRADER, "ci", "classroom", "work", "--out", "out"],
        cwd=kit,
        env=os.environ | {"OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 3, done.stdout
    assert "A fault in the grader kept it from being graded." in said(kit, "classroom", done)


@pytest.mark.skipif(not hasattr(signal, "alarm"), reason="without an alarm, tests' limits are all")
@pytest.mark.parametrize("limit", [20, 45, 600, 7200])
def test_the_time_limit_ends_tests_first(
    ci: Any, monkeypatch: pytest.MonkeyPatch, limit: int
) -> None:
    """The tests run out of time first, so that a result can still be written."""
    ends: list[float] = []

    def grade_all(tasks: list[engine.Task], workers: int) -> Iterator[Result]:
        ends.append(tasks[0].setup.patience.submission)
        return engine.grade_all(tasks, workers)

    monkeypatch.setattr(sys.modules["grader.cli.ci"], "grade_all", grade_all)
    monkeypatch.setattr("signal.alarm", ends.append)
    assert ci("gradescope", "--time-limit", str(limit)).returncode == 0
    of_all, of_tests = ends
    assert limit / 2 <= of_tests < of_all < limit


def test_a_submission_whose_time_is_over_is_graded(kit: Path, forker: Forker) -> None:
    judge = Judge(kit / "solutions", forker, Patience(submission=0))
    answer = Submission("work", {"double.py": tiny.answer("x + x").encode()})
    [exercise] = judge.grade(answer, 1).exercises
    assert {test.outcome for test in exercise.tests} == {Outcome.TIMED_OUT}


@pytest.mark.skipif(os.name == "nt", reason="POSIX signals")
def test_out_of_time_altogether(kit: Path) -> None:
    """The judge itself hangs: a hidden suite never returns from its import."""
    path, reached = kit / "solutions" / "01_double" / "test_double.py", kit / "reached"
    path.write_text(f"import time\nopen({str(reached)!r}, 'w').close()\ntime.sleep(1000)\n")
    command = [*GRADER, "ci", "classroom50", "work", "--out", "out"]
    with subprocess.Popen(
        command,
        cwd=kit,
        env=os.environ | CLASSROOM50,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        while not reached.exists() and process.poll() is None:
            time.sleep(0.05)
        process.send_signal(signal.SIGALRM)  # when it is set for, the test above says
        streams = process.communicate()
    done = subprocess.CompletedProcess(command, process.returncode, *streams)
    assert done.returncode == 3
    assert "The time ran out before it was graded." in said(kit, "classroom50", done)


@pytest.mark.skipif(os.name == "nt", reason="POSIX signals")
def test_a_cancelled_job_leaves_a_result_and_no_suites(kit: Path, grader: Any) -> None:
    hang = kit / "solutions" / "01_double" / "test_double.py"
    hang.write_text("open('/proc/self/comm').close()\nimport time\ntime.sleep(1000)\n")
    assert grader(kit, "release", "--suites", "suites.tar.xz").returncode == 0
    before = set(unpacked())
    command = [*GRADER, "ci", "gradescope", "work", "--out", "out", "--solutions", "suites.tar.xz"]
    with subprocess.Popen(command, cwd=kit, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        assert "Isolation" in process.stderr.readline()  # it has begun
        assert set(unpacked()) - before
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 3
    assert "Not graded" in (kit / "out").read_text("utf-8")
    assert set(unpacked()) == before


def unpacked() -> list[Path]:
    places = {Path("/dev/shm"), Path(tempfile.gettempdir())}
    return [path for place in places for path in place.glob("torchgrade-suites-*")]


def test_suites_from_an_archive(kit: Path, grader: Any, ci: Any) -> None:
    (kit / "assignment.toml").write_text(RULES)
    assert grader(kit, "release", "--suites", "suites.tar.xz").returncode == 0
    (kit / "solutions").rename(kit / "hidden")
    (kit / "assignment.toml").unlink()
    before = set(unpacked())
    done = ci("gradescope", "--solutions", "suites.tar.xz")
    assert done.returncode == 0, done.stderr
    assert "The time of handing in isn't known" in done.stderr  # the rules came with the suites
    assert set(unpacked()) <= before


RULES = """
[lateness]
due = 2026-11-20T12:00:00+00:00
penalty = 10

[extensions]
"kim" = "1 day"

[exercises.01_double]
weight = 3
"""
METADATA = {"created_at": "2026-11-21T18:30:00+00:00", "users": [{"name": "Kim", "email": "k@x.y"}]}


def test_the_assignments_rules_count(kit: Path, ci: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    (kit / "assignment.toml").write_text(RULES)
    done = ci("junit")  # these files' times say nothing
    assert "The time of handing in isn't known" in done.stderr
    assert "100.0 of 100" in done.stdout
    when = "2026-11-22T18:30:00+00:00"
    for command in (["init", "-q"], ["add", "-A"], ["commit", "-qm", "done"]):
        user = ["-c", "user.name=x", "-c", "user.email=x@example.org"]
        dated = os.environ | {"GIT_COMMITTER_DATE": when, "GIT_AUTHOR_DATE": when}
        subprocess.run(["git", *user, *command], cwd=kit / "work", env=dated, check=True)
    (kit / "out").unlink()
    assert "70.0 of 100" in ci("classroom").stdout
    assert "30 points less" in (kit / "out" / "summary.md").read_text("utf-8")
    monkeypatch.setenv("GITHUB_ACTOR", "kim")
    assert "80.0 of 100" in ci("classroom").stdout
    # What Gradescope says counts more than a commit's date.
    (kit / "submission_metadata.json").write_text(json.dumps(METADATA))
    shutil.rmtree(kit / "out")
    done = ci("gradescope", "--out", "results/results.json")
    assert done.stdout.startswith("work: 90.0 of 100")
    assert "by Gradescope" in (kit / "results" / "results.json").read_text("utf-8")


def test_an_archive_is_a_submission(kit: Path, ci: Any) -> None:
    with zipfile.ZipFile(kit / "work.zip", "w") as archive:
        archive.write(kit / "work" / "double.py", "homework/double.py")
    done = ci("gradescope", submission="work.zip")
    assert done.returncode == 0
    assert json.loads((kit / "out").read_text("utf-8"))["score"] > 100  # with the bonus


def test_a_result_that_cannot_be_written(kit: Path, ci: Any) -> None:
    (kit / "out").mkdir()
    done = ci("gradescope")
    assert done.returncode == 3
    assert "The result could not be written" in done.stderr


def test_the_help_names_the_formats(kit: Path, grader: Any) -> None:
    done = grader(kit, "ci", "--help")
    assert "FORMAT is one of classroom, classroom50, gradescope, junit." in done.stdout


@pytest.mark.parametrize(
    "arguments", [["nowhere", "work"], ["gradescope"], ["gradescope", "work", "--x"]]
)
def test_a_command_line_that_cannot_be_understood(
    kit: Path, grader: Any, arguments: list[str]
) -> None:
    done = grader(kit, "ci", *arguments)
    assert done.returncode == 2
    assert not (kit / "out").exists()


def test_less_than_full_isolation_is_refused_where_that_is_asked(
    kit: Path, grader: Any, ci: Any
) -> None:
    full = grader(kit, "doctor").returncode == 0
    done = ci("gradescope", "--require-isolation")
    assert done.returncode == (0 if full else 3)
    assert sys.platform.startswith("linux") or not full
