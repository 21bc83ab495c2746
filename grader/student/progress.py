"""What a student sees after a run: a row for each exercise, the next step, and the exit code."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from grader.assignment.exercises import Exercise, find_exercises
from grader.result import Outcome
from grader.student.answers import given_targets, read_answers
from grader.student.attempts import stubs_of
from grader.student.endings import (
    Ending,
    ending_of,
    explained,
    note_of,
    note_on_others,
)
from grader.student.layout import LINES, relative, without_rows
from grader.student.store import keep

UNFINISHED = 6  # exit code: nothing fails, but something is not attempted (0 to 5 are pytest's own)
COLUMNS = "{:<18}{:<16}{:<12}{:<12}{}"


@dataclass
class Standing:
    """How far one exercise has come in this run. `base`: its tests without the bonus tests."""

    exercise: Exercise
    seen: list[Ending] = field(default_factory=list)

    @property
    def base(self) -> list[Ending]:
        return [test for test in self.seen if not test.bonus]

    @property
    def failing(self) -> list[Ending]:
        return [test for test in self.base if test.failing]

    @property
    def not_attempted(self) -> list[Ending]:
        return [test for test in self.base if test.not_attempted]

    @property
    def partly_run(self) -> bool:
        return len({test.function for test in self.seen}) < self.seen[0].suite

    @property
    def state(self) -> str:
        """How far it has come, in a word or two."""
        passed = any(test.passed for test in self.base)
        if self.failing:
            return "failing"
        if self.not_attempted:
            return "partly done" if passed else Outcome.NOT_ATTEMPTED.value
        return "partly run" if self.partly_run else "done"

    @property
    def cells(self) -> tuple[str, ...]:
        """Its row of the table."""
        bonus = [test for test in self.seen if test.bonus]
        passed = sum(test.passed for test in self.base)
        return (
            self.exercise.name,
            self.state,
            f"{passed} of {len(self.base)}",
            _points(self.base),
            _points(bonus) if bonus else "",
        )


class Progress:
    """The plugin that watches the reports, here or from pytest-xdist's workers."""

    def __init__(self, config: pytest.Config) -> None:
        self._here = config.invocation_params.dir
        self._seen: dict[str, Ending] = {}
        self._first: dict[tuple[str, str], str] = {}  # folder and reason: the test that tells it

    @property
    def rows(self) -> list[Standing]:
        """How each exercise stands that had tests in this run, in order."""
        rows: dict[str, Standing] = {}
        for test in self._seen.values():
            rows.setdefault(test.folder, Standing(Exercise(Path(test.folder)))).seen.append(test)
        return [rows[folder] for folder in sorted(rows)]

    # -- pytest's hooks ---------------------------------------------------------------------------

    @pytest.hookimpl(tryfirst=True)
    def pytest_report_teststatus(self, report: Any) -> tuple[str, str, str] | None:
        """Give tests of exercises the words that the table uses."""
        seen = ending_of(report)
        if seen is None or seen.passed:
            return None
        if seen.not_attempted:
            return "not attempted", "-", "NOT ATTEMPTED"
        if seen.bonus and seen.ran:
            return "bonus not earned", "b", "BONUS NOT EARNED"
        key = (seen.folder, seen.reason)
        if not seen.bonus and self._first.setdefault(key, report.nodeid) == report.nodeid:
            return "failed", "F", "FAILED"
        return ("failed alike", "F", "FAILED ALIKE") if seen.ran else ("not run", "F", "NOT RUN")

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if seen := ending_of(report):
            self._seen[report.nodeid] = seen

    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        unfinished = any(test.not_attempted and not test.bonus for test in self._seen.values())
        if exitstatus == pytest.ExitCode.OK and unfinished:
            session.exitstatus = UNFINISHED
        if session.config.option.student_file is None:
            self._keep()

    def _keep(self) -> None:
        """Keep what passed, for `grader watch`."""
        for row in self.rows:
            answers = read_answers(row.exercise, given_targets(row.exercise))
            for target, content in answers.digests.items():
                mine = [test for test in row.seen if test.target == target]
                outcomes = [(t.function, t.passed) for t in mine if not t.not_attempted]
                keep(row.exercise, target, content, outcomes)

    @pytest.hookimpl(wrapper=True, tryfirst=True)  # so that it comes after all else
    def pytest_terminal_summary(self, terminalreporter: Any) -> Generator[None]:
        failed = terminalreporter.stats.get("failed", [])
        if self._seen and all(ending_of(report) for report in failed):
            # the table says it better than pytest's short list of failed tests
            terminalreporter.reportchars = terminalreporter.reportchars.replace("f", "")
        alike = self._add_notes(failed)
        if alike:
            terminalreporter.stats.setdefault("failed alike", []).extend(alike)
            failed[:] = [report for report in failed if report not in alike]
        yield
        if self._seen and terminalreporter.verbosity > -2:
            self._explain_bonus(terminalreporter)
            self._write(terminalreporter, self.rows)

    def _add_notes(self, failed: list[pytest.TestReport]) -> list[pytest.TestReport]:
        """Add to a failure how many others are like it, and to one of each target the explanation.

        An explanation holds for all failed tests of its target. Returns those tests that needn't
        be shown, because another one of their target is.
        """
        alike, notes = [], dict[tuple[str, str], str]()
        for report in failed:
            told = ending_of(report)
            if told is None or not told.ran or not isinstance(report.longrepr, str):
                continue
            key = told.folder, told.target
            if notes.get(key):
                alike.append(report)
                continue
            others = [test for nodeid, test in self._seen.items() if nodeid != report.nodeid]
            note = "" if key in notes else note_of(explained(told, self._seen.values()))
            notes.setdefault(key, note)
            note += note_on_others(told, others, of_target=bool(notes[key]))
            report.longrepr = without_rows(report.longrepr, LINES - note.count("\n")) + note
        return alike

    def _explain_bonus(self, terminal: Any) -> None:
        """Say why a bonus was not earned, if nothing else of the exercise fails."""
        busy = {test.folder for test in self._seen.values() if test.failing}
        for report in terminal.stats.get("bonus not earned", []):
            seen = ending_of(report)
            if seen and seen.folder not in busy:
                terminal.section(f"bonus not earned: {seen.function}", sep="_", bold=True)
                report.toterminal(terminal.config.get_terminal_writer())

    # -- the table --------------------------------------------------------------------------------

    def _write(self, terminal: Any, rows: list[Standing]) -> None:
        terminal.section("exercises")
        terminal.line(COLUMNS.format("exercise", "state", "tests", "points", "bonus").rstrip())
        colours = {"done": "green", "failing": "red"}
        for row in rows:
            colour = colours.get(row.state, "yellow")
            terminal.line(COLUMNS.format(*row.cells).rstrip(), **{colour: True})
        terminal.line("")
        terminal.line(self._next(rows), bold=True)

    def _next(self, rows: list[Standing]) -> str:
        """What to do next: one thing."""
        for row in rows:
            if row.failing:
                test = row.failing[0].function
                command = f"pytest {self._name(row.exercise.folder)}"
                command += f" -k {test}" if row.failing[0].ran else ""
                return f"next: correct {self._name(row.exercise.file)}, then run\n      {command}"
        for row in rows:
            if row.not_attempted:
                return self._start(row.exercise, row.not_attempted[0].function)
        for row in rows:
            if row.partly_run:
                return f"next: run all its tests with pytest {self._name(row.exercise.folder)}"
        ran = {row.exercise.name for row in rows}
        for exercise in find_exercises(rows[-1].exercise.folder.parent):
            if exercise.name not in ran and stubs_of(exercise.file) != []:
                return self._start(exercise)
        return "next: nothing. All exercises are done. Well done!"

    def _start(self, exercise: Exercise, test: str = "") -> str:
        target = exercise.target_of(test) if test else ""
        readme, file = self._name(exercise.folder / "README.md"), self._name(exercise.file)
        return (
            f"next: read {readme}, write {target or 'your code'} in\n"
            f"      {file}, then run pytest {self._name(exercise.folder)}"
        )

    def _name(self, path: Path) -> str:
        return relative(path, self._here)


def _points(tests: list[Ending]) -> str:
    earned = sum(test.points for test in tests if test.passed)
    return f"{earned:g} of {sum(test.points for test in tests):g}"
