"""What a student sees from `pytest exercises`, through runs on small kits of exercises."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from kits import RIGHT, ROOT, STUB, SUITE, UNFINISHED, Kit

from grader.assignment.exercises import Exercise
from grader.student.answers import read_answers
from grader.student.store import Store

pytestmark = pytest.mark.slow


def test_fresh_checkout_is_not_attempted(kit: Kit) -> None:
    """Nothing failed, the first exercise is named with its lesson, and the code says unfinished."""
    run = kit.run("exercises")
    assert run.code == UNFINISHED
    assert run.rows == {
        "01_first": ["not attempted", "0 of 3", "0 of 5", "0 of 1"],
        "02_second": ["not attempted", "0 of 3", "0 of 5", "0 of 1"],
    }
    assert "8 not attempted in" in run.out
    assert "FAILURES" not in run.out
    advice = run.out.split("next: ")[1]
    folder = Path("exercises", "01_first")
    assert str(folder / "README.md") in advice
    assert f"write double in\n      {folder / 'first.py'}" in advice
    assert run.widest <= 80


def test_all_done(kit: Kit) -> None:
    """A bonus that isn't earned takes nothing: the code is 0, and it is explained."""
    kit.write(RIGHT)
    kit.write(RIGHT, "02_second")
    run = kit.run("exercises")
    assert run.code == 0
    assert run.rows["01_first"] == ["done", "3 of 3", "5 of 5", "0 of 1"]
    assert "bonus not earned: test_half_of_a_word" in run.out
    assert "next: nothing" in run.out


def test_partly_done(kit: Kit) -> None:
    """What passes counts; the next target to write is the one that is not."""
    kit.write(RIGHT.split("def half")[0] + "def half" + STUB.split("def half")[1])
    run = kit.run("exercises/01_first")
    assert run.code == UNFINISHED
    assert run.rows == {"01_first": ["partly done", "2 of 3", "4 of 5", "0 of 1"]}
    assert "write half in" in run.out


def test_after_the_last_comes_the_next(kit: Kit) -> None:
    """Where one exercise is run and done, the next one with stubs is named."""
    kit.write(RIGHT)
    run = kit.run("exercises/01_first")
    assert run.code == 0
    assert str(Path("exercises", "02_second", "README.md")) in run.out


def test_choosing_tests(kit: Kit) -> None:
    """What wasn't run is not called done."""
    kit.write(RIGHT)
    run = kit.run("exercises", "-k", "double", "-q")
    assert run.rows["01_first"] == ["partly run", "2 of 2", "4 of 4"]
    run = kit.run("exercises/01_first/test_first.py::test_half_values")
    assert run.rows == {"01_first": ["partly run", "1 of 1", "1 of 1"]}
    assert "run all its tests" in run.out


def test_stop_at_the_first_failure(kit: Kit) -> None:
    """`-x` passes over what is not attempted, and `--lf` repeats failures only."""
    kit.write(RIGHT.replace("2 * x", "3 * x"), "02_second")
    run = kit.run("exercises", "-x")
    assert run.code == 1
    assert "4 not attempted" in run.out
    assert "1 failed" in run.out
    run = kit.run("exercises", "--lf")
    assert run.rows == {"02_second": ["failing", "0 of 1", "0 of 3"]}


@pytest.mark.parametrize("within", ["exercises", "exercises/01_first"])
def test_running_inside(kit: Kit, within: str) -> None:
    """Paths are said from where the student is."""
    run = kit.run(within=within)
    assert run.code == UNFINISHED
    readme = Path("01_first" if within == "exercises" else "", "README.md")
    assert f"next: read {readme}," in run.out


