"""What works in a process of one's own works in a locked-down sandbox too."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator

import pytest
import torch

from grader.judge.isolation import Isolation
from grader.judge.session import RemoteStudent, Session
from grader.submission import Submission
from grader.torchside.accelerator import simulated

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not sys.platform.startswith("linux"), reason="a zygote needs Linux's fork"),
]

STUDENT = b"""
import os
from concurrent.futures import ThreadPoolExecutor
import torch
import torch.nn.functional as F
from torch import nn
from torch.utils._python_dispatch import _disable_current_modes
from grader.torchside.pretend import pretend
from grader.torchside.ran import Ran

hidden = nn.Linear(3, 2)
pool = ThreadPoolExecutor(1)

def work(x):
    with _disable_current_modes():
        F.log_softmax(x, 1)
    pool.submit(x.exp).result()
    hidden.forward(x).sum().backward()
    torch.optim.SGD(hidden.parameters(), lr=0.1).step()

def names(x):
    with Ran() as ran:
        work(x)
    return dict(ran.names)

def train(x):
    model = nn.Linear(3, 1)
    with pretend("cuda"):
        device = "cuda" if torch.cuda.is_available() else "cpu"
        model.to(device)
        steps = torch.optim.SGD(model.parameters(), lr=0.1)
        losses = []
        for _ in range(3):
            loss = model(x.to(device)).square().mean()
            losses.append(loss.item())
            steps.zero_grad()
            loss.backward()
            steps.step()
        device = str(model.weight.device)
    return device, losses, model.weight
"""


@pytest.fixture(scope="module")
def student() -> Iterator[RemoteStudent]:
    from grader.judge.forked import Zygote

    zygote = Zygote(Isolation())
    session = Session(zygote, Submission("s", {"answers.py": STUDENT}))
    session.deadline = time.monotonic() + 60
    yield session.enter("answers")
    session.close()
    zygote.close()


def test_what_ran(student: RemoteStudent) -> None:
    for _ in range(2):
        names = student.names(torch.randn(4, 3))
        for name in (
            "aten::_log_softmax",
            "aten::exp",
            "autograd::AddmmBackward0",
            "torch.nn.Linear",
            "torch.optim.SGD",
            "torch.optim.SGD.step",
            "torch.autograd.backward",
        ):
            assert names[name] >= 1
        assert "profiler.stopped" not in names


def test_pretending(student: RemoteStudent) -> None:
    device, losses, weight = student.train(torch.randn(4, 3))
    assert device == "cuda:0"
    assert losses[2] < losses[0]
    assert weight.device == simulated()
