"""The design's arrows: imports inside `grader` point one way, and little reaches a sandbox."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "grader"

# A part may import what stands on a line below its own, and itself.
LEVELS = (
    "__main__",
    "cli",
    "release",
    "report",
    "student",
    "grading",
    "judge",
    "suite",
    "submission",
    "sandbox",
    "lockdown",
    "torchside",
    "wire",
    "assignment",
    "result",
)
LEVEL = {part: level for level, parts in enumerate(LEVELS) for part in parts.split()}

SECRET = {"solutions", "exercises"}
# Who knows that there are sandboxes: nobody above the one that chooses where they come from.
UNKNOWING = {
    "__main__",
    "cli",
    "report",
    "release",
    "student",
    "grading.check",
    "grading.gradebook",
}
NEAR = {"sandbox", "lockdown", "torchside", "wire"}
IN_A_SANDBOX = {"torch", "numpy", "msgspec"}


def modules() -> list[Path]:
    """Those of the package; what lies in a folder `templates` is for others' repositories."""
    return sorted(f for f in PACKAGE.rglob("*.py") if "templates" not in f.parts)


def part_of(module: str) -> str:
    """`grader.report.text` belongs to `report`; `grader` itself to no part."""
    return [*module.split("."), ""][1]


def name_of(file: Path) -> str:
    parts = file.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports(file: Path) -> Iterator[str]:
    """Every module that a file imports, anywhere in it, by its whole name."""
    package = ".".join(file.relative_to(ROOT).parts[:-1])
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            near = package.rsplit(".", node.level - 1)[0] if node.level else ""
            module = ".".join(filter(None, (near, node.module)))
            inner = module.startswith("grader") and (ROOT / module.replace(".", "/")).is_dir()
            yield from (f"{module}.{name.name}" for name in node.names) if inner else (module,)


def declared() -> set[str]:
    """The names that the packages of pyproject.toml, extras too, are imported by."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    extras = project.get("optional-dependencies", {}).values()
    wanted = [*project["dependencies"], *(package for extra in extras for package in extra)]
    return {re.split(r"[^\w-]", package)[0].lower().replace("-", "_") for package in wanted}


@pytest.mark.parametrize("file", modules(), ids=name_of)
def test_imports_point_downwards(file: Path) -> None:
    """Each part imports only what stands below it in the design's list."""
    here = part_of(name_of(file))
    if not here:
        return
    assert here in LEVEL, f"grader/{here} has no place in LEVELS yet: give it one"
    for module in imports(file):
        there = part_of(module) if module.split(".")[0] == "grader" else ""
        if there and there != here:
            assert there in LEVEL, f"{name_of(file)} imports {module}, which has no place in LEVELS"
            assert LEVEL[here] < LEVEL[there], f"{name_of(file)} must not import {module}"


@pytest.mark.parametrize("file", modules(), ids=name_of)
def test_nothing_secret_and_nothing_undeclared_is_imported(file: Path) -> None:
    """The machinery imports neither half of an exercise, and only packages that it declares."""
    for module in imports(file):
        package = module.split(".")[0].replace("_pytest", "pytest")
        assert package not in SECRET, f"{name_of(file)} imports {module}"
        allowed = package == "grader" or package in sys.stdlib_module_names | declared()
        assert allowed, f"{name_of(file)} imports {module}: declare it in pyproject.toml"


def test_little_reaches_a_sandbox() -> None:
    """What runs beside student code imports the messages, torch and the standard library."""
    near = [f for f in modules() if part_of(name_of(f)) in NEAR]
    assert near
    for file in near:
        for module in imports(file):
            package = module.split(".")[0]
            ours = package == "grader" and part_of(module) in NEAR
            allowed = ours or package in sys.stdlib_module_names | IN_A_SANDBOX
            assert allowed, f"{name_of(file)} imports {module}"


def test_few_know_that_there_are_sandboxes() -> None:
    """Commands, reports and the gradebook know results, not where they come from."""
    for name in UNKNOWING:
        found = [f for f in modules() if f"{name_of(f)}.".startswith(f"grader.{name}.")]
        assert found, f"there is no grader.{name}"
        for file in found:
            for module in imports(file):
                known = module.startswith(("grader.lockdown", "grader.sandbox", "grader.wire"))
                assert not known, f"{name_of(file)} imports {module}"


def test_commands_leave_torch_to_the_judges() -> None:
    """It takes seconds to import, and memory that a command may not have; nbformat waits too."""
    code = "import grader.cli, sys; sys.exit(bool({'torch', 'nbformat'} & {*sys.modules}))"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0


def test_one_name_is_one_thing() -> None:
    """No name of a class or a type alias, private ones included, means two things."""
    places: dict[str, list[str]] = {}
    for file in modules():
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            for name in _names_of_types(node):
                places.setdefault(name, []).append(f"{name_of(file)}:{node.lineno}")
    assert not {name: where for name, where in places.items() if len(where) > 1}


def _names_of_types(node: ast.AST) -> Iterator[str]:
    """The class or the alias (`Reader = Callable[[Any], Any]`) that a statement defines."""
    if isinstance(node, ast.ClassDef):
        yield node.name
    elif isinstance(node, ast.Assign):
        names = [place.id for place in node.targets if isinstance(place, ast.Name)]
        yield from (name for name in names if name[0].isupper() and not name.isupper())


def test_the_architecture_page_lists_the_rooms() -> None:
    """Its table has a row for each room, in the order of LEVELS; each place it names is there."""
    page = (ROOT / "docs" / "architecture.md").read_text("utf-8")
    rooms = page.partition("## The rooms")[2].partition("\n## ")[0]
    listed = re.findall(r"^\| `(\w+)` \|", rooms, re.MULTILINE)
    assert listed == [room for room in LEVELS if room != "__main__"]
    there = {f.stem for f in PACKAGE.iterdir() if f.is_dir() or f.suffix == ".py"}
    assert set(listed) == there - {"__init__", "__main__", "__pycache__"}
    named = set(re.findall(r"`([\w.]+(?:/[\w.]+)+)`", page))
    assert len(named) > 5
    for place in named:
        assert (ROOT / place).exists() or (PACKAGE / place).exists(), place
