"""`grader check`, as a command, on tiny assignments: sound ones, and ones with many faults."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import tiny

pytestmark = pytest.mark.slow


@pytest.fixture
def kit(tmp_path: Path) -> Path:
    tiny.write_assignment(tmp_path)
    return tmp_path


def change(file: Path, old: str, new: str) -> None:
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new))


def test_a_sound_assignment_holds_and_that_is_the_last_line(kit, grader):
    (kit / "styles/01_double").mkdir(parents=True)
    (kit / "styles/01_double/by_two.py").write_text(tiny.answer("2 * x"))
    done = grader(kit, "check", "--styles", "styles", "--table", "table.txt")
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.splitlines()[-1] == (
        "The assignment holds: 1 exercise(s), 3 tests, 9 mistakes."
    )
    assert len(done.stdout.splitlines()) <= 24
    assert "doubles_in_place" not in done.stdout
    table = (kit / "table.txt").read_text()
    assert re.search(r"^double +doubles_in_place +xx· +x *$", table, re.MULTILINE), table


def test_every_fault_is_told_with_what_to_do_about_it(kit, grader):
    solutions, exercises = kit / "solutions/01_double", kit / "exercises/01_double"
    hidden = solutions / "test_double.py"
    change(solutions / "mistakes.py", '"x * 3"', '"x * 2"')  # variant 1 is right
    change(solutions / "mistakes.py", '"x - x"', '"x * 1"')  # variant 4 is as variant 2
    change(hidden, "torch.randn(4)\n    same", "torch.randn(4).clamp(max=0)\n    same")
    few_digits = "same(student.double, torch.tensor([0.6666]), torch.ones(1) / 3)"
    change(hidden, "torch.randn(4))\n", f"torch.randn(4))\n    {few_digits}\n")
    change(hidden, "test_double_of_whole_numbers", "test_whole_numbers")
    with hidden.open("a") as suite:
        suite.write("\n\ndef test_double_twice(student):\n    student.double(torch.ones(1))\n")
    change(exercises / "test_double.py", "    leaves_alone(student.double, torch.ones(1))\n", "")
    change(exercises / "double.py", "raise Not", "return x\n    raise Not")
    change(exercises / "README.md", "# D", "# Not twice but something else: variant 3 of seven.")
    (kit / "tests/styles/01_double").mkdir(parents=True)
    (kit / "tests/styles/01_double/wrong.py").write_text(tiny.answer("3 * x"))
    done = grader(kit, "check", "-v")
    assert done.returncode == 2
    said = done.stdout
    for fault in (
        "the right answer wrong.py doesn't pass test_double_values (failed",
        "variant_1 passes every base test of double",
        "passes the hidden test_double_keeps_its_argument with 77% of the tolerance",
        "no check tells these apart: variant_2, variant_4",
        "test_double_twice has no docstring",
        "test_whole_numbers names no target",
        "no mistake or stub fails test_",
        "of the mistakes fail the public suite: doubles_in_place, variant_1 pass it",
        "the stub is 'passed' in test_double_twice",
        "holds a secret: the hint of variant_3",
    ):
        assert fault in said, (fault, said)
    lines = said.splitlines()
    assert lines[-1].startswith("The assignment doesn't hold: ")
    told = [number for number, line in enumerate(lines) if line.startswith("    → ")]
    assert lines[-1].split(": ")[1].split()[0] == str(len(told))


def test_mistakes_that_are_not_named_are_told(kit, grader):
    """One that gives something else each time has no fingerprint: its hint would reach nobody."""
    ever_new = "x *= __import__('time').perf_counter_ns() % 1009"
    change(kit / "solutions/01_double/mistakes.py", "x *= 2", ever_new)
    done = grader(kit, "check", "double", "-v")
    assert done.returncode == 2
    assert done.stdout.count("isn't recognised when it is handed in") == 1


def test_a_broken_rehearsal_is_told(kit, grader, monkeypatch):
    """Grades don't need it, so nothing else would say that students get no hints any more."""
    monkeypatch.setattr("grader.judge.rehearsal.PROGRAM", "grader.suite.no_such_program")
    done = grader(kit, "check", "double", "-v")
    assert done.returncode == 2
    assert done.stdout.count("isn't recognised when it is handed in") == 1


