"""The examples of docs/suites.md are run, as a suite of the answers that are printed there."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from grader.suite.local import Local
from grader.suite.plugin import PROVIDER
from grader.suite.session import run_pytest

pytestmark = pytest.mark.slow

DOC = Path(__file__).parents[2] / "docs" / "suites.md"
BLOCK = re.compile(r"^```python(?P<kind> answer)?\n(?P<code>.*?)^```$", re.DOTALL | re.MULTILINE)


def write_suite(folder: Path) -> str:
    """Write the answers and the examples as an exercise's folder; the answers."""
    blocks = list(BLOCK.finditer(DOC.read_text("utf-8")))
    answer = "\n".join(block["code"] for block in blocks if block["kind"])
    suite = "\n".join(block["code"] for block in blocks if not block["kind"])
    folder.mkdir(exist_ok=True)
    (folder / "answer.py").write_text(answer, "utf-8")
    (folder / "test_answer.py").write_text(suite, "utf-8")
    return answer


@pytest.fixture(autouse=True)
def no_plugins(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")


class Seen:
    """A plugin that provides the student's side and keeps how the tests ended."""

    def __init__(self, file: Path | None = None) -> None:
        self.local = Local(file)
        self.failed: dict[str, str] = {}
        self.passed: list[str] = []

    @pytest.hookimpl(tryfirst=True)
    def pytest_configure(self, config: Any) -> None:
        config.stash[PROVIDER] = self.local

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        name = report.nodeid.rpartition("::")[2]
        if report.failed:
            self.failed[name] = report.longreprtext
        elif report.when == "call":
            self.passed.append(name)


def test_examples_pass(tmp_path: Path) -> None:
    folder = tmp_path / "01_answer"
    write_suite(folder)
    seen = Seen()
    run_pytest([folder / "test_answer.py"], folder, [seen])
    assert not seen.failed, "\n".join(seen.failed.values())
    assert len(seen.passed) > 20


@pytest.mark.parametrize(
    ("old", "new", "tests"),
    [
        (".sum(-1", ".sum(0", {"test_log_softmax_values", "test_log_softmax_by_hand"}),
        ("].mean()", "].sum()", {"test_nll_values", "test_nll_by_example"}),
        ("p -= lr", "p += lr", {"test_sgd_step_moves"}),
        ("opt.zero_grad()", "pass", {"test_fit_short_last_batch", "test_fit_any_loss"}),
        ("opt.step()", "pass", {"test_fit_moves"}),
        ("randint(len(x), (batch_size,))", "arange(batch_size)", {"test_train_random_draws"}),
        ("randint(len(x)", "randint(len(x) - 1", {"test_train_random_draws"}),
        ("@ self.weight", "@ self.weight.detach()", {"test_MyLinear_values"}),
    ],
)
def test_examples_fail_for_wrong_answers(
    tmp_path: Path, old: str, new: str, tests: set[str]
) -> None:
    folder = tmp_path / "01_answer"
    answer = write_suite(folder)
    file = tmp_path / "wrong.py"
    file.write_text(answer.replace(old, new), "utf-8")
    seen = Seen(file)
    run_pytest([f"{folder / 'test_answer.py'}::{test}" for test in tests], folder, [seen])
    assert tests == set(seen.failed)
