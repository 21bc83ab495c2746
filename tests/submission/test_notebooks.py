"""Notebooks in all their forms; see the folder `notebooks/`."""

from __future__ import annotations

import json
import traceback
import types
from pathlib import Path

import pytest
import torch

from grader.submission import Submission

NOTEBOOKS = Path(__file__).parent / "notebooks"


def saved(name: str) -> bytes:
    return (NOTEBOOKS / name).read_bytes()


def notebook(*cells: str, **metadata: object) -> str:
    """A notebook of code cells."""
    bare = {"cell_type": "code", "metadata": metadata, "outputs": [], "execution_count": None}
    found = [bare | {"source": cell} for cell in cells]
    return json.dumps({"nbformat": 4, "nbformat_minor": 4, "metadata": {}, "cells": found})


def run(submission: Submission, module: str = "losses") -> types.SimpleNamespace:
    """Import the module as a sandbox would. The notebooks here are all our own."""
    there: dict[str, object] = {}
    exec(compile(submission.files[f"{module}.py"], f"{module}.py", "exec"), there)
    return types.SimpleNamespace(**there)


def right(losses: types.SimpleNamespace, *names: str) -> None:
    x, target = torch.randn(5, 3), torch.tensor([0, 1, 2, 0, 1])
    functional = torch.nn.functional
    expected = {
        "log_softmax": (functional.log_softmax(x, -1), (x,)),
        "nll": (functional.nll_loss(x, target), (x, target)),
        "accuracy": ((x.argmax(-1) == target).float().mean(), (x, target)),
    }
    for name in names:
        value, arguments = expected[name]
        assert torch.allclose(getattr(losses, name)(*arguments), value, atol=1e-5)


ALL = ("log_softmax", "nll", "accuracy")
LOADS = "import pickle, torch\nfrom torch import nn\nd = pickle.load(open('d.pkl', 'rb'))"
USES = "import torch\nfrom torch import nn\ndef nll(i, t): return A"


def test_colab(lay_out, find):
    kim = find(lay_out({"kim/losses.ipynb": saved("colab.ipynb")}))["kim"]
    right(run(kim), *ALL)
    source = kim.files["losses.py"].decode()
    for absent in ("plt", "drive", "MNIST", "assert", "sleep", "pip", "epoch", "manual_seed"):
        assert absent not in source
    assert kim.notes == [
        "losses.ipynb: cell 1, left out: `!pip install -q torch torchvision`, "
        "`%matplotlib inline`, `%load_ext autoreload`, … (not Python).",
        "losses.ipynb: cell 2, left out: it reads or downloads something.",
        "losses.ipynb: cell 3, left out: line 8 (it reads or downloads something); line 9, line 10 "
        "(it uses `train`, which is left out).",
        "losses.ipynb: cell 4, left out: line 2 (nothing that is graded needs it).",
        "losses.ipynb: cell 5, left out: `log_softmax?` (not Python); line 2 (it runs your code).",
        "losses.ipynb: cell 6, left out: `%timeit nll(xb, yb)` (not Python).",
        "losses.ipynb: cell 7, left out: line 4 (it runs your code).",
        "losses.ipynb: cell 8, left out: `%%html` (not Python).",
        "losses.ipynb: cell 9, left out: line 1 (nothing that is graded needs it); line 2 (it runs "
        "your code); line 4, line 5 (it plots).",
        "losses.ipynb: cell 10, left out: it only shows something.",
        "losses.ipynb: cell 11, left out: it only runs inside Jupyter.",
        "losses.ipynb: cell 12, left out: it tests.",
        "losses.ipynb: cell 13, left out: `files = !ls` (not Python); line 2 (it only shows "
        "something).",
    ]


def test_cells_in_any_order_and_half_written(lay_out, find):
    kim = find(lay_out({"kim/losses.ipynb": saved("vscode.ipynb")}))["kim"]
    right(run(kim), *ALL)
    assert "`nll`: cell 9 counts, not the one in cell 8, 10." in kim.notes
    broken = [note for note in kim.notes if "can't be read" in note]
    assert len(broken) == 1
    assert "cell 7 can't be read as Python (line 2: '(' was never closed)" in broken[0]
    assert "randn" not in kim.files["losses.py"].decode()


