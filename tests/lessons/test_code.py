"""The code printed in the lessons runs, and gives what the comments beside it say."""

from __future__ import annotations

import io
import pdb
import re
import sys

import pytest
import torch
import torch.nn.functional as F
from lessons.lesson import LESSONS, ROOT, blocks, holds, importable, reference, run_block
from torch import nn

from grader.assignment.data import load_mnist


@pytest.mark.slow  # they train
@pytest.mark.parametrize("name", LESSONS)
def test_the_code_gives_what_its_comments_say(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(LESSONS[name].folder)
    names: dict[str, object] = {"__name__": "lesson"}
    seen = []
    with torch.random.fork_rng(devices=[]), importable(reference(name)):
        torch.manual_seed(0)
        for block in blocks(name):
            seen += run_block(block, names)
    assert seen
    wrong = [f"{promise!r}: gave {given!r}" for promise, given in seen if not holds(promise, given)]
    assert not wrong, "\n".join(wrong)


def test_the_debugger_shows_what_04_says(monkeypatch: pytest.MonkeyPatch) -> None:
    lesson = (LESSONS["04_fit"].folder / "README.md").read_text("utf-8")
    [session] = re.findall(r"^```text\n(.*?)^```", lesson, re.M | re.S)
    typed = re.findall(r"^\(Pdb\) (.*)$", session, re.M)
    heard, told = io.StringIO("\n".join(typed) + "\n"), io.StringIO()
    debugger = pdb.Pdb(stdin=heard, stdout=told, nosigint=True, readrc=False)
    monkeypatch.setattr(
        sys, "breakpointhook", lambda: debugger.set_trace(sys._getframe(1)), raising=True
    )
    source = (ROOT / "solutions" / "04_fit" / "fit.py").read_text("utf-8")
    place = "            loss.backward()\n"
    assert source.count(place) == 1
    names: dict[str, object] = {}
    exec(source.replace(place, place + "            breakpoint()\n"), names)
    digits = load_mnist()
    before = sys.gettrace()
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        model = nn.Linear(784, 10)
        try:
            with pytest.raises(pdb.bdb.BdbQuit):
                names["fit"](model, F.cross_entropy, digits.x_train, digits.y_train)  # type: ignore[operator]
        finally:
            sys.settrace(before)
    answers = [part.strip() for part in re.split(r"\(Pdb\) ", told.getvalue())[1:-1]]
    promised = [part.partition("\n")[2].strip() for part in session.split("(Pdb) ")[1:-1]]
    assert answers == promised