def test_running_above(kit: Kit) -> None:
    """`pytest` and `pytest .` in the repository's root, where the conftest is found late."""
    kit.write(RIGHT.replace("2 * x", "3 * x"))
    (kit.root / "test_other.py").write_text("def test_other():\n    assert 1 == 2\n")
    run = kit.run(".")
    assert run.code == 1
    assert run.rows["02_second"][0] == "not attempted"
    assert "FAILED test_other.py::test_other" in run.out  # other tests stay pytest's
    assert ">       assert 1 == 2" in run.out or ">   assert 1 == 2" in run.out


def test_with_xdist(kit: Kit) -> None:
    """The same table and code from workers; a broken file is told once."""
    pytest.importorskip("xdist")
    kit.write("import no_such_thing\n")
    run = kit.run("exercises", "-n", "2")
    assert run.code == 1
    assert run.out.count("so no test of it could run") == 1
    assert run.rows["01_first"] == ["failing", "0 of 3", "0 of 5", "0 of 1"]
    assert run.rows["02_second"][0] == "not attempted"


def test_without_xdist(kit: Kit) -> None:
    """Nothing here needs it."""
    assert kit.run("exercises", "-p", "no:xdist").code == UNFINISHED


@pytest.mark.parametrize("option", ["--tb=short", "--tb=long", "--tb=native"])
def test_plain_tracebacks(kit: Kit, option: str) -> None:
    """Who asks for pytest's tracebacks gets them, with the same table."""
    kit.write("def double(x):\n    return x.nothing\n")
    run = kit.run("exercises/01_first", "-k", "double_values", option)
    assert run.code == 1
    assert "AttributeError: 'Tensor' object has no attribute 'nothing'" in run.out
    assert "Your code raised" not in run.out
    assert run.rows["01_first"][0] == "failing"


def test_debugger_opens_in_the_students_code(kit: Kit) -> None:
    """`--pdb` stops at a failure, not at what is not attempted."""
    kit.write(
        "def double(x):\n    secret = 6 * 7\n    return x.nothing\n"
        + "def half"
        + STUB.split("def half")[1]
    )
    run = kit.run("exercises/01_first", "--pdb", typed="p secret\nq\n")
    assert "first.py(3)double()" in run.out
    assert "42" in run.out
    run = kit.run("exercises/02_second", "--pdb")
    assert run.code == UNFINISHED
    assert "(Pdb)" not in run.out


def test_breakpoint(kit: Kit) -> None:
    """The student's module is the plain module, and a pause at a prompt is no endless loop."""
    kit.write("def double(x):\n    secret = 6 * 7\n    breakpoint()\n    return 2 * x\n")
    run = kit.run("exercises/01_first", "-k", "double_values", typed="p secret\nc\nc\n")
    assert "42" in run.out
    assert run.code == 0


def test_narrow_character_sets(kit: Kit) -> None:
    """A console or file that knows ASCII only gets everything that it can show."""
    kit.suite(SUITE.replace("Every number is doubled.", "x → 2·x"))
    kit.write(RIGHT.replace("2 * x", "3 * x"))
    run = kit.run("exercises", PYTHONIOENCODING="ascii", PYTHONUTF8="0")
    assert run.code == 1
    assert run.rows["01_first"][0] == "failing"
    assert "INTERNALERROR" not in run.out


def test_wide_terminal(kit: Kit) -> None:
    """Long lines are broken where the terminal ends."""
    kit.suite(SUITE.replace("Every number is doubled.", "Every number is doubled. " * 4))
    kit.write(RIGHT.replace("2 * x", "3 * x"))
    for columns in (80, 120):
        assert kit.run("exercises/01_first", COLUMNS=str(columns)).widest <= columns


def test_accelerator(kit: Kit) -> None:
    """A device with real values."""
    kit.suite(
        "import torch\n\n\n"
        "def test_double_on(student, lab, accelerator):\n"
        "    assert isinstance(accelerator, torch.device)\n"
        "    assert accelerator.type != 'cpu'\n"
        "    out = student.double(lab.ones(2, device=accelerator))\n"
        "    assert out.device == accelerator\n"
        "    assert out.cpu().tolist() == [2.0, 2.0]\n"
    )
    kit.write(RIGHT)
    run = kit.run("exercises/01_first", "-v")
    assert run.code == 0
    assert "test_double_on[simulated] PASSED" in run.out