@pytest.mark.parametrize("name", ["nbgrader.ipynb", "otter.ipynb"])
def test_answers_that_other_graders_mark(lay_out, find, name):
    kim = find(lay_out({"kim/losses.ipynb": saved(name)}))["kim"]
    right(run(kim), *ALL)
    assert b"otter" not in kim.files["losses.py"]


def test_an_old_format(lay_out, find, caplog):
    kim = find(lay_out({"kim/losses.ipynb": saved("version3.ipynb")}))["kim"]
    right(run(kim), "log_softmax")
    assert not caplog.records  # nbformat found nothing to complain about


def test_one_notebook_for_several_exercises(lay_out, find):
    kim = find(lay_out({"kim/homework.ipynb": saved("homework.ipynb")}))["kim"]
    assert sorted(kim.files) == ["fit.py", "modules.py", "refactor.py"]
    modules, refactor = run(kim, "modules"), run(kim, "refactor")
    assert hasattr(modules.Mnist_Logistic(), "weights")
    assert modules.MyLinear(2, 3).forward(1) == 1
    assert hasattr(refactor.get_model()[0], "lin")
    assert run(kim, "fit").fit(*[None] * 4) == ["fit of 04"]
    assert refactor.fit(*[None] * 5) == ["fit of 05"]


def test_a_lesson_in_one_notebook(lay_out, find):
    """Data that isn't here, demonstrations of it, and each lesson's own version of a name."""
    kim = find(lay_out({"kim/tutorial.ipynb": saved("tutorial.ipynb")}))["kim"]
    assert sorted(kim.files) == ["fit.py", "losses.py", "modules.py", "refactor.py", "scratch.py"]
    right(run(kim), *ALL)
    for source in kim.files.values():
        for absent in (b"pickle", b"imshow", b"_ds", b"history = fit", b"print", b"(model(xb)"):
            assert absent not in source.replace(b"loss_func(model(xb), yb)", b"")
    assert sorted(kim.versions) == ["fit", "modules", "refactor", "scratch"]
    first, second = kim.versions["modules"]
    assert kim.files["modules.py"] == first.content
    assert hasattr(run(kim, "modules").Mnist_Logistic(), "lin")
    other = kim.read_as("modules", second)
    assert hasattr(run(other, "modules").Mnist_Logistic(), "weights")
    note = "`Mnist_Logistic` of modules.py: cell 16 counts, not the one in cell 19; it fits best."
    assert other.notes == [note, *kim.notes]
    assert kim.notes[0] == (
        "tutorial.ipynb: taken as losses.py, scratch.py, modules.py, fit.py, refactor.py."
    )


def test_versions_of_a_shared_name_may_be_for_each_exercise_that_has_it(lay_out, find):
    one, two = (f"class Mnist_Logistic:\n    number = {n}" for n in (1, 2))
    for number, (cells, modules) in enumerate(
        [([one, two], ["modules", "refactor"]), ([one, one], ["refactor"]), ([two], ["refactor"])]
    ):
        cells = [*cells, "def get_model(): pass"]
        top = lay_out({f"{number}/kim/homework.ipynb": notebook(*cells)}) / str(number)
        assert sorted(find(top)["kim"].files) == [f"{name}.py" for name in modules]


@pytest.mark.parametrize("tags", [["03_modules"], ["modules"]])
def test_a_tag_tells_whose_a_definition_is(lay_out, find, tags):
    raw = json.loads(notebook(*(f"class Mnist_Logistic:\n    number = {n}" for n in (1, 2, 3))))
    raw["cells"][1]["metadata"]["tags"] = tags
    raw["cells"] += json.loads(notebook("class MyLinear: pass", "def get_model(): pass"))["cells"]
    kim = find(lay_out({"kim/homework.ipynb": json.dumps(raw)}))["kim"]
    assert run(kim, "modules").Mnist_Logistic.number == 2
    numbers = [version.content for version in kim.versions["refactor"]]
    assert [b"number = 3" in n or b"number = 1" in n for n in numbers] == [True, True]


