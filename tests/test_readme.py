"""What README.md tells people to type is there to be typed, and does what it says."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Any

import pytest
from kits import Kit

from grader.report import find_formats

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text("utf-8")
LINES = [
    line.partition("  #")[0].strip()
    for block in re.findall(r"^```sh\n(.*?)^```", README, re.M | re.S)
    for line in block.splitlines()
    if line.strip()
]
# Those that say something in seconds, by the exit codes that the README gives them.
CHEAP = {
    "pytest exercises": {6},
    "pytest exercises/01_losses": {6},
    "pytest exercises/01_losses -k log_softmax": {6},
    "grader doctor": {0, 1},
    "grader grade --help": {0},
}


@pytest.mark.parametrize("line", CHEAP)
def test_the_cheap_commands_run(line: str, grader: Any) -> None:
    assert line in LINES
    program, *arguments = shlex.split(line)
    if program == "pytest":
        ran = Kit(ROOT).run(*arguments)
        code, said = ran.code, ran.out
    else:
        done = grader(ROOT, *arguments)
        code, said = done.returncode, done.stdout + done.stderr
    assert code in CHEAP[line], said


@pytest.mark.parametrize("line", [line for line in LINES if line not in CHEAP])
def test_the_others_exist(line: str, grader: Any) -> None:
    """Too dear to run here: what they name is there, and other tests run the same."""
    program, *arguments = shlex.split(line)
    match program:
        case "make":
            targets = re.findall(r"^(\w+):", (ROOT / "Makefile").read_text("utf-8"), re.M)
            assert set(arguments) <= set(targets)
        case "grader":
            given = re.findall(r"--[a-z]+", line)
            said = grader(ROOT, arguments[0], "--help").stdout
            assert all(option in said for option in given)
            assert all((ROOT / path).exists() for path in arguments if path.startswith("data/"))
            reports = re.findall(r"--report (\w+)", line)
            assert set(reports) <= set(find_formats())
        case "pip":
            assert (ROOT / arguments[arguments.index("-c") + 1]).is_file()
        case _:
            assert line in ("python3 -m venv .venv", ". .venv/bin/activate")


def test_every_option_and_report_that_is_named_exists(grader: Any) -> None:
    text = grader(ROOT, "grade", "--help").stdout
    for option in {"--out", "--regrade", "--seed", "--require-isolation", "--solutions"}:
        assert option in README
        assert option in text
    for name in re.findall(r"`(?:--report )?(classroom|classroom50|gradescope|junit)`", README):
        assert name in find_formats()


def test_every_link_leads_somewhere() -> None:
    for page in ("README.md", "CONTRIBUTING.md", "docs/results.md"):
        file = ROOT / page
        for target in re.findall(r"\]\(([^)#]+)", file.read_text("utf-8")):
            if not target.startswith("https://"):
                assert (file.parent / target).exists(), f"{page}: {target}"


def test_every_exercise_is_in_the_table() -> None:
    named = re.findall(r"^\| (\d\d_\w+) \|", README, re.M)
    assert named == sorted(f.name for f in (ROOT / "solutions").glob("[0-9][0-9]_*"))
