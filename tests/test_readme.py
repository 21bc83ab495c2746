"""What README.md tells people to type is there to be typed, and does what it says."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

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


def run(line: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", *shlex.split(line)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, encoding="utf-8")


@pytest.mark.parametrize("line", CHEAP)
def test_the_cheap_commands_run(line: str) -> None:
    assert line in LINES
    done = run(line)
    assert done.returncode in CHEAP[line], done.stdout + done.stderr


@pytest.mark.parametrize("line", [line for line in LINES if line not in CHEAP])
def test_the_others_exist(line: str) -> None:
    """Too dear to run here: what they name is there, and other tests run the same."""
    program, *arguments = shlex.split(line)
    match program:
        case "make":
            targets = re.findall(r"^(\w+):", (ROOT / "Makefile").read_text("utf-8"), re.M)
            assert set(arguments) <= set(targets)
        case "grader":
            given = re.findall(r"--[a-z]+", line)
            assert all(option in run(f"grader {arguments[0]} --help").stdout for option in given)
            assert all((ROOT / path).exists() for path in arguments if path.startswith("data/"))
            reports = re.findall(r"--report (\w+)", line)
            assert set(reports) <= set(find_formats())
        case "pip":
            assert (ROOT / arguments[arguments.index("-c") + 1]).is_file()
        case _:
            assert line in ("python3 -m venv .venv", ". .venv/bin/activate")


def test_every_option_and_report_that_is_named_exists() -> None:
    text = run("grader grade --help").stdout
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
