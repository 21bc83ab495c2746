"""The students' repository holds nothing secret, and everything that students need."""

from __future__ import annotations

import ast
import io
import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import venv
from pathlib import Path
from typing import Any

import nbformat
import pytest
import tiny
from kits import Kit

from grader.assignment.exercises import Exercise, find_exercises
from grader.assignment.mistakes import load_mistakes
from grader.release.bundles import suites, unpack_suites
from grader.student.progress import UNFINISHED

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
GRADER = [sys.executable, "-m", "grader"]
# Lines that are in any training loop, so they may be in an example.
COMMON = {"super().__init__()", "loss.backward()", "for _ in range(steps):"}


def run(*command: str | Path, cwd: Path = ROOT, **env: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        env=os.environ | {"COLUMNS": "100"} | env,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=300,
    )


@pytest.fixture(scope="module")
def released(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("released") / "students"
    done = run(*GRADER, "release", "--no-hints", out)
    assert done.returncode == 0, done.stderr
    return out


def files(top: Path) -> list[Path]:
    return [path for path in sorted(top.rglob("*")) if path.is_file()]


def texts(top: Path) -> dict[str, str]:
    """Every file as text; a notebook also without JSON's escapes."""
    found = {}
    for path in files(top):
        text = path.read_bytes().decode("utf-8", "replace")
        if path.suffix == ".ipynb":
            text += "\n".join(cell.source for cell in nbformat.reads(text, 4).cells)
        found[path.relative_to(top).as_posix()] = text
    return found


def words(text: str) -> str:
    return " ".join(text.split())


def functions(path: Path) -> list[str]:
    tree = ast.parse(path.read_text("utf-8"))
    return [node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]


def secrets() -> dict[str, str]:
    """Hidden tests' names, lines of references, and hints with the names of their mistakes."""
    public = {
        folder.name: "\n".join(
            path.read_text("utf-8")
            for path in sorted((ROOT / "exercises" / folder.name).glob("*"))
            if path.suffix in (".md", ".py") and path.name != "plots.py"
        )
        for folder in (ROOT / "solutions").glob("[0-9]*")
    }
    everything = "\n".join(public.values())
    found = {}
    for name, told in public.items():
        module = name.partition("_")[2]
        folder = ROOT / "solutions" / name
        for test in functions(folder / f"test_{module}.py"):
            if test.startswith("test_") and f"def {test}(" not in everything:
                found[test] = f"a hidden test of {name}"
        for line in (folder / f"{module}.py").read_text("utf-8").splitlines():
            code = line.strip()
            told_anywhere = code in everything or code in COMMON
            if len(code) > 16 and not told_anywhere and "import " not in code:
                found[code] = f"a line of the reference of {name}"
        for mistake in load_mistakes(Exercise(folder)):
            if mistake.hint not in words(told):
                found[mistake.hint] = f"a hint of {name}"
    return found


def test_nothing_secret_goes_out(released: Path) -> None:
    hidden = secrets()
    for kind in ("hidden test", "line of the reference", "hint"):
        assert sum(kind in what for what in hidden.values()) > 40, kind
    leaks = []
    for name, text in texts(released).items():
        flat = words(text)
        for secret, what in hidden.items():
            if secret in flat and re.search(rf"(?<!\w){re.escape(secret)}(?!\w)", flat):
                leaks.append(f"{name}: {what}: {secret}")
    assert not leaks, "\n".join(leaks)


def test_what_students_dont_get_isnt_there(released: Path) -> None:
    names = {path.relative_to(released).as_posix() for path in files(released)}
    parts = {part for name in names for part in name.split("/")}
    assert not parts & {"solutions", "sample_class", "tests", "bench", "pictures.py"}
    assert not any(part.endswith((".pyc", ".sqlite", ".egg-info")) for part in parts)
    for folder in (ROOT / "solutions").glob("[0-9]*"):
        module = folder.name.partition("_")[2]
        own = {
            f"{module}.py",
            f"{module}.ipynb",
            f"test_{module}.py",
            "README.md",
            "desk.json",
            "hints.toml",
            "plots.py",
        }
        own |= {p.name for p in (ROOT / "exercises" / folder.name).glob("*.svg")}
        assert own == {p.name for p in (released / "exercises" / folder.name).iterdir()}


def test_no_path_of_this_machine_goes_out(released: Path) -> None:
    for name, text in texts(released).items():
        assert str(ROOT) not in text, name


def test_students_can_install_and_run_it(released: Path, tmp_path: Path) -> None:
    """What their README says works in a fresh clone. Only its dependencies come from here."""
    clone = tmp_path / "clone"
    shutil.copytree(released, clone)
    environment = tmp_path / "venv"
    venv.create(environment)
    python = environment / ("Scripts" if os.name == "nt" else "bin") / "python"
    borrowed = [p for p in sys.path if p.endswith("site-packages")]
    [packages] = {p for p in environment.rglob("site-packages") if p.is_dir()}
    (packages / "borrowed.pth").write_text("\n".join(borrowed))
    pip = [sys.executable, "-m", "pip", "--python", python, "install", "--no-index", "--no-deps"]
    done = run(*pip, "--no-build-isolation", "-c", "constraints.txt", "-e", ".", cwd=clone)
    assert done.returncode == 0, done.stderr
    where = run(python, "-I", "-c", "import grader; print(grader.__file__)", cwd=tmp_path)
    assert Path(where.stdout.strip()) == clone / "grader" / "__init__.py"
    done = run(python, "-I", "-m", "pytest", cwd=clone)  # what they will type
    told = Kit(clone).run("exercises")  # what they are told to type
    for code, said in ((done.returncode, done.stdout), (told.code, told.out)):
        assert code == 6, said
        assert "07_temperature    not attempted" in said
        assert "write log_softmax in" in said


def test_the_readme_names_what_is_there(released: Path) -> None:
    text = (released / "README.md").read_text("utf-8")
    for name in re.findall(r"exercises/[\w/.]+", text):
        assert (released / name).exists(), name
    assert "constraints.txt" in text
    assert f"| {UNFINISHED} | nothing fails, and something is still to be written |" in text
    for exercise in find_exercises(ROOT / "exercises"):
        targets = ", ".join(f"`{target}`" for target in exercise.targets)
        assert f"| `{exercise.name}` | {targets} |" in text
    assert "notebook = [" in (released / "pyproject.toml").read_text("utf-8")


def test_two_releases_are_the_same(released: Path, tmp_path: Path) -> None:
    assert run(*GRADER, "release", "--no-hints", tmp_path / "again").returncode == 0
    ours, theirs = files(released), files(tmp_path / "again")
    assert [p.relative_to(released) for p in ours] == [
        p.relative_to(tmp_path / "again") for p in theirs
    ]
    assert [p.read_bytes() for p in ours] == [p.read_bytes() for p in theirs]


def test_a_folder_with_something_in_it_is_refused(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    done = run(*GRADER, "release", tmp_path)
    assert done.returncode == 2
    assert "isn't empty. Name a new folder" in done.stderr
    assert [p.name for p in tmp_path.iterdir()] == ["mine.txt"]


@pytest.fixture
def kit(tmp_path: Path) -> Path:
    """A tiny assignment with the machinery of this one."""
    top = tmp_path / "kit"
    tiny.write_assignment(top)
    for name in ("grader", "data"):
        shutil.copytree(
            ROOT / name, top / name, ignore=shutil.ignore_patterns("__pycache__", "sample_class")
        )
    for name in ("pyproject.toml", "constraints.txt", "LICENSE", "exercises/conftest.py"):
        shutil.copy(ROOT / name, top / name)
    return top


PLOTS = "exercises/01_double/plots.py"


@pytest.mark.parametrize(
    ("place", "text", "what"),
    [
        ("exercises/01_double/README.md", "It doubles its own argument in place.", "hint"),
        (PLOTS, "# %% [after double] A\ntest_double_values()", "hidden test"),
        ("data/README.md", "\nSee test_double_keeps_its_argument(student).", "hidden test"),
        ("grader/assignment/exercises.py", "\n# It doubles its own argument in place.", "hint"),
    ],
)  # fmt: skip
def test_a_leak_stops_the_release(kit: Path, place: str, text: str, what: str, grader: Any) -> None:
    with (kit / place).open("a", encoding="utf-8") as file:
        file.write(text)
    done = grader(kit, "release", "out")
    assert done.returncode == 2, done.stdout
    assert what in done.stderr
    assert not (kit / "out").exists()
    assert not list(kit.glob(".release-*"))


def test_hints_travel_locked_and_open_at_home(kit: Path, grader: Any) -> None:
    """Who makes a known mistake gets its hint; nobody can read one, nothing opens another's."""
    done = grader(kit, "release", "out")
    assert done.returncode == 0, done.stderr
    assert "01_double: 5 of 9" in done.stdout
    assert "variant_1: the suite can't tell: variant_1, variant_5" in done.stdout
    home = kit / "out"
    mistakes = load_mistakes(Exercise(kit / "solutions" / "01_double"))
    desk = (home / "exercises" / "01_double" / "desk.json").read_text("utf-8")
    for mistake in mistakes:
        assert mistake.hint not in desk
        assert mistake.name not in desk
    for expression, hint in (("x * 0", mistakes[4].hint), ("x * 7", None)):
        (home / "exercises" / "01_double" / "double.py").write_text(tiny.answer(expression))
        said = words(Kit(home).run("exercises").out)
        assert "1 failed" in said
        assert ("Hint:" in said) == (hint is not None)
        assert hint is None or f"Hint: {hint}" in said


def test_a_new_exercise_is_complete_and_holds(kit: Path, grader: Any) -> None:
    done = grader(kit, "new", "relu6")
    assert done.returncode == 0, done.stderr
    written = done.stdout.split()
    assert len(written) == 7
    assert all((kit / name).is_file() for name in written)
    assert {name.split("/")[1] for name in written} == {"02_relu6"}
    done = grader(kit, "check", "relu6")
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.endswith("The assignment holds: 1 exercise(s), 2 tests, 3 mistakes.\n")
    assert "not attempted" in Kit(kit).run("exercises/02_relu6", "-q").out


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("double", "There is an exercise double already"),
        ("03_relu", "try `grader new relu`"),
        ("Relu", "small letters"),
        ("torch", "something else already"),
        ("lambda", "something else already"),
    ],
)
def test_a_name_that_will_not_do_is_told_why(kit: Path, name: str, said: str, grader: Any) -> None:
    done = grader(kit, "new", name)
    assert done.returncode == 2
    assert said in done.stderr


