"""The boundary, through the door that tests use: proxies of a submission in a real sandbox."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from grader.judge.errors import Crashed, StudentError, TimedOut
from grader.judge.sandboxes import Forker, Isolation
from grader.judge.session import Session, Student
from grader.judge.spawned import Spawner
from grader.torchside.accelerator import simulated
from grader.wire.errors import Gone

pytestmark = pytest.mark.slow

STUDENT = b"""
import os, sys, math
import numpy as np
import torch
from torch import nn

def log_softmax(x):
    return x - x.exp().sum(-1).log().unsqueeze(-1)

def containers(x):
    return {"list": [x * 2, x.detach()], "tuple": (1, 2**70, "e", None, True, 1.5)}

def kinds(x):
    return torch.float64, x.shape, x.device, np.float32(2.5), x.detach().numpy(), b"\\x00\\xff"

def descend(weights, lr):
    with torch.no_grad():
        weights -= weights.grad * lr
        weights.grad.zero_()

def through_data(weights):
    weights.data -= 1

def leaves():
    return nn.Parameter(torch.ones(3)), torch.ones(2, requires_grad=True), torch.ones(2)

def layout(x):
    return x.stride(), x.is_contiguous()

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.weights = nn.Parameter(torch.zeros(3, 2))
        self.bias = nn.Parameter(torch.ones(2))
        self.layer = nn.Linear(2, 2)

    def forward(self, x):
        return self.layer(x @ self.weights + self.bias)

def train_once(model, loss_func, x, y, lr=0.1):
    loss = loss_func(model(x), y)
    loss.backward()
    with torch.no_grad():
        for p in model.parameters():
            p -= p.grad * lr
        model.zero_grad()
    return loss.item()

def call_back(function):
    return function(torch.ones(3, requires_grad=True) * 2)

def numbers():
    yield from range(3)

class Lying(torch.Tensor):
    def __eq__(self, other):
        return True

class LyingFloat(float):
    def __eq__(self, other):
        return True

def lies():
    return torch.zeros(2).as_subclass(Lying), LyingFloat(3)

def ends_the_process():
    os._exit(3)

def exits():
    sys.exit("goodbye")

def divides():
    return 1 / 0

def loops():
    while True:
        pass

def nests():
    value = []
    for _ in range(10_000):
        value = [value]
    return value

def floods():
    return torch.zeros(1 << 29, dtype=torch.uint8)

def prints():
    print("hello from the student")

def draws():
    return torch.rand(3)