@pytest.mark.slow
def test_a_lesson_is_graded_by_what_fits(lay_out, find, judge):
    kim = find(lay_out({"kim/tutorial.ipynb": saved("tutorial.ipynb")}))["kim"]
    names = frozenset(["01_losses", "03_modules", "05_refactor"])
    result = judge.grade(kim, 5, names, diagnose=False)
    assert [exercise.score for exercise in result.exercises] == [100, 100, 100]
    assert result.digest == kim.digest
    assert result.notes == [
        "`Mnist_Logistic` of refactor.py: cell 19 counts, not the one in cell 16; it fits best.",
        "`fit` of refactor.py: cell 21 counts, not the one in cell 18; it fits best.",
        "`Mnist_Logistic` of modules.py: cell 16 counts, not the one in cell 19; it fits best.",
        *kim.notes,
    ]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (saved("half_saved.ipynb"), "isn't a complete notebook"),
        (b"", "the file is empty"),
        (b"<<<<<<< HEAD\n{}", "isn't a complete notebook (line 1"),
        (b"[1, 2]", "it is JSON, but it isn't a notebook"),
        (b'{"cells": 3, "nbformat": 4}', "it is JSON, but it isn't a notebook"),
        (b'{"cells": [3], "nbformat": 4}', "it is JSON, but it isn't a notebook"),
        (b"[" * 100_000, "nested too deeply"),
        (notebook(*["x = 1"] * 2_001), "it has 2,001 cells, and at most 2,000 are read"),
        (b"\x89PNG\0\0\1\2", "it isn't text"),
    ],
)
def test_no_notebook(lay_out, find, content, reason):
    kim = find(lay_out({"kim/losses.ipynb": content, "kim/fit.py": "def fit(): return 1\n"}))["kim"]
    assert list(kim.files) == ["fit.py"]
    assert reason in kim.notes[0]


def test_a_notebook_without_the_targets(lay_out, find):
    kim = find(lay_out({"kim/losses.ipynb": notebook("x = 1")}))["kim"]
    assert not kim.files
    assert "it defines none of `log_softmax`, `nll`, `accuracy`" in kim.notes[0]


def test_tracebacks_name_the_cell(lay_out, find):
    cells = [
        "import torch",
        "",
        "# nothing",
        "%time 1\n\ndef nll(input, target):\n    x = 1\n    return 1 / 0",
    ]
    kim = find(lay_out({"kim/losses.ipynb": notebook(*cells), "kim/fit.py": "x = 1\n"}))["kim"]
    losses = run(kim)
    with pytest.raises(ZeroDivisionError) as raised:
        losses.nll(1, 2)
    frame = traceback.extract_tb(raised.tb)[-1]
    assert kim.locate(frame.filename, frame.lineno or 0) == "cell 3, line 5"
    assert kim.locate("fit.py", 1) == "fit.py, line 1"
    assert kim.locate("losses.py", 10_000) == "losses.py, line 10000"


def test_outputs_of_fifty_megabytes(lay_out, find):
    raw = json.loads(notebook("def nll(input, target):\n    return 1"))
    raw["cells"][0]["outputs"] = [{"output_type": "stream", "text": "x" * (50 << 20)}]
    kim = find(lay_out({"kim/losses.ipynb": json.dumps(raw)}))["kim"]
    assert len(kim.files["losses.py"]) < 100
    assert not kim.notes


def test_the_file_or_the_notebook(lay_out, find, answer, stub):
    there = notebook("def nll(input, target):\n    return 1")
    place = "exercises/01_losses/losses"
    found = find(
        lay_out(
            {
                f"file/{place}.py": answer("losses"),
                f"file/{place}.ipynb": notebook(stub("losses").decode()),
                f"notebook/{place}.py": stub("losses"),
                f"notebook/{place}.ipynb": there,
                f"untouched/{place}.py": stub("losses"),
                f"untouched/{place}.ipynb": notebook(stub("losses").decode()),
                "renamed/losses.py": there,
            }
        )
    )
    assert found["file"].files == {"losses.py": answer("losses")}
    assert found["untouched"].files == {"losses.py": stub("losses")}
    assert b"return 1" in found["notebook"].files["losses.py"]
    assert found["renamed"].files == found["notebook"].files
    assert not any(s.notes for s in found.values())


