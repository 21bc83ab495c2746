"""The code printed in the lessons runs, and gives what the comments beside it say."""

from __future__ import annotations

import pytest
import torch
from lessons.lesson import LESSONS, blocks, holds, importable, reference, run_block


@pytest.mark.slow  # they train
@pytest.mark.parametrize("name", LESSONS)
def test_the_code_gives_what_its_comments_say(name: str) -> None:
    names: dict[str, object] = {"__name__": "lesson"}
    seen = []
    with torch.random.fork_rng(), importable(reference(name)):
        torch.manual_seed(0)
        for block in blocks(name):
            seen += run_block(block, names)
    assert seen
    wrong = [f"{promise!r}: gave {given!r}" for promise, given in seen if not holds(promise, given)]
    assert not wrong, "\n".join(wrong)
