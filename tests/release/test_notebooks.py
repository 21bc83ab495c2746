"""The notebooks: made from one source, run by a real kernel, graded like the files."""

from __future__ import annotations

import ast
import json
import os
import re
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
import pytest
from lessons.lesson import blocks
from nbclient import NotebookClient

from grader.assignment.exercises import Exercise, find_exercises
from grader.release.notebooks import notebook_of

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
EXERCISES = find_exercises(ROOT / "exercises")
REFERENCES = {e.name: e for e in find_exercises(ROOT / "solutions")}
each = pytest.mark.parametrize("exercise", EXERCISES, ids=lambda exercise: exercise.name)


@each
def test_the_notebook_on_disk_is_the_one_that_is_made(exercise: Exercise) -> None:
    """After a change of lesson, stub or plots: `grader release --notebooks`."""
    made = notebook_of(exercise)
    assert made == notebook_of(exercise)
    assert made.encode() == exercise.file.with_suffix(".ipynb").read_bytes()
    book = nbformat.reads(made, 4)
    nbformat.validate(book)
    ids = [cell.id for cell in book.cells]
    assert len(set(ids)) == len(ids)


code = nbformat.v4.new_code_cell


def tagged(book: nbformat.NotebookNode, tag: str) -> list[nbformat.NotebookNode]:
    return [cell for cell in book.cells if has(cell, tag)]


def has(cell: nbformat.NotebookNode, tag: str) -> bool:
    return tag in cell.metadata.get("tags", [])


def blank(exercise: Exercise) -> nbformat.NotebookNode:
    return nbformat.read(exercise.file.with_suffix(".ipynb"), 4)


def filled(exercise: Exercise, other: Mapping[str, str] | None = None) -> nbformat.NotebookNode:
    """The notebook with the reference typed into its cells, but for `other` answers."""
    source = REFERENCES[exercise.name].file.read_text("utf-8")
    tree = ast.parse(source)
    answers = {
        n.name: ast.get_source_segment(source, n)
        for n in tree.body
        if isinstance(n, (ast.FunctionDef, ast.ClassDef))
    }
    above = [n for n in tree.body[1:] if getattr(n, "name", None) not in exercise.targets]
    book = blank(exercise)
    first, *cells = tagged(book, "torchgrade")
    own = [n for n in ast.parse(first.source).body if isinstance(n, (ast.Import, ast.ImportFrom))]
    lines = [ast.unparse(node) for node in (*own, *above)]
    first.source = "\n".join(line for line in dict.fromkeys(lines) if "__future__" not in line)
    assert len(cells) == len(exercise.targets)
    for target, cell in zip(exercise.targets, cells, strict=True):
        cell.source = {**answers, **(other or {})}[target]
    # What the lesson shows at its end trains for seconds. tests/lessons runs the same code.
    last = max(n for n, cell in enumerate(book.cells) if has(cell, "torchgrade-check"))
    shown = [n for n, cell in enumerate(book.cells) if n > last and has(cell, "torchgrade-lesson")]
    book.cells = [cell for n, cell in enumerate(book.cells) if n not in shown]
    return book


def execute(*books: tuple[nbformat.NotebookNode, Path]) -> None:
    """Run each as Jupyter does, in its folder; all in one kernel, which forgets in between."""
    os.environ["OMP_NUM_THREADS"] = "1"
    everything = nbformat.v4.new_notebook()
    for book, folder in books:  # to forget is to look for garbage, but not among what was imported
        begin = code(f"import gc\ngc.freeze()\n%reset -f\n%cd -q {folder}")
        everything.cells += [begin, *book.cells]
    NotebookClient(everything, timeout=200, allow_errors=True).execute()


def said(cell: nbformat.NotebookNode) -> str:
    """What a cell printed. An exception, or anything on standard error, fails the test."""
    assert not [o for o in cell.outputs if o.output_type == "error" or o.get("name") == "stderr"]
    return "".join(output.text for output in cell.outputs if output.output_type == "stream")


WRONG = {
    "log_softmax": "def log_softmax(x):\n    print('so far')\n    return x - x.exp().sum(-1).log()",
    "nll": "def nll(input, target):\n    return input[range(len(target)), target].mean()",
    "accuracy": "def accuracy(out, yb):\n    while True:\n        pass",
}
MENDED = "def nll(input, target):\n    return -input[range(len(target)), target].mean()"