def test_what_a_target_lacks_is_said(lay_out, find):
    kim = find(
        lay_out(
            {
                "kim/losses.ipynb": notebook(
                    "import torch\ndata = torch.load('x.pt')",
                    "n = len(data)",
                    "def nll(input, target):\n    return data.mean() / n",
                )
            }
        )
    )["kim"]
    assert kim.notes[:2] == [
        "`data` doesn't exist when your code is graded: cell 1, which defines it, is left out (it "
        "reads or downloads something). Pass it as an argument.",
        "`n` doesn't exist when your code is graded: cell 2, which defines it, is left out (it "
        "uses `data`, which is left out). Pass it as an argument.",
    ]


@pytest.mark.parametrize(
    ("cells", "present", "absent"),
    [
        (["from torch import *", "def nll(i, t): return mean(i)"], ["from torch import *"], []),
        (["from torch import *", "def nll(i, t): return 1"], [], ["import"]),
        (
            ["x = 1", "from __future__ import annotations", "def nll(i: T, t): return x"],
            ["annotations"],
            [],
        ),
        (["def nll(i, t): return display(i)"], ["display = print"], []),
        (["A = 1; B = A", "def nll(i, t): return B"], ["A = 1; B = A"], []),
        (["if True:\n    A = 1\nelse:\n    A = 2", "def nll(i, t): return A"], ["A = 2"], []),
        (["nll = lambda i, t: 1"], ["nll = lambda"], []),
        (
            ["def nll(i, t): return 1", "nll = wrap(nll)", "def wrap(f): return f"],
            ["nll = wrap(nll)"],
            [],
        ),
        (["C = {}\nC['a'] = 1", "def nll(i, t): return C"], ["C['a'] = 1"], []),
        (["%%writefile losses.py\ndef nll(i, t): return 1"], ["def nll"], ["%%"]),
        (["def nll(i, t): return 1\nfoo(", "x = 2"], ["def nll"], ["foo"]),
        (["def nll(i, t):\n    %time x = 1\n    return 1"], ["    pass"], ["%time"]),
        (["x = '''\n%matplotlib\n'''", "def nll(i, t): return x"], ["%matplotlib"], []),
        (["def nll(i, t): return 1", "nll = nll(3, 4)"], ["def nll"], ["nll(3"]),
        ([LOADS, "n = len(d)\nm = n + 1\nA = 3", USES], ["A = 3"], ["len(d)", "m ="]),
        ([LOADS, "A = {}\nfor k in d:\n    A[k] = 1", USES], ["A = {}"], ["for k"]),
        ([LOADS, "A = []\nA.append(len(d))\nA.extend([2])", USES], ["extend"], ["append"]),
        ([LOADS, "A = 1\nwith d as f:\n    A = f.read()", USES], ["A = 1"], ["with"]),
        (["A = {}\nfor k in 'ab':\n    A[k] = 1", USES], ["A = {}", "A[k] = 1"], []),
        (["def load_it(): return 3\nA = load_it()", USES], ["A = load_it()"], []),
        (["%run helper.py\n%run -n x.py", USES], ["from helper import *"], ["x.py"]),
        (["%matplotlib inline\n%run ./helper\nA = 1", USES], ["A = 1"], ["helper"]),
        (["A = torch.ones(1)\nA.requires_grad_()", USES], ["requires_grad_"], []),
        (["A = torch.ones(1)\nnn.init.zeros_(A)\nnn.f_()", USES], ["zeros_"], ["nn.f_"]),
    ],
)
def test_what_is_taken(lay_out, find, cells, present, absent):
    kim = find(lay_out({"kim/losses.ipynb": notebook(*cells)}))["kim"]
    source = kim.files["losses.py"].decode()
    compile(source, "losses.py", "exec")
    assert all(text in source for text in present)
    assert not any(text in source for text in absent)
    assert len(kim.cells["losses.py"]) == source.count("\n")