@pytest.mark.parametrize(
    ("file", "old", "new", "said"),
    [
        ("solutions/{}/mistakes.py", '("x + x', '("x - x', "the text `x - x` is not in double"),
        ("solutions/{}/mistakes.py", "from grader", "from from grader", ": mistakes.py, line 3: "),
        ("solutions/{}/double.py", "def double(", "def double((", ": double.py, line "),
        (
            "exercises/{}/double.py",
            "def double(",
            "def double((",
            ": exercises/01_double/double.py, line ",
        ),
    ],
)
def test_what_can_not_be_read_is_told_first(kit, grader, file, old, new, said):
    change(kit / file.format("01_double"), old, new)
    done = grader(kit, "check", "double")
    assert done.returncode == 2
    assert said in " ".join((done.stdout + done.stderr).split())
    assert done.stdout.splitlines()[-1].startswith("The assignment doesn't hold: ")


def test_a_reference_that_is_no_python_ends_grading_before_it_begins(kit, grader):
    change(kit / "solutions/01_double/double.py", "def double(", "def double((")
    (kit / "ann.py").write_text(tiny.answer("2 * x"))
    done = grader(kit, "grade", "ann.py")
    assert done.returncode == 2
    assert "solutions: double.py, line 7: " in done.stderr
    assert not (kit / "grades").exists()


def test_missing_hints_are_told_first(kit, grader):
    """Students are led by them."""
    change(kit / "exercises/01_double/hints.toml", '    "+ adds tensors.",\n', "")
    done = grader(kit, "check", "double")
    assert done.returncode == 2
    said = " ".join(done.stdout.split())
    assert "hints.toml: double: 3 hints are wanted: the idea, where to look, nearly" in said


def test_a_suite_that_does_not_load_is_told(kit, grader):
    change(kit / "solutions/01_double/test_double.py", "import torch", "import nothing_of_the_kind")
    done = grader(kit, "check")
    assert done.returncode == 2
    assert "nothing_of_the_kind" in done.stderr
    assert done.stdout == "The assignment doesn't hold: its tests don't load.\n"


def test_an_exercise_is_checked_by_its_name(kit, grader):
    done = grader(kit, "check", "--exercise", "halve")
    assert done.returncode == 2
    assert "There is no exercise halve. There are: 01_double." in done.stderr


def test_margins_of_thresholds_are_measured(kit, grader, monkeypatch):
    """The right answer is off by a fifth of what is drawn, three times x by more."""
    monkeypatch.setattr("grader.grading.margins.SEEDS", 6)  # each starts a rehearsal
    with (kit / "solutions/01_double/test_double.py").open("a") as suite:
        suite.write(
            "\n\ndef test_double_learns(student):\n"
            '    """It comes close."""\n'
            "    from grader.suite.checks import learns\n\n"
            "    x = 0.2 * torch.rand(1)\n"
            "    learns(lambda: None, lambda: student.double(x + 1) - 2, below=0.5)\n"
        )
    done = grader(kit, "check", "double", "--measure", "--workers", "2")
    assert done.returncode == 0, done.stdout + done.stderr
    row = next(line for line in done.stdout.splitlines() if "test_double_learns" in line)
    assert "< 0.5" in row
    low, high = (float(word) for word in re.findall(r"(\S+) to (\S+)", row)[0])
    assert 0 <= low < 0.1 < 0.3 < high < 0.4
    assert 20 <= int(re.findall(r"(\d+)%", row)[0]) <= 40
    assert "test_double_learns is passed by" in done.stdout
    last = done.stdout.splitlines()[-1]
    assert last == "Right answers stay on the right side of all 1 thresholds."
    change(kit / "solutions/01_double/test_double.py", "below=0.5", "below=0.1")
    done = grader(kit, "check", "double", "--measure", "--workers", "2")
    assert done.returncode == 2
    assert done.stdout.splitlines()[-1] == "Right answers cross 1 of 1 thresholds."