@dataclass
class Ran:
    """Notebooks after their run: right answers, blank ones, wrong ones, and one in no exercise."""

    right: dict[str, nbformat.NotebookNode]
    blank: dict[str, nbformat.NotebookNode]
    wrong: nbformat.NotebookNode
    lost: nbformat.NotebookNode


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Ran:
    """All of them, in one kernel, each kind where nothing was done before.

    All pictures are drawn by the cells of the plots; at its end only the first draws them again.
    """
    homes = [tmp_path_factory.mktemp(kind) / "exercises" for kind in ("right", "blank", "wrong")]
    for home in homes:
        shutil.copytree(ROOT / "exercises", home, ignore=shutil.ignore_patterns("plots.py"))
        (home.parent / "data").symlink_to(ROOT / "data")  # a lesson reads ../../data
    right, begun, wrong = homes
    first = EXERCISES[0]
    shutil.copy(first.folder / "plots.py", right / first.name)
    lost = nbformat.v4.new_notebook()
    lost.cells = [
        code("def nll(input, target): ..."),
        code('from grader.student.notebook import check\ncheck("nll")'),
    ]
    ran = Ran(
        {exercise.name: filled(exercise) for exercise in EXERCISES},
        {exercise.name: blank(exercise) for exercise in EXERCISES[:2]},
        mistaken(),
        lost,
    )
    execute(
        *((book, right / name) for name, book in ran.right.items()),
        *((book, begun / name) for name, book in ran.blank.items()),
        (ran.lost, tmp_path_factory.mktemp("elsewhere")),
        (ran.wrong, wrong / first.name),
    )
    assert (right.parent / ".torchgrade" / "pictures" / f"{first.name}.png").is_file()
    return ran


def mistaken() -> nbformat.NotebookNode:
    """The first notebook with wrong answers, one of which is mended at its end."""
    book = filled(EXERCISES[0], WRONG)
    book.cells = [cell for cell in book.cells if not has(cell, "torchgrade-plot")]
    endless = book.cells.index(tagged(book, "torchgrade-check")[-1])
    book.cells[endless:endless] = [code("%env PYTEST_TIMEOUT=1")]  # ten seconds show no more
    book.cells += [
        code("import os\ndel os.environ['PYTEST_TIMEOUT']"),
        code(MENDED),
        code('check("nll")'),
        code('del nll\ncheck("nll")'),
        code("import asyncio\nawait asyncio.sleep(0)\nprint('alive')"),
    ]
    return book


@each
def test_right_answers_pass_and_plot(exercise: Exercise, ran: Ran) -> None:
    book = ran.right[exercise.name]
    checks, plots = tagged(book, "torchgrade-check"), tagged(book, "torchgrade-plot")
    assert len(checks) == len(exercise.targets)
    for target, cell in zip(exercise.targets, checks, strict=True):
        line, *rest = said(cell).splitlines()
        assert line.startswith(f"✓ {target}: "), line
        assert bool(rest) == (cell is checks[-1])
    assert rest[1] == f"The exercise {exercise.name} is done. You know now:"
    drawn = [output for output in checks[-1].outputs if output.output_type == "display_data"]
    assert len(drawn) == (exercise is EXERCISES[0])
    assert plots
    for cell in plots:
        said(cell)
        assert any("image/png" in output.get("data", {}) for output in cell.outputs)


@each
def test_the_notebook_is_its_lesson_and_speaks_of_itself(exercise: Exercise, ran: Ran) -> None:
    """Explained, written, checked, one target after the other; the lesson's code runs."""
    book = blank(exercise)
    prose = "\n".join(cell.source for cell in book.cells if cell.cell_type == "markdown")
    for other in ("pytest exercises", "in `python` from", f"in `{exercise.file.name}`:", "<!--"):
        assert other not in prose
    assert prose.count("$$") >= 2 and prose.count("$$") % 2 == 0
    for shown in re.findall(r"\]\((\w+\.svg)\)", prose):
        assert (exercise.folder / shown).is_file()
    tags = [cell.metadata.get("tags", ["prose"])[0] for cell in book.cells]
    for place, tag in enumerate(tags):
        if tag == "torchgrade-check":
            assert tags[place - 2 : place] == ["prose", "torchgrade"]
    written = blocks(exercise.name)
    cells = [cell.source for cell in tagged(book, "torchgrade-lesson")]
    assert len(cells) == len(written)
    own = f"from {exercise.module} import "
    for cell, block in zip(cells, written, strict=True):
        kept = [line for line in block.splitlines() if line and not line.startswith(own)]
        assert [line for line in cell.splitlines() if line] == kept
    for cell in tagged(ran.right[exercise.name], "torchgrade-lesson"):
        said(cell)


