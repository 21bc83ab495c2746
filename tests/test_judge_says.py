"""What the judge says of a wrong answer: the mistake's hint where it is one, and else nothing."""

from __future__ import annotations

from pathlib import Path

import pytest
import tiny
import torch

from grader.assignment.exercises import AssignmentError
from grader.judge.isolation import Isolation
from grader.judge.judge import Judge
from grader.judge.sandboxes import Forker
from grader.judge.spawned import Spawner
from grader.lockdown.limits import Patience
from grader.result import Outcome, TestResult
from grader.submission import Submission

ROOT = Path(__file__).parents[1]
SEED = 5
MISTAKES = """
from grader.assignment.mistakes import edit, mistake

mistake("double", "triple", edit("x + x", "3 * x"), hint="This is three times x.")
mistake("double", "sum_of_three", edit("x + x", "x + x + x"), hint="This is three times x.")
mistake("double", "square", edit("x + x", "x * x"), hint="This is x squared.")
mistake("double", "power", edit("x + x", "x ** 2"), hint="A power is no product.")
mistake("double", "no_such_name", edit("x + x", "x + y"), hint="There is no y.")
"""
DIES = """
mistake("double", "dies", edit("x + x", "__import__('os')._exit(1)"), hint="It ends the process.")
"""
NEVER_ENDS = """
mistake("double", "never_ends", edit("x + x", "any(iter(int, 1))"), hint="It never ends.")
"""


class Here:
    """A judge of the tiny assignment with mistakes of its own."""

    def __init__(self, folder: Path, forker: Forker) -> None:
        self._folder, self._forker = folder, forker
        self._suites = tiny.write_assignment(folder)

    def tests(self, expression: str, mistakes: str = MISTAKES, **more: object) -> list[TestResult]:
        (self._suites / "01_double" / "mistakes.py").write_text(mistakes)
        judge = Judge(self._suites, self._forker, **more)  # type: ignore[arg-type]
        try:
            files = {"double.py": tiny.answer(expression).encode()}
            return judge.grade(Submission("s", files), SEED).exercises[0].tests
        finally:
            judge.close()


@pytest.fixture
def here(tmp_path: Path, forker: Forker) -> Here:
    return Here(tmp_path, forker)


def said(tests: list[TestResult]) -> set[tuple[str, str]]:
    return {(test.mistake, test.hint) for test in tests}


def test_a_class_with_one_hint_is_named(here: Here) -> None:
    tests = here.tests("x - -2 * x")
    assert said([t for t in tests if t.outcome is Outcome.FAILED and not t.bonus]) == {
        ("triple or sum_of_three", "This is three times x.")
    }
    assert said([t for t in tests if t.passed or t.bonus]) == {("", "")}


def test_a_class_with_two_hints_is_not(here: Here) -> None:
    assert said(here.tests("x.square()")) == {("", "")}


def test_what_is_no_mistake_is_not_named(here: Here) -> None:
    """The one test fails as it does for a mistake, the other fails where the mistake passes it."""
    assert said(here.tests("x.mul_(3)")) == {("", "")}
    assert said(here.tests("4 * x")) == {("", "")}
    assert said(here.tests("x + x")) == {("", "")}


def test_an_exception_is_part_of_what_was_seen(here: Here) -> None:
    named = ("no_such_name", "There is no y.")
    assert named in said(here.tests("y * x"))
    assert said(here.tests("x + z")) == {("", "")}


@pytest.mark.parametrize("deadly", [DIES, NEVER_ENDS], ids=["dies", "never ends"])
def test_a_mistake_that_ends_the_rehearsal_costs_its_hint_only(here: Here, deadly: str) -> None:
    first, last = MISTAKES.split("\n\n", 1)
    tests = here.tests("3 * x", f"{first}\n{deadly}{last}", patience=Patience(test=1))
    assert ("triple or sum_of_three", "This is three times x.") in said(tests)


def test_rehearsing_for_one_submission_comes_to_an_end(here: Here) -> None:
    """What takes too long stays unknown for this one, and no wrong thing is said."""
    first, last = MISTAKES.split("\n\n", 1)
    tests = here.tests("3 * x", f"{first}\n{NEVER_ENDS}{last}", patience=Patience(rehearsal=0.5))
    assert said(tests) == {("", "")}
    assert [test.passed for test in tests] == [False, True, True]


