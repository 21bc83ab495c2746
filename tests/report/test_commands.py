"""Nothing that students name or write is a command to a CI system that reads the log."""

from __future__ import annotations

import contextlib
import io
import re

import pytest

from grader.cli.options import Unusable, err
from grader.report.formats import table
from grader.report.terminal import SafeConsole
from grader.result import ExerciseResult, Grades, Outcome, Result, Student, TestResult

NASTY = [
    "::error::stop",
    " ::set-output name=grade::100",
    "x" * 60 + "::add-mask::secret",
    "name " * 9 + "::warning file=a.py,line=1::text " * 4,
    "##[error]stop",
    "a ##vso[task.complete result=Succeeded;]",
    "##teamcity[buildStatus status='SUCCESS']",
    "**::notice::x",
    "a\n::stop-commands::token",
    "\t::group::x",
    ":::error::x",
]


def commands(log: str) -> list[str]:
    """The lines that GitHub's runner, Azure's agent or TeamCity would act upon.

    The runner's own parsers: `ActionCommand.TryParseV2` trims a line and looks for `::` at its
    start; the older `TryParse` looks for `##[` anywhere. Azure's looks for `##vso[` anywhere.
    """
    found = []
    for line in re.split(r"\r\n|\r|\n", log):
        second = line.strip().startswith("::") and "::" in line.strip()[2:]
        if second or re.search(r"##(vso|teamcity)?\[", line):
            found.append(line)
    return found


@pytest.fixture
def grades() -> Grades:
    test = TestResult("test_x", "x", "X", Outcome.FAILED, 1.0)
    results = [
        Result(
            f"{number} {text}",
            Student(text) if number % 2 else None,
            [ExerciseResult("01_x", [test])],
            notes=[text, f"He wrote {text}"],
            fault=text if number % 3 == 0 else "",
        )
        for number, text in enumerate(NASTY)
    ]
    return Grades(results, notes=[f"On the roster, but nothing handed in: {', '.join(NASTY)}."])


def test_the_parser_finds_what_it_should():
    assert len(commands("\n".join(NASTY[:1] + NASTY[4:7] + NASTY[8:]))) == 7


@pytest.mark.parametrize("width", range(40, 201))
def test_no_line_of_the_table_is_a_command(grades, width):
    out = io.StringIO()
    table.show(grades, SafeConsole(file=out, width=width, no_color=True))
    assert commands(out.getvalue()) == []
    assert out.getvalue().count("\n") > len(NASTY)


def test_no_message_of_a_command_is_one(monkeypatch):
    for width in (40, 80, 200):
        monkeypatch.setenv("COLUMNS", str(width))
        for text in NASTY:
            said = io.StringIO()
            with contextlib.redirect_stderr(said):
                err.print(f"To grade: {text}", markup=False)
                Unusable(f"Several submissions are called {text}").show()
            assert commands(said.getvalue()) == []
            assert len(said.getvalue()) > len(text)
