"""What is right is graded, though something else in its file can't be loaded here."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import pytest
import tiny
import torch
from torch import nn

from grader.judge.judge import Judge
from grader.judge.loaded import lacking
from grader.judge.sandboxes import Forker
from grader.result import Result
from grader.sandbox.stepwise import Clock, Files, Lost, TooLong
from grader.submission import Submission, Version, find_submissions

RIGHT = "def double(x):\n    return x + x\n"
Grade = Callable[..., Result]
# A name that no package has: what is installed differs from machine to machine.
MISSING = "no_such_package"


@pytest.fixture(scope="module")
def judge(tmp_path_factory: pytest.TempPathFactory, forker: Forker) -> Iterator[Judge]:
    root = tmp_path_factory.mktemp("tiny")
    suites = tiny.write_assignment(root)
    tiny.write_second(root)
    judge = Judge(suites, forker)
    yield judge
    judge.close()


@pytest.fixture(scope="module")
def grade(judge: Judge) -> Grade:
    def grade(text: str, **helpers: str) -> Result:
        files = {f"{name}.py": source.encode() for name, source in helpers.items()}
        only = frozenset(["01_double"])
        return judge.grade(Submission("s", {"double.py": text.encode(), **files}), 5, only)

    return grade


def feedback(result: Result) -> str:
    return result.exercises[0].tests[0].feedback


LACKING = (
    "`{}` can't be imported where your code is graded. Code that only shows something runs "
    "without it; code that needs a value from it raises an error."
)


@pytest.mark.parametrize(
    "text",
    [
        f"import {MISSING}.pyplot as plt, {MISSING}\nfrom {MISSING} import a, b as c\n{RIGHT}"
        "fig, (ax, *more) = plt.subplots(1, 2)\nax.plot([1])[0].x = 3\nplt.rcParams['a'] = 1\n"
        "with plt.style.context('dark') as style:\n    print(f'{style:>3} {plt.__version__}')\n"
        f"class Data({MISSING}.Dataset):\n    pass\n"
        "@plt.decorated(1)\ndef other(x: plt.Frame | None, y: list[c]) -> a:\n    return 2\n"
        "assert other(1, 2) == 2 and not isinstance(3, plt.Frame)\n",
        f"def double(x):\n    import {MISSING}\n    {MISSING}.plot(x)\n    return x + x\n",
        f"from {MISSING} import jit\n@jit\n{RIGHT}",
        f"try:\n    import {MISSING}\nexcept ImportError:\n    raise SystemExit\n{RIGHT}",
        f"try:\n    import {MISSING}\nfinally:\n    pass\n{RIGHT}",
        f"try:\n    import {MISSING} as m\nexcept ImportError:\n    print('no plots')\n"
        "def double(x):\n    m.plot(x)\n    return x + x\n",
    ],
)
def test_a_module_that_is_not_there_costs_nothing(grade: Grade, text: str) -> None:
    result = grade(text)
    assert (result.total, result.notes) == (100, [LACKING.format(MISSING)])


@pytest.mark.parametrize(
    "text",
    [
        f"try:\n    import {MISSING} as m\nexcept ImportError:\n    m = None\n",
        f"import contextlib as c\nm = None\nwith c.suppress(ImportError):\n"
        f"    import {MISSING} as m\n",
        f"try:\n    import {MISSING} as m\nexcept (OSError, ModuleNotFoundError):\n    m = None\n",
        f"m = None\ntry:\n    import {MISSING} as m\nexcept ImportError:\n    pass\n",
        f"m = None\ntry:\n    import {MISSING}\n    m = 3\nexcept ImportError:\n    print('no')\n",
        f"import importlib.util\nm = importlib.util.find_spec('{MISSING}')\n",
    ],
)
def test_a_fallback_is_taken(grade: Grade, text: str) -> None:
    result = grade(f"{text}def double(x):\n    return x + x if m is None else x\n")
    assert (result.total, result.notes) == (100, [])


def test_a_progress_bar_goes_through_what_it_is_given() -> None:
    """The package may be installed here, so the stand-in is made by hand."""
    from grader.sandbox.stand_ins import StandIn

    tqdm = StandIn("tqdm", "tqdm")
    with tqdm.tqdm([1, 2], desc="epochs") as bar:
        assert list(bar) == [1, 2] and len(bar) == 2 and bar
        bar.set_postfix(loss=1)
    assert list(tqdm.auto.trange(1, 3)) == [1, 2]
    assert list(tqdm.contrib.tenumerate("ab")) == [(0, "a"), (1, "b")]
    assert list(StandIn("matplotlib.pyplot", "matplotlib").subplots()) == []


def test_a_lightning_module_is_the_module_that_it_is() -> None:
    """The package may be installed here, so the stand-in is made by hand."""
    from grader.sandbox.stand_ins import StandIn

    pl = StandIn("lightning.pytorch", "lightning")

    class Line(pl.LightningModule):  # type: ignore[name-defined, misc]
        def __init__(self) -> None:
            super().__init__()
            self.weight = nn.Parameter(torch.ones(1))
            self.save_hyperparameters()

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            self.log("x", x)
            return x * self.weight.to(self.device)

    assert isinstance(Line(), nn.Module)
    assert len(list(Line().parameters())) == 1 and Line()(torch.tensor(3.0)).requires_grad

    class Data(pl.LightningDataModule):  # type: ignore[name-defined, misc]
        pass

    with pytest.raises(ModuleNotFoundError, match="no module `lightning`"):
        Data()
    assert lacking(["lightning"]).endswith("is treated as a plain `nn.Module`; nothing is logged.")


@pytest.mark.parametrize("given", ["m.twice(x)", "x + m.twice", "m.twice(x).item()", "[*m(x)]"])
def test_a_result_that_needs_it_says_so(grade: Grade, given: str) -> None:
    result = grade(f"import {MISSING} as m\ndef double(x):\n    return {given}\n")
    assert f"there is no module `{MISSING}` where your code is graded" in feedback(result)
    assert result.notes == [LACKING.format(MISSING)]


@pytest.mark.parametrize(
    ("before", "after", "note"),
    [
        (
            "DATA = open('x.txt').read()\nN = len(DATA)\n",
            "print(double(DATA))\n",
            "double.py, line 1 raised FileNotFoundError: [Errno 2] No such file or directory: "
            "'x.txt'. It was left out when your code was loaded, so `DATA` can't be used.",
        ),
        (
            "",
            "assert double(2) == 5\nprint('on')\n",
            "double.py, line 3 raised AssertionError. It was left out when your code was loaded.",
        ),
        (
            "",
            "import sys\nsys.exit(3)\ndef double(x):\n    return x\n",
            "double.py, line 4 raised SystemExit: 3. It was left out when your code was loaded.",
        ),
        (
            "name = input('name? ')\n",
            "",
            "double.py, line 1 raised EOFError: EOF when reading a line. It was left out when your "
            "code was loaded, so `name` can't be used.",
        ),
        (
            "import helper\nx = helper.three\n",
            "",
            "helper.py, line 1 raised FileNotFoundError: [Errno 2] No such file or directory: "
            "'y.txt'. It was left out when your code was loaded.",
        ),
    ],
)
def test_a_line_that_raises_costs_what_it_defines(
    grade: Grade, before: str, after: str, note: str
) -> None:
    result = grade(before + RIGHT + after, helper="print(open('y.txt'))\nthree = 3\n")
    assert (result.total, result.notes) == (100, [note])


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "D = open('x.txt')\nN = len(D)\ndef double(x):\n    return x * N\n",
            "name 'N' is not defined: FileNotFoundError was raised when your code was loaded, "
            "before it was defined",
        ),
        (
            f"import torch\n@torch.no_such_thing\n{RIGHT}",
            "module 'double' has no attribute 'double': AttributeError was raised when your code "
            "was loaded, before it was defined",
        ),
        (f"from helper import nothing\n{RIGHT[:-6]}nothing\n", "name 'nothing' is not defined"),
        ("def double(x):\n    return x +\n", "double.py, line 2: return x +\n  SyntaxError"),
    ],
)
def test_what_is_not_there_is_said(grade: Grade, text: str, said: str) -> None:
    result = grade(text, helper="three = 3\n")
    assert result.total == 0
    assert said in feedback(result)


def test_a_file_means_what_it_means_at_home(grade: Grade) -> None:
    """Statement by statement or whole: the docstring, the future, the order, `global`, classes."""
    result = grade(
        '"""Doubles."""\nfrom __future__ import annotations\n"no docstring"\nimport sys\n'
        "first: Unknown = sys.argv[1:]\n"
        "def double(x: Unknown) -> Unknown:\n    return factor * x\n"
        "def choose():\n    global factor\n    import math as m\n    factor = m.gcd(4, 6)\n"
        "for _ in range(2):\n    choose()\n"
        "class __A:\n    import math\n    two = math.gcd(2, 4)\n"
        "assert __doc__ == 'Doubles.'\n"
        "assert [first, _, __A.two, double.__annotations__['x']] == [[], 1, 2, 'Unknown']\n"
        "if __name__ == '__main__':\n    factor = 0\n"
    )
    assert (result.total, result.notes) == (100, [])


CALLS = {
    "import helper": "helper.twice(x)",
    "from helper import *": "twice(x)",
    "from tools.sums import twice": "twice(x)",
    "import tools.sums as s": "s.twice(x)",
    "from tools import sums": "sums.twice(x)",
    "import tools": "tools.again(x)",
    "from common.sums import twice": "twice(x)",
    "from sums import twice": "twice(x)",
    "import importlib": "importlib.import_module('helper').twice(x)",
}
TWICE, THRICE = "def twice(x):\n    return x + x\n", "def twice(x):\n    return 3 * x\n"


@pytest.mark.parametrize("place", ["", "exercises/"])
def test_what_lies_beside_an_answer_is_imported_as_at_home(
    judge: Judge, tmp_path: Path, place: str
) -> None:
    """Two exercises have their own `helper.py`, a package each, and one above them is shared."""
    for number, (line, call) in enumerate(CALLS.items()):
        top = tmp_path / str(number)
        files = {
            "01_double/double.py": f"{line}\ndef double(x):\n    return {call}\n",
            "01_double/helper.py": TWICE,
            "01_double/tools/__init__.py": "from .sums import twice as again\n",
            "01_double/tools/sums.py": "import helper\nfrom helper import twice\n",
            "02_again/again.py": "from helper import twice\nfrom tools import right\n"
            "def double(x):\n    return x + x if right and twice(1) == 3 else x\n",
            "02_again/helper.py": THRICE,
            "02_again/tools/__init__.py": "right = True\n",
            "common/sums.py": TWICE,
        }
        for name, text in files.items():
            path = top / place / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        (submission,) = find_submissions(top, judge.exercises, single=True)
        result = judge.grade(submission, 5)
        unused = "there is another file of that name."
        assert result.total == 100, line
        assert [note for note in result.notes if not note.endswith(unused)] == []


@pytest.mark.parametrize("line", ["from helper import *", "from helper import double"])
def test_an_answer_may_lie_in_a_helper(judge: Judge, tmp_path: Path, line: str) -> None:
    (tmp_path / "double.py").write_text(f"{line}\n")
    (tmp_path / "helper.py").write_text(RIGHT)
    (submission,) = find_submissions(tmp_path, judge.exercises, single=True)
    assert submission.files["double.py"].decode() == f"{line}\n"
    assert judge.grade(submission, 5).exercises[0].score == 100


def test_a_demonstration_that_takes_too_long_is_left_out(tmp_path: Path) -> None:
    (tmp_path / "slow.py").write_text(
        "import helps\na = 1\nwhile True:\n    try:\n        a += 1\n    except Exception:\n"
        "        pass\nb = 2\n"
    )
    (tmp_path / "helps.py").write_text("c = 3\nwhile True:\n    pass\nd = 4\n")
    told: list[Lost] = []
    files = Files(tmp_path, told.append, print)
    files.clock = Clock(0.2, 0.1)
    module = ModuleType("slow")
    sys.meta_path.insert(0, files)
    sys.path.insert(0, str(tmp_path))
    try:
        files.loader("slow", tmp_path / "slow.py").exec_module(module)
    finally:
        sys.meta_path.remove(files)
        sys.path.remove(str(tmp_path))
        helps = sys.modules.pop("helps")
    assert (module.b, helps.c, helps.d) == (2, 3, 4)
    assert [(Path(lost.file).name, lost.line) for lost in told] == [("helps.py", 2), ("slow.py", 3)]
    assert all(isinstance(lost.error, TooLong) for lost in told)


def test_an_error_in_a_package_names_its_file(judge: Judge, tmp_path: Path) -> None:
    (tmp_path / "tools").mkdir()
    (tmp_path / "tools" / "sums.py").write_text("def twice(x):\n    return x + nothing\n")
    (tmp_path / "double.py").write_text(
        "from tools.sums import twice\ndef double(x):\n    return twice(x)\n"
    )
    (submission,) = find_submissions(tmp_path, judge.exercises, single=True)
    result = judge.grade(submission, 5)
    assert "tools/sums.py, line 2 in twice: return x + nothing" in feedback(result)


def test_a_cell_that_raises_costs_what_it_defines(judge: Judge, tmp_path: Path) -> None:
    cells = ["A = 1", "B = int('x')\nC = 0", "def double(x):\n    return x + x * A + C if A else B"]
    made = {"cell_type": "code", "metadata": {}, "outputs": [], "execution_count": None}
    book = {"nbformat": 4, "nbformat_minor": 4, "metadata": {}}
    book["cells"] = [{**made, "source": cell} for cell in cells]
    (tmp_path / "double.ipynb").write_text(json.dumps(book))
    (submission,) = find_submissions(tmp_path, judge.exercises, single=True)
    result = judge.grade(submission, 5, frozenset(["01_double"]))
    assert result.total == 100
    assert result.notes == [
        "cell 2, line 1 raised ValueError: invalid literal for int() with base 10: 'x'. It was "
        "left out when your code was loaded, so `B` can't be used."
    ]


def test_of_two_versions_the_one_that_earns_most_counts(judge: Judge) -> None:
    """And it is what other exercises import."""
    wrong, right = (Version(t.encode(), [], [t]) for t in ("def double(x): 1 / 0\n", RIGHT))
    files = {"double.py": wrong.content, "again.py": b"from double import double\n"}
    submission = Submission("s", files, ["note"], versions={"double": [wrong, right, wrong]})
    result = judge.grade(submission, 5)
    assert [exercise.score for exercise in result.exercises] == [100, 100]
    assert result.exercises[0].code == RIGHT
    assert result.notes == [RIGHT, "note"]
    assert result.digest == submission.digest
    tie = Submission("s", files, versions={"double": [wrong, wrong]})
    assert tie.digest != submission.digest
    assert judge.grade(tie, 5, frozenset(["01_double"])).notes == wrong.notes