"""


@pytest.fixture(scope="module", params=["forked", "spawned"])
def forker(request: pytest.FixtureRequest) -> Iterator[Forker]:
    if request.param == "spawned":
        yield Spawner(Isolation())
        return
    if not sys.platform.startswith("linux"):
        pytest.skip("a zygote needs Linux's fork")
    from grader.judge.forked import Zygote

    zygote = Zygote(Isolation())
    yield zygote
    zygote.close()


@pytest.fixture(scope="module")
def shared(forker: Forker) -> Iterator[Session]:
    """One sandbox for all tests that leave it alive."""
    session = Session(forker, {"answers.py": STUDENT})
    yield session
    session.close()


@pytest.fixture
def session(shared: Session) -> Session:
    shared.deadline = time.monotonic() + 60
    return shared


@pytest.fixture
def student(session: Session) -> Student:
    return session.enter("answers")


def test_gradcheck_passes_through(student):
    torch.manual_seed(0)
    x = torch.randn(4, 3, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(student.log_softmax, x)


def test_containers_cross_with_their_gradients(student):
    x = torch.ones(2, requires_grad=True)
    value = student.containers(x)
    assert value["tuple"] == (1, 2**70, "e", None, True, 1.5)
    assert value["list"][0].requires_grad
    assert not value["list"][1].requires_grad
    value["list"][0].sum().backward()
    torch.testing.assert_close(x.grad, torch.full((2,), 2.0))


def test_kinds_of_values_cross(student):
    dtype, shape, device, scalar, array, data = student.kinds(torch.ones(2, 3))
    assert (dtype, shape, device) == (torch.float64, torch.Size([2, 3]), torch.device("cpu"))
    assert isinstance(scalar, np.float32)
    assert array.dtype == np.float32
    assert array.shape == (2, 3)
    assert data == b"\x00\xff"


def test_changes_in_place_come_back_and_others_do_not(student):
    weights = torch.ones(3, requires_grad=True)
    (weights * 3).sum().backward()
    student.descend(weights, 0.5)
    torch.testing.assert_close(weights.detach(), torch.full((3,), -0.5))
    torch.testing.assert_close(weights.grad, torch.zeros(3))
    student.through_data(weights)
    torch.testing.assert_close(weights.detach(), torch.full((3,), -1.5))
    kept = weights.detach().clone()
    student.log_softmax(weights)
    torch.testing.assert_close(weights.detach(), kept)


def test_leaves_arrive_as_what_they_are(student):
    parameter, leaf, plain = student.leaves()
    assert isinstance(parameter, torch.nn.Parameter)
    assert parameter.is_leaf
    assert leaf.is_leaf
    assert leaf.requires_grad
    assert type(leaf) is torch.Tensor
    assert not plain.requires_grad


def test_layout_of_an_argument_is_kept(student):
    assert student.layout(torch.randn(3, 4).t()) == ((1, 4), False)


def test_a_remote_module_is_a_module(student, session):
    model = student.Net()
    assert isinstance(model, torch.nn.Module)
    assert isinstance(model.layer, torch.nn.Linear)
    names = [name for name, _ in model.named_parameters()]
    assert names == ["weights", "bias", "layer.weight", "layer.bias"]
    bias = model.bias
    model(torch.ones(5, 3)).sum().backward()
    assert model.weights.grad.shape == (3, 2)
    optimizer = session.lab.optim.SGD(model.parameters(), lr=0.5)
    assert isinstance(optimizer, torch.optim.SGD)
    assert optimizer.param_groups[0]["lr"] == 0.5
    before, step = bias.detach().clone(), 0.5 * bias.grad
    optimizer.step()
    torch.testing.assert_close(bias.detach(), before - step)
    optimizer.zero_grad()
    assert bias.grad is None
    model.load_state_dict({k: torch.ones_like(v) for k, v in model.state_dict().items()})
    assert model.weights.sum() == 6
    with torch.no_grad():
        bias.fill_(7.0)
    assert model.state_dict()["bias"].tolist() == [7, 7]
    model.eval()
    assert not model.training


def test_a_callable_of_the_judge_is_called_with_gradients(student, session):
    torch.manual_seed(1)
    x, y = torch.randn(4, 3), torch.tensor([0, 1, 1, 0])
    calls = []

    def loss(output, target):
        calls.append(output.shape)
        return F.cross_entropy(output, target)

    start = {"weight": torch.randn(2, 3), "bias": torch.zeros(2)}
    results = []
    for loss_func in (loss, F.cross_entropy):
        model = session.lab.nn.Linear(3, 2)
        model.load_state_dict(start)
        results.append((student.train_once(model, loss_func, x, y), model.state_dict()))
    assert calls == [(4, 2)]
    assert results[0][0] == pytest.approx(results[1][0])
    torch.testing.assert_close(results[0][1], results[1][1])


def test_gradients_flow_to_what_a_callable_holds(student):
    held = torch.ones(3, requires_grad=True)
    student.call_back(lambda value: (value * held).sum()).backward()
    torch.testing.assert_close(held.grad, torch.full((3,), 2.0))


def test_generators_arrive_as_generators(student):
    given = student.numbers()
    assert not isinstance(given, list)
    assert list(given) == [0, 1, 2]


def test_what_arrives_is_of_exact_plain_types(student):
    tensor, number = student.lies()
    assert type(tensor) is torch.Tensor
    assert type(number) is float
    assert number != 4


def test_a_module_moves_to_the_simulated_accelerator(student):
    model = student.Net().to(simulated())
    assert model.weights.device == simulated()
    output = model(torch.ones(2, 3).to(simulated()))
    assert output.device == simulated()
    with pytest.raises(RuntimeError, match="same device"):
        model(torch.ones(2, 3))


def test_exceptions_arrive_with_the_students_own_lines(student):
    with pytest.raises(ZeroDivisionError) as caught:
        student.divides()
    [frame] = caught.value.frames
    assert (frame.file, frame.function, frame.text) == ("answers.py", "divides", "return 1 / 0")


@pytest.mark.parametrize("name", ["exits", "nests", "floods", "missing"])
def test_bad_behaviour_is_an_exception(student, name):
    with pytest.raises((StudentError, TypeError)):
        getattr(student, name)()


def test_a_seed_makes_draws_repeat(student, session):
    session.seed(5)
    first = student.draws()
    session.seed(5)
    torch.testing.assert_close(student.draws(), first)


def test_operators_are_seen(student, session):
    operators: set[str] = set()
    with session.endpoint().watch(operators):
        student.log_softmax(torch.ones(2, 2))
    assert "aten::exp" in operators
    assert "aten::_log_softmax" not in operators


@pytest.fixture
def doomed(forker: Forker) -> Iterator[Session]:
    """A session whose sandbox a test may break."""
    session = Session(forker, {"answers.py": STUDENT})
    session.deadline = time.monotonic() + 60
    yield session
    session.close()


def test_a_crash_is_reported_and_the_next_call_has_a_new_sandbox(doomed):
    student = doomed.enter("answers")
    model = student.Net()
    with pytest.raises(Crashed, match="exit code 3"):
        student.ends_the_process()
    assert student.layout(torch.ones(2)) == ((1,), True)
    with pytest.raises(Gone):
        model(torch.ones(1, 3))


def test_an_endless_loop_is_ended_at_the_deadline(doomed):
    student = doomed.enter("answers")
    student.draws()
    doomed.deadline = time.monotonic() + 0.5
    with pytest.raises(TimedOut):
        student.loops()
    doomed.deadline = time.monotonic() + 60
    assert student.draws().shape == (3,)


def test_what_student_code_prints_is_kept(doomed):
    doomed.enter("answers").prints()
    doomed.close()
    assert "hello from the student" in doomed.printed["answers"]


def test_a_missing_file_is_not_attempted(forker):
    session = Session(forker, {})
    with pytest.raises(NotImplementedError):
        session.enter("answers").draws()
