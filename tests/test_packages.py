"""Packages that lie elsewhere on Python's path: allowed by name, and nothing beside them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import tiny

from grader.judge.packages import PackageError, check_apart, find_package

DOUBLE = """
import installed_one, projects_one.part
from importlib.metadata import version
try:
    secret = open({secret!r}).read()
except OSError:
    secret = ""
def double(x):
    assert version("installed-one") == "2.5" and not secret
    return installed_one.twice(projects_one.part.same(x))
"""


@pytest.fixture
def places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that packages are installed in, and a project that holds one."""
    for name, text in {
        "installed/installed_one.py": "from needed import twice\n",
        "installed/needed/__init__.py": "def twice(x):\n    return x + x\n",
        "installed/installed_one-2.5.dist-info/METADATA": "Name: installed-one\nVersion: 2.5\n",
        "project/projects_one/__init__.py": "",
        "project/projects_one/part.py": "def same(x):\n    return x\n",
        "project/secret.py": "secret = 1\n",
    }.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    for place in ("installed", "project"):
        monkeypatch.syspath_prepend(str(tmp_path / place))
    return tmp_path


def test_what_is_allowed(places: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole, own = find_package("installed_one"), find_package("projects_one")
    assert whole and (whole.place, whole.whole) == (str(places / "installed"), True)
    assert own and (own.place, own.whole) == (str(places / "project/projects_one"), False)
    assert [find_package(name) for name in ("torch", "json", "sys", "pytest")] == [None] * 4
    monkeypatch.chdir(places / "project")
    for name in ("no_such_package", "projects_one", "a.b", "../x", ""):
        with pytest.raises(PackageError, match=r"no such package|give the name"):
            find_package(name)
    check_apart([whole, own], places / "solutions")
    for secret in (places / "project/projects_one/solutions", places / "project"):
        with pytest.raises(PackageError, match="hidden suites"):
            check_apart([own], secret)


@pytest.mark.slow
def test_an_allowed_package_is_there_and_its_neighbours_are_not(places, grader) -> None:
    solutions = tiny.write_assignment(places / "kit")
    answers = places / "ann" / "double.py"
    answers.parent.mkdir()
    answers.write_text(DOUBLE.format(secret=str(places / "project/secret.py")))
    allowed = ["--allow-import", "installed_one", "--allow-import", "projects_one"]
    command = ["grade", str(answers.parent), "--single", "--solutions", str(solutions), "--seed=1"]
    for options, total in ((allowed, 100), ([], 0)):
        done = grader(places, *command, f"--out={total}", *options)
        assert done.returncode == 0
        [result] = json.loads((places / str(total) / "results.json").read_text())["results"]
        [exercise] = result["exercises"]
        earned = {test["outcome"] for test in exercise["tests"] if not test["bonus"]}
        assert (earned == {"passed"}) == (total == 100), result
    assert result["notes"][0].startswith("`installed_one`, `projects_one` can't be imported")
    listed = grader(places, "doctor", *allowed).stdout
    assert "torch 2" in listed and "pytest" in listed
    assert f"projects_one ({places}/project/projects_one)" in listed.replace("\n", "")
    assert grader(places, "doctor", "--allow-import", "no_such_package").returncode == 2