@pytest.mark.slow
def test_mistakes_are_named_where_there_is_no_fork(here: Here) -> None:
    here._forker = spawner = Spawner(Isolation())
    try:
        assert ("no_such_name", "There is no y.") in said(here.tests("y * x"))
    finally:
        spawner.close()


def test_judges_of_a_run_share_what_was_seen(here: Here, tmp_path: Path) -> None:
    """The second judge's rehearsal has nothing left to do: it can't even start."""
    shared = tmp_path / "shared"
    shared.mkdir()
    first = said(here.tests("3 * x", shared=shared))
    assert list(shared.iterdir())
    start, here._forker = here._forker, _NoRehearsal(here._forker)  # type: ignore[assignment]
    assert said(here.tests("3 * x", shared=shared)) == first
    assert start is not here._forker


class _Like:
    """A forker but for what a subclass says."""

    def __init__(self, forker: Forker) -> None:
        self._forker = forker

    def __getattr__(self, name: str) -> object:
        return getattr(self._forker, name)


class _NoRehearsal(_Like):
    """Sandboxes for students only."""

    def fork(self, program: str = "") -> object:
        assert not program, "it was rehearsed again"
        return self._forker.fork()


def test_detail_is_the_failed_check(here: Here) -> None:
    """The suite's line, what was compared, and both values; nothing of pytest's own frames."""
    [values, *_] = here.tests("3 * x")
    first, check, call, where, *table, fact = values.detail.splitlines()
    assert first == "test_double.py:13: same(student.double, reference.double, x)"
    assert check == "check 1 of the test: same"
    assert call == "double(tensor float32 (4,))"
    assert where == "the result: all 4 numbers are wrong"
    assert [row.split()[0] for row in table] == ["at", "[0]", "[1]", "[2]", "[3]"]
    assert fact == "It is the right result times 1.5. (factor)"


def test_a_plain_assert_is_detailed_without_what_stands_for_the_student(here: Here) -> None:
    """The instructor reads `student.double`, not a proxy's address in memory."""
    whole = here.tests("x * 2.5")[2]
    assert whole.detail.startswith("test_double.py:24: assert student.double(")
    assert "= student.double" in whole.detail
    assert " at 0x" not in whole.detail.replace("of type object at 0x", "")


def test_what_is_observed_stands_beside_what_was_given(here: Here) -> None:
    """And holds no right value: a factor by which one could be worked out isn't told."""
    [values, alone, whole] = here.tests("7 * x")
    assert values.observed == ["It is the right result times a constant factor."]
    assert values.observed[0] not in values.feedback
    assert (alone.observed, whole.observed, values.hint) == ([], [], "")
    assert values.cause == "observed: factor"
    assert here.tests("x.sin() + x * x")[0].cause == "values of the result"


def test_what_they_gave_has_its_own_name(here: Here) -> None:
    """Not that of what stands for it in the judge."""
    [values, *_] = here.tests("type('Box', (), {})()")
    assert "It gave <Box>." in values.feedback
    assert "The type of the result is not right: a Box." in values.feedback


def test_one_cause_has_one_name(here: Here) -> None:
    """Tests that end at one line of the student's share their cause, whatever they were given."""
    tests = here.tests("x.reshape(9)")
    assert [test.outcome for test in tests] == [Outcome.FAILED] * 3
    [cause] = {test.cause for test in tests}
    assert cause == "failed: RuntimeError at double.py, line 5: return x.reshape(9)"


def test_what_the_test_could_not_use_is_no_exception_of_theirs(here: Here) -> None:
    """The student's code gave something, and the test's own use of it failed."""
    suite = here._suites / "01_double" / "test_double.py"
    suite.write_text(
        suite.read_text().replace("    leaves_alone(", "    student.double(2).no_such()\n    (")
    )
    _, used, _ = here.tests("torch.nn.Linear(x, x) if type(x) is int else 2 * x")
    assert used.feedback.startswith(
        "The result of your code could not be used:\n  AttributeError: "
    )


