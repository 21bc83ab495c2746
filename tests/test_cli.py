"""`grader grade`, as a command, on a tiny assignment."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import tiny

pytestmark = pytest.mark.slow

GRADER = [sys.executable, "-m", "grader"]


@pytest.fixture
def kit(tmp_path: Path) -> Path:
    tiny.write_assignment(tmp_path)
    return tmp_path


def hand_in(kit: Path, **answers: str) -> Path:
    for name, source in answers.items():
        folder = kit / "class" / name
        folder.mkdir(parents=True)
        (folder / "double.py").write_text(source)
    return kit / "class"


def run(kit: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"COLUMNS": "100"}
    return subprocess.run(
        [*GRADER, *arguments], cwd=kit, env=environment, capture_output=True, text=True, timeout=300
    )


def results(kit: Path) -> dict[str, dict]:
    grades = json.loads((kit / "grades" / "results.json").read_text())
    assert grades["schema"] == "torchgrade/results/v1"
    return {result["submission"]: result for result in grades["results"]}


def outcomes(result: dict) -> dict[str, str]:
    return {t["name"]: t["outcome"] for e in result["exercises"] for t in e["tests"]}


def test_a_class_is_graded(kit):
    hand_in(
        kit,
        right=tiny.answer("2 * x"),
        thrice=tiny.answer("x * 3"),
        stub=tiny.STUB,
        syntax="def double(x:\n",
        plots_too="import seaborn\n" + tiny.answer("2 * x"),
        exits="import sys\nsys.exit()\n",
        dies="import os\n\n\ndef double(x):\n    os._exit(0)\n",
        loops="def double(x):\n    while x.is_floating_point():\n        pass\n    return x + x\n",
    )
    done = run(kit, "grade", "class", "--test-seconds", "1")
    assert done.returncode == 0, done.stderr
    graded = results(kit)
    first = {name: outcomes(result)["test_double_values"] for name, result in graded.items()}
    assert first == {
        "right": "passed",
        "thrice": "failed",
        "stub": "not attempted",
        "syntax": "failed",
        "plots_too": "passed",
        "exits": "failed",
        "dies": "crashed",
        "loops": "timed out",
    }
    [values] = [t for t in graded["thrice"]["exercises"][0]["tests"] if t["mistake"]]
    assert values["mistake"] == "variant_1"
    assert "variant 1" in (kit / "grades" / "feedback" / "thrice.md").read_text()
    assert "100" in done.stdout
    assert "timed out" in done.stdout


def test_feedback_holds_the_students_own_lines_and_no_secret(kit, grader):
    source = "def double(x):\n    return helper(x)\n\n\ndef helper(x):\n    return x.twice()\n"
    hand_in(kit, ann=source)
    assert grader(kit, "grade", "class").returncode == 0
    text = (kit / "grades" / "feedback" / "ann.md").read_text()
    assert "double.py, line 2 in double: return helper" in text.replace("\\", "")
    for secret in (str(kit), "test_double_values", "assert_close", "reference", sys.prefix):
        assert secret not in text


def test_the_same_files_are_not_graded_twice_and_a_seed_repeats_inputs(kit, grader):
    hand_in(kit, ann=tiny.answer("x * 3"))
    assert grader(kit, "grade", "class", "--seed", "4").returncode == 0
    first = results(kit)
    assert grader(kit, "grade", "class", "--seed", "4", "--regrade").returncode == 0
    second = results(kit)

    def shown(result: dict) -> list[tuple]:
        return [(t["outcome"], t["feedback"]) for t in result["exercises"][0]["tests"]]

    assert shown(first["ann"]) == shown(second["ann"])
    again = grader(kit, "grade", "class")
    assert "graded before" in again.stderr
    (kit / "class" / "ann" / "double.py").write_text(tiny.answer("2 * x"))
    assert "graded before" not in grader(kit, "grade", "class").stderr
    assert outcomes(results(kit)["ann"])["test_double_values"] == "passed"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["grade", "nowhere"], "no such file"),
        (["grade", "empty"], "no submission"),
        (["grade", "class", "--report", "telex"], "no report"),
        (["grade", "class", "--set", "table.width=wide"], "width=wide: give a number"),
        (["grade", "class", "--solutions", "class"], "No exercises"),
        (["grade", "class", "--workers", "0"], "0"),
        (["grade"], "Missing argument"),
    ],
)
def test_unusable_arguments_exit_with_2(kit, grader, arguments, said):
    (kit / "empty").mkdir()
    hand_in(kit, ann=tiny.answer("2 * x"))
    done = grader(kit, *arguments)
    assert done.returncode == 2
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_an_assignment_that_does_not_load_exits_with_2(kit, grader):
    hand_in(kit, ann=tiny.answer("2 * x"))
    (kit / "solutions/01_double/test_double.py").write_text("import nothing_of_the_kind\n")
    done = grader(kit, "grade", "class")
    assert done.returncode == 2
    assert "nothing_of_the_kind" in done.stderr