def test_other_tests_are_left_alone(kit: Kit) -> None:
    """Loaded for other tests, the plugin shows nothing, sets no limit and no seed."""
    (kit.root / "test_other.py").write_text(
        "import torch\n\n\ntorch.manual_seed(3)\nwanted = torch.rand(1)\ntorch.manual_seed(3)\n\n\n"
        "def test_seed(request):\n    assert torch.rand(1) == wanted\n"
        "    assert request.node.get_closest_marker('timeout') is None\n\n\n"
        "def test_stub():\n    raise NotImplementedError\n"
    )
    run = kit.run("test_other.py", "-p", "grader.student.plugin")
    assert run.code == 1
    assert "1 failed, 1 passed" in run.out
    assert "next:" not in run.out


def test_the_real_exercises(tmp_path: Path) -> None:
    """A fresh checkout of this repository: all not attempted, nothing failed."""
    junk = shutil.ignore_patterns("__pycache__", ".*")
    shutil.copytree(ROOT / "exercises", tmp_path / "exercises", ignore=junk)
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    run = Kit(tmp_path).run("exercises")
    assert run.code == UNFINISHED
    assert {cells[0] for cells in run.rows.values()} == {"not attempted"}
    suites = [*(tmp_path / "exercises").glob("*/test_*.py")]
    assert len(run.rows) == len(suites)


def test_a_file_of_stubs_is_not_imported(kit: Kit) -> None:
    """What it would cost is spent when there is something to run."""
    kit.write("open('imported', 'w').close()\n" + STUB)
    assert kit.run("exercises/01_first").code == UNFINISHED
    assert not (kit.root / "imported").exists()
    kit.write("open('imported', 'w').close()\n" + RIGHT)
    assert kit.run("exercises/01_first").code == 0
    assert (kit.root / "imported").exists()


def test_nothing_of_the_boundary_is_loaded(kit: Kit) -> None:
    """In a process of its own, when all has run. Nor is a device made that no test asks for."""
    kit.write(RIGHT)
    (kit.root / "look.py").write_text(
        "import sys\nimport torch\n\n\ndef pytest_unconfigure():\n"
        "    print('backend:', torch._C._get_privateuse1_backend_name())\n"
        "    print('loaded:', *sorted(m for m in sys.modules if m.startswith('grader')))\n"
    )
    run = kit.run_anew("exercises/01_first", "-p", "look", PYTHONPATH=".")
    assert run.code == 0
    assert "backend: privateuseone" in run.out
    loaded = run.out.split("loaded: ")[1].split()
    assert "grader.student.plugin" in loaded
    rooms = {name.split(".")[1] for name in loaded if "." in name}
    assert not rooms & {"wire", "judge", "sandbox", "lockdown", "grading", "submission"}


def test_what_passed_is_kept_for_watch(kit: Kit) -> None:
    """By the content that it passed with, also from a run of some of the tests."""
    exercise = Exercise(kit.write(RIGHT).parent)
    kit.run("exercises/01_first", "-k", "double_values")
    kit.run("exercises/01_first", "-k", "double_gradient or half")
    content = read_answers(exercise, ("double", "half")).digests
    store = Store(kit.root / "exercises")
    assert store.passed("01_first", "double", content["double"]) == {
        "test_double_gradient",
        "test_double_values",
    }
    assert store.passed("01_first", "half", content["half"]) == {"test_half_values"}
    kit.write(RIGHT.replace("x / 2", "x / 3"))
    kit.run("exercises/01_first")
    content = read_answers(exercise, ("double", "half")).digests
    assert store.passed("01_first", "half", content["half"]) == set()
    assert len(store.passed("01_first", "double", content["double"])) == 2