def test_nothing_is_detailed_where_nothing_was_attempted(here: Here) -> None:
    tests = here.tests("x\n\n\ndef double(x):\n    raise NotImplementedError")
    assert {(test.outcome, test.detail) for test in tests} == {(Outcome.NOT_ATTEMPTED, "")}


def test_an_answer_that_refuses_in_a_branch_was_attempted(here: Here) -> None:
    """A function that can answer, and ends in NotImplementedError for these inputs, is no stub."""
    branch = "    if x.dim() > 5:\n        return 2 * x\n    raise NotImplementedError"
    tests = here.tests(f"x\n\n\ndef double(x):\n{branch}")
    assert {test.outcome for test in tests} == {Outcome.FAILED}


def test_the_call_that_failed_is_blamed(here: Here) -> None:
    [values, *_] = here.tests("x.no_such_method()")
    assert values.feedback.startswith("double(tensor float32 (4,)) raised\n")
    assert "double.py, line 5" in values.feedback
    assert "no_such_method" in values.feedback


IN_A_CLASS = """

class TestDouble:
    def test_double_more(self, student):
        \"\"\"More.\"\"\"
        assert student.double(1) == 2
"""


def test_tests_in_classes_are_refused(here: Here) -> None:
    with (here._suites / "01_double" / "test_double.py").open("a") as suite:
        suite.write(IN_A_CLASS)
    with pytest.raises(AssignmentError, match="TestDouble::test_double_more: tests are functions"):
        here.tests("x + x")


ON_DEVICES = """
import pytest
from grader.suite.checks import on_each_device


@on_each_device
@pytest.mark.points(6)
@pytest.mark.parametrize("size", [1, 3])
def test_double_on_devices(student, device, size):
    \"\"\"On each device.\"\"\"
    import torch
    assert student.double(torch.ones(size, device=device)).device.type == device.type
"""


class _Devices(_Like):
    """Sandboxes that can use `found`."""

    found: frozenset[str] = frozenset()

    def devices(self) -> frozenset[str]:
        return self.found


@pytest.mark.parametrize("usable", [False, True])
def test_devices_that_no_sandbox_can_use_take_no_points(
    tmp_path: Path, forker: Forker, monkeypatch: pytest.MonkeyPatch, usable: bool
) -> None:
    """The machine has a GPU: its tests are scheduled only where sandboxes can open it."""
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 1)
    suites = tiny.write_assignment(tmp_path)
    (suites / "01_double" / "test_double.py").write_text(ON_DEVICES)
    devices = _Devices(forker)
    devices.found = frozenset(["cuda"] if usable else [])
    judge = Judge(suites, devices)  # type: ignore[arg-type]
    tests = judge.tests["01_double"]
    judge.close()
    wanted = ["cpu", "simulated", "cuda"] if usable else ["cpu", "simulated"]
    assert len(tests) == 2 * len(wanted)
    assert {test.points for test in tests} == {6 / len(wanted)}
    refused = "" if usable else " (not graded: no sandbox can use it)"
    assert judge.accelerator == f"simulated, cuda{refused}"


def test_suites_may_be_named_from_here(
    tmp_path: Path, forker: Forker, monkeypatch: pytest.MonkeyPatch
) -> None:
    tiny.write_assignment(tmp_path)
    monkeypatch.chdir(tmp_path)
    judge = Judge(Path("solutions"), forker)
    result = judge.grade(Submission("s", {"double.py": tiny.answer("x + x").encode()}), SEED)
    judge.close()
    assert (result.total, result.bonus) == (100, 25)


def test_nothing_of_ours_is_among_what_a_student_prints(judge: Judge) -> None:
    """Not even of the profiler, which sees what runs in 01."""
    source = (ROOT / "solutions" / "01_losses" / "losses.py").read_text("utf-8")
    told = source + '\n\nprint("loaded")\n'
    submission = Submission("s", {"losses.py": told.encode()})
    [losses] = judge.grade(submission, SEED, frozenset(["01_losses"])).exercises
    assert set(losses.printed.split()) == {"loaded"}
