"""`mistakes.py`: wrong answers as edits of the reference, read without running anything."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from grader.assignment.exercises import Exercise, syntax_error
from grader.assignment.mistakes import load_mistakes, splice

REFERENCE = '''"""Losses."""

from __future__ import annotations

from torch import Tensor

HALF = 0.5


def nll(input: Tensor, target: Tensor) -> Tensor:
    """The mean, not the sum: mean()."""
    picked = input.gather(-1, target.unsqueeze(-1))
    return -picked.mean()


def twice(input: Tensor, target: Tensor) -> Tensor:
    return nll(input, target) + nll(input, target)
'''


def exercise(folder: Path, mistakes: str) -> Exercise:
    folder = folder / "01_losses"
    folder.mkdir()
    (folder / "losses.py").write_text(REFERENCE)
    imports = "from grader.assignment.mistakes import edit, mistake, whole\n\n"
    (folder / "mistakes.py").write_text(imports + mistakes)
    return Exercise(folder)


def run(source: str) -> dict:
    names: dict = {}
    exec(source, names)
    return names


def test_an_edit_changes_the_target_and_nothing_that_builds_on_it(tmp_path):
    where = exercise(
        tmp_path,
        'mistake("nll", "no_minus", edit("return -", "return "), hint="The sign\\n    is lost.")\n',
    )
    [found] = load_mistakes(where)
    assert (found.target, found.name, found.hint) == ("nll", "no_minus", "The sign is lost.")
    module = run(splice(where, found))
    x, y = torch.randn(3, 4), torch.tensor([0, 1, 2])
    right = -x[torch.arange(3), y].mean()
    torch.testing.assert_close(module["nll"](x, y), -right)
    torch.testing.assert_close(module["twice"](x, y), 2 * right)


def test_a_whole_answer_needs_no_imports_and_may_bring_helpers(tmp_path):
    where = exercise(
        tmp_path,
        "DO = 'Do it '\nHINT = DO + 'yourself.'\n"
        "mistake('nll', 'ready_made', whole('''\n"
        "    def helper(input, target):\n"
        "        return F.nll_loss(input, target)\n\n"
        "    nll = helper\n"
        "'''), hint=HINT)\n",
    )
    [found] = load_mistakes(where)
    assert found.hint == "Do it yourself."
    x, y = torch.randn(3, 4), torch.tensor([0, 1, 2])
    assert run(splice(where, found))["nll"](x, y) == torch.nn.functional.nll_loss(x, y)


def test_several_edits_are_made_in_the_code_as_it_was(tmp_path):
    where = exercise(
        tmp_path,
        'mistake("nll", "two", edit("-picked.mean", "picked.sum"), edit("picked = ", "picked = -"),'
        ' hint="Two" + " things.")',
    )
    [found] = load_mistakes(where)
    assert "picked = -input" in found.source
    assert "return picked.sum()" in found.source
    assert found.hint == "Two things."


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ('edit("mean", "x")', "the text `mean` stands 3 times in nll: make it longer"),
        ('edit("mean()", "sum()")', "the text `mean()` stands twice in nll: make it longer"),
        ('edit("nothing", "x")', "is not in nll: copy it from the reference"),
        ('edit("-picked", "-picked")', "changes nothing"),
        ('edit("-picked.mean", "x"), edit("picked.mean()", "y")', "overlaps"),
        ('edit("picked.mean()", "(")', "is not valid Python: "),
        ('whole("def other(): pass")', "define nll: define it there"),
        (
            'whole("def nll(): pass"), edit("-", "")',
            "it has edits and a whole(…): give edits, or one",
        ),
        ('"-x"', "is not a change: write edit"),
        ("edit(-1, 2)", "is not a plain string"),
    ],
)
def test_what_is_wrong_is_said_with_what_to_do(tmp_path, changes, said):
    where = exercise(tmp_path, f'mistake("nll", "this_one", {changes}, hint="h")\n')
    with pytest.raises(ValueError, match="line 3, this_one: ") as caught:
        load_mistakes(where)
    assert said in str(caught.value)


@pytest.mark.parametrize("file", ["mistakes.py", "losses.py"])
def test_a_file_that_is_no_python_is_named_with_the_line(tmp_path, file):
    where = exercise(tmp_path, 'mistake("nll", "one", edit("-", ""), hint="h")\n')
    (where.folder / file).write_text("import torch\n\ndef broken(:\n")
    with pytest.raises(SyntaxError) as caught:
        load_mistakes(where)
    assert syntax_error(caught.value) == f"{file}, line 3: invalid syntax"


def test_all_unclear_mistakes_are_listed_at_once(tmp_path):
    where = exercise(
        tmp_path,
        'mistake("nll", "one", edit("zzz", ""), hint="h")\n'
        'mistake("bll", "two", edit("-", ""), hint="h")\n'
        'mistake("nll", "three", edit("-picked", "picked"))\n'
        'mistake("nll", hint="h")\n'
        'mistake("nll", "same", edit("-picked", "picked"), hint="h")\n'
        'mistake("nll", "same", edit("return -picked", "return picked"), hint="h")\n',
    )
    with pytest.raises(ValueError) as caught:
        load_mistakes(where)
    lines = str(caught.value).splitlines()
    assert [line.split(": ")[0] for line in lines] == [
        "mistakes.py, line 3, one",
        "mistakes.py, line 4, two",
        "mistakes.py, line 5, three",
        "mistakes.py, line 6, mistake",
        "mistakes.py, line 8, same",
    ]
    assert "there is no target bll: take one of nll, twice" in lines[1]
    assert "it has no hint: give it one" in lines[2]
