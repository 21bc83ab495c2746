"""The sample class, graded by the command of `make demo`, in this process."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from grader.assignment.exercises import find_exercises
from grader.grading.secrets import secrets
from grader.report.formats.json import read
from grader.result import Grades, Outcome, Result

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800)]  # the first test grades them all

ROOT = Path(__file__).parents[1]
CLASS = ROOT / "data" / "sample_class"
NAMES = sorted(
    path.stem.removesuffix("_losses")
    for path in CLASS.iterdir()
    if path.name != "README.md" and not path.name.startswith((".", "_"))
)

RIGHT = {
    "ada-lindqvist": None,  # every exercise
    "elif-kaya": None,
    "bela-szabo": {"01_losses"},
    "hana-sato": {"01_losses"},
    "ines-moreau": {"04_fit"},
    "kwame-mensah": {"01_losses", "03_modules"},
    "mateo-rojas": {"01_losses"},
    "noor-haddad": {"01_losses", "04_fit"},
    "oskar-lund": {"01_losses"},
    "tove-berg": {"01_losses"},
}
# The outcome that matters most in an exercise.
OUTCOMES = {
    ("bela-szabo", "02_scratch"): Outcome.NOT_ATTEMPTED,
    ("bela-szabo", "03_modules"): Outcome.NOT_ATTEMPTED,
    ("frida-nygaard", "01_losses"): Outcome.FAILED,
    ("frida-nygaard", "02_scratch"): Outcome.FAILED,
    ("frida-nygaard", "03_modules"): Outcome.FAILED,
    ("frida-nygaard", "04_fit"): Outcome.FAILED,
    ("goran-petrov", "05_refactor"): Outcome.FAILED,
    ("goran-petrov", "07_temperature"): Outcome.FAILED,
    ("hana-sato", "02_scratch"): Outcome.FAILED,
    ("ines-moreau", "01_losses"): Outcome.FAILED,
    ("jonas-weber", "01_losses"): Outcome.TIMED_OUT,
    ("lucia-ferrari", "01_losses"): Outcome.CRASHED,
    ("priya-raman", "01_losses"): Outcome.REFUSED,
    ("priya-raman", "03_modules"): Outcome.REFUSED,
    ("quinn-delaney", "01_losses"): Outcome.FAILED,
}


@pytest.fixture(scope="module")
def run(
    grader_of_module: Any, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Grades, Path, str]:
    """The class, graded once: the results, the folder they are in, and what was printed.

    A test has 3 seconds of processor time, where the right answers' slowest needs a third of one.
    """
    out = tmp_path_factory.mktemp("grades")
    words = ["grade", str(CLASS), "--out", str(out), "--test-seconds", "3"]
    done = grader_of_module(ROOT, *words)
    assert done.returncode == 0, done.stderr
    return read(out / "results.json"), out, done.stdout


@pytest.fixture(scope="module")
def results(run: tuple[Grades, Path, str]) -> dict[str, Result]:
    return {result.submission: result for result in run[0].results}


def of(result: Result, exercise: str) -> float | None:
    [score] = [e.score for e in result.exercises if e.name == exercise]
    return score


def test_everyone_is_graded(results: dict[str, Result]) -> None:
    assert sorted(results) == NAMES
    assert all(result.graded for result in results.values())


@pytest.mark.parametrize("name", RIGHT)
def test_right_answers_earn_everything(results: dict[str, Result], name: str) -> None:
    wanted = RIGHT[name] or {exercise.name for exercise in results[name].exercises}
    assert {e: of(results[name], e) for e in wanted} == dict.fromkeys(wanted, 100)
    if RIGHT[name] is None:
        assert results[name].total == 100


def test_stubs_earn_nothing(results: dict[str, Result]) -> None:
    result = results["chidi-okonkwo"]
    assert result.total == 0
    assert result.bonus == 0
    outcomes = {test.outcome for exercise in result.exercises for test in exercise.tests}
    assert outcomes == {Outcome.NOT_ATTEMPTED}


@pytest.mark.parametrize(("name", "exercise"), OUTCOMES)
def test_what_went_wrong_is_named(results: dict[str, Result], name: str, exercise: str) -> None:
    [found] = [e for e in results[name].exercises if e.name == exercise]
    assert found.outcome is OUTCOMES[name, exercise]
    assert found.score is not None
    assert found.score < 100


def test_one_bad_function_costs_no_other(results: dict[str, Result]) -> None:
    """A crash and an endless loop cost the tests that run into them, and those only."""
    for name, target in (("lucia-ferrari", "nll"), ("jonas-weber", "accuracy")):
        tests = results[name].exercises[0].tests
        assert all(t.passed for t in tests if t.target != target and not t.bonus)


def test_what_is_printed_is_kept_in_part(results: dict[str, Result]) -> None:
    [losses] = [e for e in results["mateo-rojas"].exercises if e.name == "01_losses"]
    assert losses.printed.startswith("start torch.Size([4]) =")
    assert len(losses.printed) < 100_000


def test_mistakes_earn_their_hints(results: dict[str, Result]) -> None:
    tests = [test for e in results["frida-nygaard"].exercises for test in e.tests]
    hinted = {test.target for test in tests if test.hint}
    assert {"log_softmax", "nll", "accuracy"} <= hinted


def test_two_mistakes_at_once_are_taken_for_neither(results: dict[str, Result]) -> None:
    """Each alone would be seen otherwise by one of the tests, so neither hint is certain."""
    tests = [t for e in results["frida-nygaard"].exercises for t in e.tests]
    assert {t.mistake for t in tests if t.target == "fit"} == {""}


def test_a_mistake_is_not_named_for_another(results: dict[str, Result]) -> None:
    """Without an activation: neither parameters nor shapes tell it from one with the wrong one."""
    tests = [t for e in results["goran-petrov"].exercises for t in e.tests]
    failed = [t for t in tests if t.target == "make_model" and not t.passed]
    assert failed
    assert {t.mistake for t in failed} == {"nothing_in_between"}


def test_the_feedback_is_there_and_holds_no_secret(run: tuple[Grades, Path, str]) -> None:
    grades, out, _ = run
    for result in grades.results:
        text = (out / "feedback" / f"{result.submission}.md").read_text("utf-8")
        assert str(ROOT) not in text
        assert not [test.name for e in result.exercises for test in e.tests if test.name in text]


def test_the_table_and_where_to_look(run: tuple[Grades, Path, str]) -> None:
    _, out, printed = run
    assert all(name[:11] in printed for name in NAMES)
    assert "results.json" in "".join(printed.split())
    assert out.name in "".join(printed.split())


def test_no_secret_stands_in_the_sample_class() -> None:
    """The right answers are in the students' words, not the references'."""
    files = [f for f in sorted(CLASS.rglob("*")) if f.suffix in (".py", ".ipynb", ".md")]
    text = {file: file.read_text("utf-8") for file in files}
    found = [
        f"{file.relative_to(CLASS)}: {what}"
        for what, secret in secrets(find_exercises(ROOT / "solutions"), ROOT / "exercises")
        for file, content in text.items()
        if secret in content
    ]
    assert not found


def test_the_readme_lists_everyone() -> None:
    rows = re.findall(r"^\| ([\w.-]+) \|", (CLASS / "README.md").read_text("utf-8"), re.M)
    assert sorted(Path(row).stem.removesuffix("_losses") for row in rows[2:]) == NAMES


def test_who_has_not_started_has_the_stubs_of_today() -> None:
    for file in (CLASS / "chidi-okonkwo").rglob("*.py"):
        stub = ROOT / "exercises" / file.parent.name / file.name
        assert file.read_text("utf-8") == stub.read_text("utf-8")
