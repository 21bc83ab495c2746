"""Find secrets in the files that students get."""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator
from pathlib import Path

from grader.assignment.exercises import Exercise
from grader.assignment.mistakes import load_mistakes

READ = (".py", ".md", ".ipynb", ".html", ".toml", ".yml", ".json")
SCAFFOLD = Path("release", "scaffold.py")  # what `grader new` writes is known to everybody


def leaks(exercises: list[Exercise], stubs: Path, shipped: list[Path]) -> Iterator[str]:
    """The places with secrets in the folders `shipped`, which students get."""
    public = {
        file: _shown(file)
        for folder in shipped
        for file in sorted(folder.rglob("*"))
        if file.is_file() and file.suffix in READ and Path(*file.parts[-2:]) != SCAFFOLD
    }
    for what, text in secrets(exercises, stubs):
        for file, content in public.items():
            if text in content:
                yield f"{file.parent.name}/{file.name} holds a secret: {what}"


def secrets(exercises: list[Exercise], stubs: Path) -> Iterator[tuple[str, str]]:
    """The secrets: names of hidden tests, lines of references, hints of mistakes."""
    public = "".join(file.read_text("utf-8") for file in sorted(stubs.glob("*/*.py")))
    for exercise in exercises:
        for name in _tests(exercise.suite):
            if f"def {name}(" not in public:
                yield f"the hidden test {name}", f"{name}("
        for line in exercise.file.read_text("utf-8").splitlines():
            if _tells(line) and line.strip() not in public:
                yield f"a line of {exercise.name}'s reference", line.strip()
        for mistake in load_mistakes(exercise) if exercise.mistakes.is_file() else []:
            yield f"the hint of {mistake.name}", mistake.hint


def _tests(suite: Path) -> list[str]:
    """The names of a suite's tests, in classes too."""
    nodes = ast.walk(ast.parse(suite.read_text("utf-8")))
    functions = (n for n in nodes if isinstance(n, (ast.FunctionDef, ast.AsyncFunctionDef)))
    return [function.name for function in functions if function.name.startswith("test_")]


def _shown(file: Path) -> str:
    """A file's text; of a notebook that of its cells, without JSON's escapes."""
    text = file.read_text("utf-8", "replace")
    if file.suffix != ".ipynb":
        return text
    cells = json.loads(text).get("cells", [])
    return "\n".join("".join(cell.get("source", "")) for cell in cells)


def _tells(line: str) -> bool:
    """Whether a line of a reference gives an answer away (and isn't just an import or prose)."""
    code = line.strip()
    return (
        len(code) >= 24
        and any(sign in code for sign in "=(")
        and not code.startswith(("import ", "from ", "#", '"', "def ", "class ", "@"))
        and line.startswith("    ")
        and code.endswith((")", "]"))
    )