def test_stubs_are_not_attempted_and_away_from_its_folder_a_notebook_says_so(ran: Ran) -> None:
    for exercise, book in zip(EXERCISES, ran.blank.values(), strict=False):
        for target, cell in zip(exercise.targets, tagged(book, "torchgrade-check"), strict=True):
            assert said(cell).startswith(f"{target}: not attempted. Write it in the cell above")
        for cell in tagged(book, "torchgrade-plot"):
            [error] = cell.outputs
            # a second plot misses what the first would have made
            assert error.ename in ("NotImplementedError", "NameError")
    assert said(ran.lost.cells[1]).startswith("The tests aren't in this folder.")


def test_wrong_answers_are_explained_and_mended(ran: Ran) -> None:
    book = ran.wrong
    written = tagged(book, "torchgrade")[1]
    softmax, nll, accuracy = map(said, tagged(book, "torchgrade-check"))
    again, absent, alive = map(said, book.cells[-3:])

    assert softmax.startswith("✗ log_softmax: 3 of 5 tests passed.\n\n✗ Each row is normalised by")
    assert "Your code raised RuntimeError:" in softmax
    assert f"cell [{written.execution_count}], line 3:\n" in softmax
    assert "Your code printed:\n      so far" in softmax
    assert "✗ nll: 0 of 5 tests passed" in nll
    assert nll.count("It did not finish") == 0
    assert "✗ accuracy: 0 of 3 tests passed" in accuracy
    assert accuracy.count("It did not finish in time: ") == 1
    assert "2 more tests were not run." in accuracy
    assert again == "✓ nll: 5 of 5 tests passed.\n"
    assert absent.startswith("nll isn't there yet: run the cell above first")
    assert alive == "alive\n"
    for text in (softmax, nll, accuracy):
        assert len(text.splitlines()) < 60
        for noise in ("\x1b", "rootdir", "site-packages", "Traceback", "_pytest", "plugins:"):
            assert noise not in text


def test_a_notebook_earns_what_its_file_would(tmp_path: Path, grader: Any, ran: Ran) -> None:
    """Right, wrong and left blank; by `grader grade`, with Jupyter's outputs in it.

    The right file needs no grading here: the references pass every test, or `grader check` fails.
    """
    wrong = {"accuracy": "def accuracy(out, yb):\n    return (out.argmax(0) == yb).float().mean()"}
    for exercise in EXERCISES:
        books = {"right": ran.right[exercise.name], "blank": blank(exercise)}
        files = {"blank": exercise.file.read_text("utf-8")}
        if exercise.module == "losses":
            books["wrong"] = filled(exercise, wrong)
            reference = REFERENCES[exercise.name].file.read_text("utf-8")
            files["wrong"] = reference + "\n\n" + wrong["accuracy"]
        for kind, book in books.items():
            place = tmp_path / "class" / f"{kind}-notebook" / f"{exercise.module}.ipynb"
            place.parent.mkdir(parents=True, exist_ok=True)
            nbformat.write(book, place)
        for kind in files:
            place = tmp_path / "class" / f"{kind}-file" / f"{exercise.module}.py"
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(files[kind], encoding="utf-8")
    done = grader(ROOT, "grade", str(tmp_path / "class"), "--out", str(tmp_path / "o"))
    assert done.returncode == 0, done.stderr
    grades = json.loads((tmp_path / "o" / "results.json").read_text("utf-8"))
    tests = {
        result["submission"]: [
            (t["name"], t["outcome"]) for e in result["exercises"] for t in e["tests"]
        ]
        for result in grades["results"]
    }
    notes = {result["submission"]: result["notes"] for result in grades["results"]}
    for kind in ("blank", "wrong"):
        assert tests[f"{kind}-notebook"] == tests[f"{kind}-file"]
    names = [name for name, _ in tests["blank-file"]]
    assert [name for name, _ in tests["right-notebook"]] == names
    assert {outcome for _, outcome in tests["right-notebook"]} == {"passed"}
    assert {outcome for _, outcome in tests["blank-notebook"]} == {"not attempted"}
    assert {outcome for _, outcome in tests["wrong-notebook"]} >= {"failed", "not attempted"}
    assert notes["right-notebook"] == []
