"""Tests that don't end are ended; those that are only slow, on a busy machine, are not."""

from __future__ import annotations

import signal

import pytest
from kits import RIGHT, Kit

from grader.student import timelimit
from grader.student.timelimit import PATIENCE, Budget, OutOfTime

pytestmark = pytest.mark.slow

ENDLESS = """
def double(x):
    while True:
        try:
            x = x
        except Exception:
            pass
"""
each_method = pytest.mark.parametrize(
    "method", ["thread", *(["signal"] if hasattr(signal, "SIGALRM") else [])]
)


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_processor_time_counts_not_the_clock() -> None:
    """Until `PATIENCE` times the limit has passed, which code that waits can't pass."""
    used, clock = Clock(), Clock()
    budget = Budget(10, used, clock)
    assert budget.left() == 10
    clock.now += 45  # the machine is busy with something else
    used.now += 4
    assert budget.left() == budget.spend() == 6
    used.now += 6
    assert budget.left() == 0
    with pytest.raises(OutOfTime, match="computed for 10 seconds"):
        budget.spend()

    used.now = clock.now = 0.0
    budget = Budget(10, used, clock)
    clock.now += 10 * PATIENCE - 3
    assert budget.spend() == 3
    clock.now += 3
    with pytest.raises(OutOfTime, match=f"waited for {10 * PATIENCE} seconds"):
        budget.spend()


def test_a_debugger_stops_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    used = Clock()
    budget = Budget(10, used)
    used.now += 1000
    monkeypatch.setattr(timelimit.pytest_timeout, "is_debugging", lambda: True)
    assert budget.spend() > 0
    monkeypatch.setattr(timelimit.pytest_timeout, "is_debugging", lambda: False)
    assert budget.spend() > 0  # what the prompt took isn't the code's


@each_method
def test_endless_loop_is_ended(kit: Kit, method: str) -> None:
    """Also where there is no alarm signal. The target's other tests are not run, all others are."""
    kit.write(ENDLESS + RIGHT.split("\n\n\n")[1])
    run = kit.run("exercises/01_first", "--timeout=0.5", f"--timeout-method={method}")
    assert run.code == 1
    said = " ".join(run.failure("test_double_values"))
    assert "It did not finish in time: it computed for 0.5 seconds." in said
    assert "in double" in said
    assert "1 more test was not run." in said
    assert run.out.count("It did not finish in time") == 1
    assert run.rows["01_first"][:3] == ["failing", "1 of 3", "1 of 5"]
    assert "Stack of" not in run.out


@each_method
def test_endless_loop_that_catches_everything(kit: Kit, method: str) -> None:
    """A bare `except` delays the end, it doesn't prevent it."""
    kit.write(
        "caught = 0\n\n\ndef double(x):\n    global caught\n    while caught < 1:\n        try:\n"
        "            while True:\n                pass\n        except:\n            caught += 1\n"
        "    while True:\n        pass\n"
    )
    run = kit.run(
        "exercises/01_first", "-k", "double_values", "--timeout=0.5", f"--timeout-method={method}"
    )
    assert run.code == 1
    assert "It did not finish in time" in run.out


@each_method
def test_waiting_is_no_computing(kit: Kit, method: str) -> None:
    """Longer than the limit by the clock, and right."""
    kit.write("import time\n\n\ndef double(x):\n    time.sleep(0.35)\n    return 2 * x\n")
    run = kit.run(
        "exercises/01_first", "-k", "double_values", "--timeout=0.5", f"--timeout-method={method}"
    )
    assert run.rows["01_first"][1] == "1 of 1"


@each_method
def test_the_limit_is_off_while_pytest_reports(kit: Kit, method: str) -> None:
    """A test that ends just in time, and a report that takes long: no error inside pytest."""
    (kit.root / "slow_report.py").write_text(
        "import time, pytest\n\n\n@pytest.hookimpl(wrapper=True)\n"
        "def pytest_runtest_makereport(item, call):\n"
        "    start = time.thread_time()\n"
        "    while call.when == 'call' and time.thread_time() < start + 0.7:\n        pass\n"
        "    return (yield)\n"
    )
    kit.write(RIGHT.replace("2 * x", "3 * x"))
    run = kit.run(
        *("exercises/01_first", "-k", "double_values", "-p", "slow_report"),
        *("--timeout=0.5", f"--timeout-method={method}"),
    )
    assert run.code == 1
    assert "INTERNALERROR" not in run.out
    assert "did not finish" not in run.out
    assert run.rows["01_first"][0] == "failing"


def test_import_that_does_not_end(kit: Kit) -> None:
    kit.write(RIGHT + "\n\nwhile True:\n    pass\n")
    run = kit.run("exercises/01_first", "--timeout=0.5")
    assert "so no test of it could run. It did not finish" in " ".join(run.out.split())
    assert "1 failed, 3 not run" in run.out
    assert run.rows["01_first"][1] == "0 of 3"


def test_the_limit_that_holds_is_shown(kit: Kit) -> None:
    """Whatever pyproject.toml says for other tests; an option wins."""
    assert "time limit of exercises: 10 seconds a test\n" in (run := kit.run("exercises")).out
    assert "timeout: 300" not in run.out
    assert "time limit of exercises: 60 seconds" in kit.run("exercises", "--timeout=60").out
    assert "time limit of exercises: 7 seconds" in kit.run("exercises", PYTEST_TIMEOUT="7").out
    assert "time limit of exercises: none" in kit.run("exercises", "--timeout=0").out


def test_a_tests_own_limit_wins(kit: Kit) -> None:
    kit.suite(
        "import time\nimport pytest\n\n\n"
        "@pytest.mark.timeout(60)\ndef test_double(student):\n"
        "    start = time.thread_time()\n"
        "    while time.thread_time() < start + 0.3:\n        pass\n"
    )
    kit.write(RIGHT)
    assert kit.run("exercises/01_first", "--timeout=0.2").code == 0