@pytest.mark.parametrize("name", ["double", "Bad", "a-b", "../up", ""])
def test_a_bad_name_writes_nothing(kit: Path, name: str, grader: Any) -> None:
    before = [(path, path.stat().st_mtime) for path in files(kit / "exercises")]
    done = grader(kit, "new", name)
    assert done.returncode == 2
    assert done.stderr.strip()
    assert before == [(path, path.stat().st_mtime) for path in files(kit / "exercises")]


def test_notebooks_hold_no_outputs(released: Path) -> None:
    for path in released.glob("exercises/*/*.ipynb"):
        for cell in json.loads(path.read_text("utf-8"))["cells"]:
            assert not cell.get("outputs")
            assert cell.get("execution_count") is None


def packed(name: str, kind: bytes = tarfile.REGTYPE, content: bytes = b"x") -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:xz") as archive:
        member = tarfile.TarInfo(name)
        member.type, member.linkname = kind, "/etc/passwd"
        member.size = len(content) if kind == tarfile.REGTYPE else 0
        archive.addfile(member, io.BytesIO(content))
    return buffer.getvalue()


def test_suites_come_out_as_they_went_in(tmp_path: Path) -> None:
    archive = suites(ROOT / "solutions", tmp_path / "suites.tar.xz")
    unpack_suites(archive.read_bytes(), tmp_path / "out")
    for file in (ROOT / "solutions").rglob("*.py"):
        assert (tmp_path / "out" / file.relative_to(ROOT)).read_bytes() == file.read_bytes()


@pytest.mark.parametrize(
    "archive",
    [
        packed("../escaped"),
        packed("/escaped"),
        packed("a/../../escaped"),
        packed("..\\escaped"),
        packed("C:/escaped"),
        packed("link", tarfile.SYMTYPE),
        packed("link", tarfile.LNKTYPE),
        packed("pipe", tarfile.FIFOTYPE),
        packed("a", content=os.urandom(1 << 16))[:-3000],
        b"no archive",
        b"",
    ],
)
def test_an_archive_of_suites_that_cheats_is_refused(archive: bytes, tmp_path: Path) -> None:
    with pytest.raises(tarfile.TarError):
        unpack_suites(archive, tmp_path / "out")
    assert not list(tmp_path.iterdir())
