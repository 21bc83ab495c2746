"""`grader watch`: the desk and the screen by their events, and once the whole of it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from kits import RIGHT, ROOT, SETTINGS, STUB, Kit

from grader.assignment.exercises import Exercise
from grader.assignment.guides import Guide, Question, guides_of, missing
from grader.assignment.plots import plots_of
from grader.assignment.sealing import sealed
from grader.student.answers import PublicTest, public_tests, read_answers, with_stub
from grader.student.layout import without_markup
from grader.student.picture import can_draw, picture_of
from grader.student.store import NOTEBOOK, Store
from grader.student.watch.course import course_of
from grader.student.watch.desk import Course, Desk, Do, Phase
from grader.student.watch.keys import named
from grader.student.watch.screen import drawn

TARGETS = ("double", "half")


@pytest.fixture
def desk(kit: Kit) -> Desk:
    """A desk at the first target of the kit, with hints and a question."""
    course = course_of(kit.root / "exercises")
    question = Question("Twice 3?", "6", "3 + 3.")
    guides = {spot: Guide("doubling", ("a", "b", "c"), (question,)) for spot in course.spots}
    return Desk(Course(course.spots, guides, course.tests, {"01_first": ("One.", "Two.")}))


def save(desk: Desk, kit: Kit, code: str, green: set[str] = frozenset()) -> Do:  # type: ignore[assignment]
    file = kit.write(code)
    return desk.saved("01_first", read_answers(Exercise(file.parent), TARGETS), green)


def text(desk: Desk, width: int = 60) -> str:
    lines = drawn(desk, width, 24, "exercises/01_first/first.py")
    assert max(map(len, lines)) <= width
    assert len(lines) < 24
    return "\n".join(lines)


def end(desk: Desk, *failed: str) -> None:
    """A run of the current target ends, these tests failed."""
    desk.began()
    for test in desk.course.tests[desk.spot]:
        passed = test.name not in failed
        desk.ended(test, passed=passed, attempted=True, text=f"{test.says}\n\nwrong")
    desk.over()


def test_from_the_stub_to_the_next_target(desk: Desk, kit: Kit) -> None:
    """A stub waits, an answer runs, one failure is shown, green stops, and `n` goes on."""
    save(desk, kit, STUB)
    assert desk.phase is Phase.STUB
    assert "its 2 checks run by themselves" in text(desk)
    assert save(desk, kit, RIGHT.replace("2 * x", "3 * x")) is Do.RUN
    end(desk, "test_double_values", "test_double_gradient")
    assert "x Every number is doubled." in text(desk)
    assert "The gradient of" not in text(desk)
    assert "1 more check fails." in text(desk)
    assert save(desk, kit, RIGHT) is Do.RUN
    end(desk)
    assert desk.phase is Phase.GREEN
    assert "double is done: it passes all 2 checks." in text(desk)
    assert "Next, with n: 01_first/half" in text(desk)
    assert desk.press("n") is Do.MOVED
    assert desk.spot.target == "half"


def test_the_end_of_an_exercise_and_of_all(desk: Desk, kit: Kit) -> None:
    save(desk, kit, RIGHT, {"double", "half"})
    assert desk.phase is Phase.GREEN
    assert "The exercise 01_first is done. You know now:" in text(desk)
    assert "- Two." in text(desk)
    desk.pictures["01_first"] = "The picture that it made"
    assert "- Two.\nThe picture that it made\n" in text(desk)
    assert desk.press("v") is Do.PICTURE
    desk.green |= set(desk.course.spots)
    assert "That was the last one." in text(desk)
    assert desk.press("n") is Do.NOTHING


def test_an_edit_elsewhere_goes_where_the_edit_is(desk: Desk, kit: Kit) -> None:
    """Who writes the next target without a key is followed; green ones are not run again."""
    half = RIGHT.split("def half")[0] + "def half" + STUB.split("def half")[1]
    save(desk, kit, half)
    end(desk)
    assert save(desk, kit, RIGHT, {"double"}) is Do.RUN
    assert desk.spot.target == "half"


def test_a_half_saved_file_leads_nowhere_else(desk: Desk, kit: Kit) -> None:
    """An editor that empties the file first: what is being written is found all the same."""
    save(desk, kit, RIGHT, {"double", "half"})
    assert save(desk, kit, "") is Do.RUN
    assert save(desk, kit, RIGHT.replace("x / 2", "x / 3"), {"double"}) is Do.RUN
    assert desk.spot.target == "half"


def test_broken_code_runs_nothing(desk: Desk, kit: Kit) -> None:
    assert save(desk, kit, "def double(x):\n    return (2 * x\n") is Do.NOTHING
    said = text(desk)
    assert "line 2:\n    return (2 * x\nSyntaxError" in said


def test_hints_come_one_by_one(desk: Desk, kit: Kit) -> None:
    save(desk, kit, STUB)
    assert "Hint" not in text(desk)
    for key, shown in (("h", "the idea: a"), ("h", "where to look: b"), ("H", "the line: c")):
        desk.press(key)
        assert shown in text(desk)
    desk.press("h")
    assert "These are all the hints." in text(desk)
    save(desk, kit, RIGHT.replace("2 * x", "3 * x"))
    desk.began()
    for test in desk.course.tests[desk.spot]:  # more than the window holds: hints come first
        desk.ended(test, passed=False, attempted=True, text=f"{test.says}\n" + 40 * "wrong\n")
    desk.over()
    assert "the line: c\n" in text(desk)
    assert "wrong\n[… more: make the window higher]\n\nHint 1 of 3" in text(desk)
    assert save(desk, kit, RIGHT) is Do.RUN
    end(desk)
    assert "Hint" not in text(desk)  # it is done
    desk.press("n")
    assert "Hint" not in text(desk)


def test_questions_can_be_answered_and_skipped(desk: Desk, kit: Kit) -> None:
    save(desk, kit, STUB)
    desk.ask()
    for key in ("7", "backspace", "6", "enter"):
        desk.press(key)
    assert "Right. 3 + 3." in text(desk)
    desk.press("x")
    assert desk.phase is Phase.STUB
    desk.ask()
    desk.press("q")
    assert "> q_" in text(desk)
    desk.press("enter")
    assert "It is 6. 3 + 3." in text(desk)
    desk.press("escape")
    assert desk.phase is Phase.STUB
    desk.ask()
    assert save(desk, kit, RIGHT) is Do.RUN  # a question never holds up a run


def test_list_reset_and_all(desk: Desk, kit: Kit) -> None:
    save(desk, kit, RIGHT)
    end(desk)
    desk.press("l")
    assert "> [#] 01_first/double" in text(desk)
    desk.press("down")
    assert desk.press("enter") is Do.MOVED
    assert desk.spot.target == "half"
    assert desk.look() is Do.RUN
    desk.press("r")
    assert "Put the stub of half back?" in text(desk)
    assert desk.press("n") is Do.RUN  # no, and it looks again
    desk.press("r")
    assert desk.press("y") is Do.RESET
    assert desk.press("a") is Do.RUN_ALL
    assert desk.press("o") is Do.LESSON
    assert desk.press("q") is Do.QUIT


def test_a_run_that_dies_is_told(desk: Desk, kit: Kit) -> None:
    save(desk, kit, RIGHT)
    desk.began()
    desk.over("Python itself died (SIGSEGV) while it ran your code.")
    assert "x Python itself died (SIGSEGV)" in text(desk)
    assert "01[x.]" in text(desk)


@pytest.mark.parametrize(
    ("typed", "keys"),
    [("a", ["a"]), ("\x1b[A", ["up"]), ("\x1b[5~", []), ("\r", ["enter"]), ("\x1b", ["escape"]),
     ("(2, 3)", list("(2, 3)"))],
)  # fmt: skip
def test_keys_have_names(typed: str, keys: list[str]) -> None:
    assert named(typed) == keys


# -- what a file holds -----------------------------------------------------------------------------


def test_a_target_is_known_by_what_it_depends_on(kit: Kit) -> None:
    """Comments and other targets change nothing; helpers, constants and targets it calls do."""

    def digest(code: str) -> str:
        return read_answers(Exercise(kit.write(code).parent), TARGETS).digests["double"]

    right = digest(RIGHT)
    assert digest("# a word\n" + RIGHT.replace("x / 2", "x / 3")) == right
    assert digest(RIGHT.replace("2 * x", "x * 2")) != right
    assert digest("K = 2\n" + RIGHT) != right
    calling = RIGHT.replace("2 * x", "half(4 * x)")
    assert digest(calling) != digest(calling.replace("x / 2", "x / 3"))


def test_the_tests_of_a_suite_are_read(kit: Kit) -> None:
    tests = public_tests(Exercise(kit.root / "exercises" / "01_first"), TARGETS)
    assert tests[0] == PublicTest("test_double_values", "double", "Every number is doubled.", False)
    assert [test.bonus for test in tests] == [False, False, False, True]


@pytest.mark.parametrize(
    "code", [RIGHT, RIGHT.replace("return 2 * x", "return ((2 *"), RIGHT.split("def half")[1], ""]
)
def test_a_stub_comes_back_also_into_broken_code(code: str) -> None:
    again = with_stub(code, STUB, "double")
    assert again.count("def double") == 1
    assert 'NotImplementedError("double")' in again
    assert ("x / 2" in again) == ("x / 2" in code)
    assert with_stub(again, STUB, "double") == again


def test_progress_is_kept_by_content(tmp_path: Path) -> None:
    store = Store(tmp_path / "exercises")
    store.ran("01_first", "double", "one", {"a", "b"}, {"c"})
    assert store.passed("01_first", "double", "one") == {"a", "b"}
    assert store.passed("01_first", "double", "two") == set()
    store.ran("01_first", "double", "one", {"c"}, {"a"})
    assert store.passed("01_first", "double", "one") == {"b", "c"}
    store.ran("01_first", "double", NOTEBOOK, {"n"}, set())
    store.at = "01_first/half"
    assert store.passed("01_first", "double", "two") == {"n"}
    (store.folder / "progress.json").write_text("[")
    assert store.at == ""


def test_guides_are_complete_and_say_what_is_missing(kit: Kit) -> None:
    """Those of the real exercises are; a broken one is told by its file and target."""
    for folder in sorted((ROOT / "exercises").glob("[0-9]*")):
        assert not missing(Exercise(folder)), folder.name
        for guide in guides_of(Exercise(folder)).targets.values():
            assert all(question.is_right(question.answer) for question in guide.questions)
            assert len({*guide.hints}) == 3
    exercise = Exercise(kit.root / "exercises" / "01_first")
    assert len(missing(exercise)) == 7
    answer = sealed("6\n3 + 3.", b"Twice 4?")
    (exercise.folder / "hints.toml").write_text(
        '[double]\nwhat = "w"\nhints = ["a"]\n'
        f'[[double.questions]]\nask = "Twice 3?"\nanswer = "{answer}"\n'
    )
    with pytest.raises(ValueError, match="an answer of double must be sealed anew"):
        guides_of(exercise)


@pytest.mark.parametrize(
    ("right", "given", "holds"),
    [("(2, 3)", "torch.Size([2, 3])", True), ("(2, 3)", "2,3", True), ("(2, 3)", "3, 2", False),
     ("(11,)", "11", True), ("int64", "torch.int64", True), ("2.3", "2.30", True),
     ("2.3", "2.5", False), ("no", "No.", True), ("None", "none", True), ("0", "", False)],
)  # fmt: skip
def test_answers_may_be_written_in_many_ways(right: str, given: str, holds: bool) -> None:
    assert Question("", right, "").is_right(given) == holds


def test_a_finished_exercise_is_drawn_with_the_students_code(kit: Kit) -> None:
    """Figure by figure, in one picture; what is printed is dropped, and nothing is left behind."""
    exercise = Exercise(kit.write(f"import torch\n{RIGHT}").parent)
    assert not can_draw(exercise)
    (exercise.folder / "plots.py").write_text(
        "# %% [after double] Twice\nimport matplotlib.pyplot as plt\nprint('drawn')\n"
        "twice = double(torch.rand(3))\nplt.plot(twice)\nplt.show()\n"
        "# %% [after half] And back\nplt.plot(half(twice))\nplt.show()\n"
    )
    assert [plot.title for plot in plots_of(exercise)] == ["Twice", "And back"]
    done = subprocess.run(
        [sys.executable, "-m", "grader.student.picture", exercise.folder],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
    assert [file.name for file in picture_of(exercise).parent.iterdir()] == ["01_first.png"]
    head = picture_of(exercise).read_bytes()[:24]
    width, height = (int.from_bytes(head[at : at + 4], "big") for at in (16, 20))
    assert height > 700 and width > 500


def test_a_lesson_in_a_terminal_has_no_markup() -> None:
    text = "<!-- write: a -->\nA\n<picture>![a hill](hill.svg)</picture>\n<!-- math\nx\n-->\nB\n"
    assert without_markup(text) == "A\n*Picture* (hill.svg): a hill\nB\n"


# -- the whole of it -------------------------------------------------------------------------------


@pytest.mark.slow
def test_without_a_terminal_it_prints_plain_lines(kit: Kit) -> None:
    """What is saved is run, in a process that is warm; a loop that never ends is outlived."""
    kit.write(RIGHT.replace("2 * x", "3 * x"))
    inherited = {k: v for k, v in os.environ.items() if not k.startswith("PYTEST")}
    watch = subprocess.Popen(
        [sys.executable, "-u", "-m", "grader", "watch"],
        cwd=kit.root,
        env={**inherited, **SETTINGS, "PYTHONPATH": str(ROOT), "COLUMNS": "60"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        encoding="utf-8",
    )
    try:
        said = _until(watch, "x Every number is doubled.")
        assert "\x1b" not in said
        kit.write("def double(x):\n    import os\n    os._exit(3)\n")
        _until(watch, "exit code 3")
        kit.write("def double(x:\n")
        _until(watch, "SyntaxError")
        kit.write(RIGHT)
        _until(watch, "double is done: it passes all 2 checks.")
        assert Store(kit.root / "exercises").passed("01_first", "double", _content(kit))
    finally:
        watch.terminate()
        watch.wait()


def _until(watch: subprocess.Popen[str], words: str) -> str:
    assert watch.stdout is not None
    said = ""
    for line in watch.stdout:
        said += line
        if words in said:
            return said
    raise AssertionError(said)


def _content(kit: Kit) -> str:
    exercise = Exercise(kit.root / "exercises" / "01_first")
    return read_answers(exercise, TARGETS).digests["double"]
