"""The boundary, through the door that tests use: proxies of a submission in a real sandbox."""

from __future__ import annotations

import math
import platform
import sys
import time
from collections.abc import Iterator

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn

from grader.judge.callbacks import Callbacks
from grader.judge.errors import Crashed, StudentError, TimedOut
from grader.judge.isolation import Isolation
from grader.judge.paths import RemoteStudent
from grader.judge.sandboxes import Forker, devices_of
from grader.judge.session import Session
from grader.judge.spawned import Spawner
from grader.submission import Submission
from grader.torchside.accelerator import simulated
from grader.wire.errors import Gone
from grader.wire.peer import Peer
from grader.wire.structs import NOTES

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

def spoils(x, y=None, array=None, **named):
    x.mul_(0)
    if isinstance(y, list):
        y.append(1)
    if array is not None:
        array[0] = 9
    for values in named.values():
        values["new"] = 1

def spoils_all(*tensors):
    for x in tensors:
        x.zero_()

def reshapes(x):
    x.data = torch.zeros(1 << 20)

def raises(function, x):
    return function(x)

def loads_in_parallel(x):
    data = torch.utils.data.TensorDataset(x)
    loader = torch.utils.data.DataLoader(data, 2, num_workers=3, prefetch_factor=2, timeout=5)
    return [batch for batch, in loader]

@torch.compile
def compiled(x):
    return x * 2

@torch.compile(fullgraph=True)
def compiled_whole(x):
    return x + 1

def claims():
    adam = torch.optim.Adam([torch.ones(1, requires_grad=True)])
    return torch.distributions.Normal(0, 1), nn.Tanh(), adam

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

class Shared(nn.Module):
    def __init__(self):
        super().__init__()
        self.first = nn.Linear(2, 2)
        self.second = self.first
        self.third = nn.Linear(2, 2)
        self.third.weight = self.first.weight
        self.deep = nn.Sequential(nn.Tanh(), nn.Sequential(nn.Linear(2, 1)))

    def forward(self, x):
        return self.deep(self.third(self.second(self.first(x))))

class OwnList(Net):
    # In another order, and without its layer's.
    def parameters(self, recurse=True):
        return reversed([self.weights, self.bias])

class Odd(Net):
    # Moving it gives a copy, it has buffers that can't cross, and it raises what it is asked for.
    def __init__(self):
        super().__init__()
        self.register_buffer("sparse", torch.eye(2).to_sparse())
        self.register_buffer("nowhere", torch.ones(2, device="meta"))
        self.register_buffer("scale", torch.ones(2))

    def double(self):
        other = Odd()
        other.load_state_dict(self.state_dict(), strict=False)
        return other.to(torch.float64)

    def __getattr__(self, name):
        if name in ("sparse", "nowhere", "scale", "weights", "bias", "layer"):
            return super().__getattr__(name)
        raise RuntimeError(f"no {name}")

def train_once(model, loss_func, x, y, lr=0.1):
    loss = loss_func(model(x), y)
    loss.backward()
    with torch.no_grad():
        for p in model.parameters():
            p -= p.grad * lr
        model.zero_grad()
    return loss.item()

class Tied(nn.Module):
    def __init__(self):
        super().__init__()
        memory = torch.zeros(2)
        self.first, self.second = nn.Parameter(memory), nn.Parameter(memory)

class Countdown:
    def __iter__(self):
        yield from (2, 1, 0)

def numbers_of(model):
    return [p.tolist() for p in model.parameters()]

def trains(model):
    return [p.requires_grad for p in model.parameters()]

def freeze(model):
    model.requires_grad_(False)

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

class Endless(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        return x * 2

    @staticmethod
    def backward(ctx, grad):
        while True:
            pass

def never_goes_back(x):
    return Endless.apply(x)

def nests():
    value = []
    for _ in range(10_000):
        value = [value]
    return value

def floods():
    return torch.zeros(1 << 29, dtype=torch.uint8)

def prints():
    print("hello from the student")

def unwritten():
    return [torch.empty(n, dtype=kind) for n in (3, 8000) for kind in (torch.float, torch.double)]

def draws():
    return torch.rand(3)
"""


@pytest.fixture(scope="module", params=["forked", "spawned"])
def forker(request: pytest.FixtureRequest, forker: Forker) -> Forker:
    if request.param == "spawned":
        return Spawner(Isolation())
    if not sys.platform.startswith("linux"):
        pytest.skip("a zygote needs Linux's fork")
    return forker


@pytest.fixture(scope="module")
def shared(forker: Forker) -> Iterator[Session]:
    """One sandbox for all tests, and the next one where a test has ended it."""
    session = Session(forker, Submission("s", {"answers.py": STUDENT}))
    yield session
    session.close()


@pytest.fixture
def session(shared: Session) -> Session:
    shared.deadline = time.monotonic() + 60
    return shared


@pytest.fixture
def student(session: Session) -> RemoteStudent:
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


def test_what_is_not_there_to_be_changed_stays_and_is_noted(student, session):
    x, y, array, named = torch.ones(3), [2.0], np.ones(2), {"a": 1}
    session.calls.begin()
    student.spoils(x, y, array, named=named)
    assert x.tolist() == [1, 1, 1]
    assert (y, array.tolist(), named) == ([2.0], [1, 1], {"a": 1})
    assert session.calls.changed == ["x", "y", "array", "named"]
    session.calls.begin()
    hidden = torch.ones(3, requires_grad=True) * 2
    student.spoils(hidden, [hidden])
    assert hidden.tolist() == [2, 2, 2]
    assert session.calls.changed == ["x", "y"]
    session.calls.begin()
    student.spoils_all(x, torch.zeros(2), x)
    assert session.calls.changed == ["argument 1"]
    session.calls.begin()
    student.reshapes(x)
    assert session.calls.changed == ["x"]
    student.log_softmax(x)
    student.descend(*_with_gradient(), 0.5)
    assert session.calls.changed == ["x"]


def _with_gradient():
    weights = torch.ones(3, requires_grad=True)
    weights.sum().backward()
    return [weights]


def test_a_leaf_keeps_its_shape(student):
    with pytest.raises(TypeError, match="shape"):
        student.reshapes(torch.ones(3, requires_grad=True))


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32])
def test_one_element_crosses_however_it_lies_in_memory(student, session, dtype):
    x = torch.ones(1, dtype=dtype, requires_grad=True)
    session.lab.mul(x, 3).sum().backward()  # the incoming gradient has stride 0
    assert x.grad.tolist() == [3]
    session.calls.begin()
    assert student.kinds(torch.zeros(1).expand(1).bool())[1] == (1,)
    assert not session.calls.changed


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


def test_a_module_that_lists_its_parameters_itself_is_asked(student, session):
    model = student.OwnList()
    assert [parameter.shape for parameter in model.parameters()] == [(2,), (3, 2)]
    assert len(list(model.named_parameters())) == 4
    assert len(list(student.Net().parameters())) == 4
    student.train_once(model, F.cross_entropy, torch.ones(2, 3), torch.tensor([0, 1]))
    optimizer = session.lab.optim.SGD(model.parameters(), lr=1.0)
    bias, _ = model.parameters()
    model(torch.ones(5, 3)).sum().backward()
    expected = (bias - bias.grad).detach().clone()
    optimizer.step()
    torch.testing.assert_close(bias.detach(), expected)
    torch.testing.assert_close(model.bias.detach(), expected)


def test_what_is_frozen_on_one_side_is_frozen_on_the_other(student):
    model = student.Net()
    held = model.bias
    student.freeze(model)
    assert not held.requires_grad
    assert not model(torch.ones(1, 3)).requires_grad
    held.requires_grad_()
    model.weights.requires_grad = True
    assert student.trains(model) == student.trains(model) == [True, True, False, False]
    model(torch.ones(5, 3)).sum().backward()
    assert held.grad is not None
    student.freeze(model)
    assert held.grad.tolist() == model.bias.grad.tolist()
    model.requires_grad_(True)
    model.requires_grad_(False)
    assert student.trains(model) == [False] * 4


def test_new_data_and_new_values_are_two_things(student):
    model = student.Tied()
    with torch.no_grad():
        model.first.fill_(1)
    assert model.second.tolist() == [1, 1]
    model.first.data = torch.zeros(2, dtype=torch.float64)
    assert model.second.tolist() == [1, 1]
    assert model.first.dtype == torch.float64
    with torch.no_grad():
        model.second += 1
    assert student.numbers_of(model) == [[0, 0], [2, 2]]


def test_only_a_row_of_modules_has_items(student, session):
    nn_there, model = session.lab.nn, student.Shared()
    row = nn_there.Sequential(nn_there.Tanh(), nn_there.Linear(2, 1))
    assert (len(row), len(list(row))) == (2, 2)
    assert isinstance(row[-1], nn.Linear)
    assert nn_there.Tanh()
    parameters = nn_there.ParameterList([torch.ones(2), torch.zeros(3)])
    assert [parameters[1].shape, len(parameters), len(list(parameters))] == [(3,), 2, 2]
    assert [number for number, _ in zip(student.Countdown(), range(9), strict=False)] == [2, 1, 0]
    with pytest.raises(TypeError, match="not subscriptable"):
        model[0]
    with pytest.raises(TypeError, match="not iterable"):
        _first, _second, *_ = model
    with pytest.raises(TypeError, match="len"):
        len(model)


def test_an_odd_module_is_a_module(student):
    model = student.Odd()
    assert [name for name, _ in model.named_buffers()] == ["scale"]
    with pytest.raises(Exception, match="dense"):
        _ = model.sparse
    moved = model.double()
    assert moved.weights.dtype == torch.float64
    assert model.weights.dtype == torch.float32
    assert model.eval() is model


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


def pessimist(output, target):
    """A loss that a suite makes on the student's side."""
    return F.cross_entropy(output, target) + np.float32(2).item() * math.sqrt(4)


class Twice(nn.Module):
    def __init__(self):
        super().__init__()
        self.inner = nn.Linear(3, 2)

    def forward(self, x):
        return 2 * self.inner(x)


def outer():
    secret = 3
    return lambda: secret


def test_a_function_is_defined_on_the_students_side(student, session, monkeypatch):
    loss = session.lab.define(pessimist)
    output, target = torch.randn(4, 2), torch.tensor([0, 1, 1, 0])
    torch.testing.assert_close(loss(output, target), pessimist(output, target))
    model, x = session.lab.define(Twice)(), torch.randn(4, 3)
    assert isinstance(model, nn.Module)
    monkeypatch.setattr(Callbacks, "serve", lambda *_: pytest.fail("it was called back"))
    expected = F.cross_entropy(model(x), target).item() + 4
    assert student.train_once(model, loss, x, target) == pytest.approx(expected)
    assert student.train_once(model, session.lab.nn.functional.cross_entropy, x, target) > 0


@pytest.mark.parametrize("thing", [outer(), 3, torch.exp])
def test_what_cannot_be_defined_says_so(session, thing):
    with pytest.raises(TypeError):
        session.lab.define(thing)


def test_functions_of_the_students_are_passed_on_by_reference(student):
    assert student.raises(student.layout, torch.ones(2)) == ((1,), True)


def test_the_call_that_failed_is_blamed(student, session):
    session.calls.begin()
    with pytest.raises(ZeroDivisionError):
        student.divides()
    assert session.calls.failed == "divides()"
    session.calls.begin()
    with pytest.raises(ZeroDivisionError):
        student.raises(lambda x: student.divides(), torch.ones(2))
    assert session.calls.failed == "divides()"
    session.calls.begin()
    with pytest.raises(IndexError):
        student.raises(lambda x: x[7], torch.ones(2))
    assert session.calls.failed == "raises(<<lambda>>, tensor float32 (2,))"
    session.calls.begin()
    student.draws()
    assert session.calls.failed == ""


def test_a_proxy_is_only_what_suites_ask_for(student):
    normal, tanh, adam = student.claims()
    assert not isinstance(normal, torch.distributions.Distribution)
    assert isinstance(tanh, torch.nn.Tanh)
    assert isinstance(adam, torch.optim.Adam)


def test_what_needs_processes_or_a_compiler_is_done_another_way(student, session):
    x = torch.arange(5.0)
    assert [batch.tolist() for batch in student.loads_in_parallel(x)] == [[0, 1], [2, 3], [4]]
    assert student.compiled(x).tolist() == [0, 2, 4, 6, 8]
    assert student.compiled_whole(x).tolist() == [1, 2, 3, 4, 5]
    student.loads_in_parallel(x)
    assert sorted(session.notes) == sorted(NOTES.values())


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


def test_what_a_model_shares_is_one_on_the_simulated_accelerator(student):
    model = student.Shared().to(simulated())
    assert len(list(model.parameters())) == 5
    assert model.third.weight is model.first.weight
    model(torch.ones(1, 2).to(simulated())).sum().backward()
    assert model.third.weight is model.first.weight
    assert model.first.weight.grad is not None
    with torch.no_grad():
        model.first.bias.fill_(0)


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


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc fills memory")
def test_what_nobody_has_written_to_holds_no_zeros(student):
    """Else an answer that leaves its parameters unwritten would be right by chance."""
    for tensor in student.unwritten():
        assert (tensor > 1e37).all()


def test_what_ran_is_seen(student, session):
    session.calls.begin()
    student.log_softmax(torch.ones(2, 2))
    assert not session.calls.ran
    session.calls.watching = True
    try:
        student.log_softmax(torch.ones(2, 2))
        student.train_once(student.Net(), F.cross_entropy, torch.ones(1, 3), torch.tensor([1]))
    finally:
        session.calls.watching = False
    ran = session.calls.ran
    assert ran["aten::exp"] == 1
    assert ran["torch.autograd.backward"] == 1
    assert ran["torch.nn.Linear"] > 0


def test_what_a_model_shares_is_one_and_a_model_is_described_at_once(student, session, monkeypatch):
    endpoint, described = session.endpoint(), []
    describe = type(endpoint).describe
    monkeypatch.setattr(
        type(endpoint), "describe", lambda self, n: described.append(n) or describe(self, n)
    )
    model = student.Shared()
    names = ["first.weight", "first.bias", "third.bias", "deep.1.0.weight", "deep.1.0.bias"]
    assert [name for name, _ in model.named_parameters()] == names
    assert model.first is model.second
    assert sum(isinstance(module, nn.Linear) for module in model.modules()) == 3
    assert len(described) == 1
    with torch.no_grad():
        model.first.weight.fill_(2.0)
    assert model.third.weight.sum() == 8
    assert model.state_dict()["second.weight"].sum() == 8


def test_a_module_is_described_again_only_when_it_was_touched(student, session, monkeypatch):
    endpoint, described = session.endpoint(), []
    describe = type(endpoint).describe
    monkeypatch.setattr(
        type(endpoint), "describe", lambda self, n: described.append(n) or describe(self, n)
    )
    model, other = student.Net(), session.lab.nn.Linear(2, 2)
    for net in (model, other):
        list(net.parameters())
    first = len(described)
    student.log_softmax(torch.ones(2, 2))
    model(torch.ones(2, 3))
    for net in (model, other):
        list(net.parameters())
    assert len(described) == first
    x, y = torch.ones(2, 3), torch.tensor([0, 1])
    before = model.weights.detach().clone()
    student.train_once(model, F.cross_entropy, x, y)
    assert not torch.equal(model.weights.detach(), before)
    list(other.parameters())
    assert len(described) <= first + 2
    seen = []

    def loss(output, target):
        seen.append(model.bias.detach().clone())
        return F.cross_entropy(output, target)

    student.train_once(model, loss, x, y)
    assert not torch.equal(seen[0], model.bias.detach())
    model.bias.data.fill_(3)
    assert model.state_dict()["bias"].tolist() == [3, 3]


def count_prelus():
    import gc

    return sum(type(thing) is nn.PReLU for thing in gc.get_objects())


@pytest.fixture
def asked(monkeypatch) -> list[str]:
    """The requests that were made, by their kind."""
    made = []
    exchange = Peer.exchange
    monkeypatch.setattr(
        Peer,
        "exchange",
        lambda self, request, blobs=(): (
            made.append(type(request).__name__) or exchange(self, request, blobs)
        ),
    )
    return made


def test_a_small_module_is_described_with_the_answer(student, session, asked):
    session.seed(0)
    model, x, y = student.Net(), torch.ones(2, 3), torch.tensor([0, 1])
    before = [parameter.detach().clone() for parameter in model.parameters()]
    student.train_once(model, F.cross_entropy, x, y)
    after = [parameter.detach() for parameter in model.parameters()]
    assert not any(map(torch.equal, before, after))
    large = session.lab.nn.Linear(784, 200)
    assert not any(asked.count(kind) for kind in ("Describe", "Get"))
    assert large.weight.shape == (200, 784)
    assert asked.count("Describe") == 1


def test_what_was_told_of_a_module_is_dropped_where_a_part_of_it_changes(student, session):
    for _ in range(2):
        session.seed(0)
        model = student.Shared()
        model(torch.ones(1, 2)).sum().backward()
        assert all(parameter.grad is not None for parameter in model.parameters())


def test_modules_that_nobody_asks_for_are_forgotten(student, session, asked):
    kept = []
    for seed in range(3):
        session.seed(seed)
        kept.append(session.lab.nn.Sequential(session.lab.nn.PReLU()))
    count = session.lab.define(count_prelus)
    assert count() == 3
    kept.clear()
    session.seed(3)  # the next test begins
    student.log_softmax(torch.ones(1, 2))
    assert count() == 0
    assert "Describe" not in asked


def test_a_thing_of_the_suite_is_defined_once_in_a_sandbox(session, asked):
    assert session.lab.define(twice) is session.lab.define(twice)
    assert asked.count("Define") == 1


def twice(x):
    return 2 * x


def test_writes_that_torch_does_not_count_are_seen(student, session):
    model = student.Net()
    weights = model.weights
    assert weights.sum() == 0
    student.through_data(weights)
    assert weights.sum() == -6
    (weights * 2).sum().backward()
    assert weights.grad.sum() == 12


def test_a_sandbox_is_asked_which_devices_it_can_use(forker, monkeypatch):
    asked = []
    fork = type(forker).fork
    monkeypatch.setattr(type(forker), "fork", lambda self: asked.append(1) or fork(self))
    real = torch.cuda.device_count() > 0 or torch.backends.mps.is_available()
    if not real:
        assert devices_of(forker) == frozenset()
        assert not asked
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    usable = devices_of(forker)
    assert asked
    assert usable <= ({"cuda", "mps"} if torch.backends.cuda.is_built() else {"mps"})


def test_a_crash_is_reported_and_the_next_call_has_a_new_sandbox(student):
    model = student.Net()
    with pytest.raises(Crashed, match="exit code 3"):
        student.ends_the_process()
    assert student.layout(torch.ones(2)) == ((1,), True)
    with pytest.raises(Gone):
        model(torch.ones(1, 3))


def test_an_endless_loop_is_ended_at_the_deadline(student, session):
    student.draws()
    session.deadline = time.monotonic() + 0.5
    with pytest.raises(TimedOut):
        student.loops()
    session.deadline = time.monotonic() + 60
    assert student.draws().shape == (3,)


def test_an_endless_backward_pass_is_ended_at_the_deadline(student, session):
    x = torch.ones(3, requires_grad=True)
    slope = student.never_goes_back(x)
    session.deadline = time.monotonic() + 0.5
    with pytest.raises(TimedOut):
        slope.sum().backward()


def test_what_student_code_prints_is_kept(student, session):
    student.prints()
    session.close()
    assert "hello from the student" in session.printed["answers"]


def test_a_missing_file_is_not_attempted(forker):
    """Nor is a sandbox started for it."""
    session = Session(forker, Submission("s", {}))
    with pytest.raises(NotImplementedError, match=r"no answers\.py"):
        session.enter("answers")


def test_what_is_pretended_holds_from_the_import_on(forker):
    files = {
        "answers.py": b"""
import helper, sys, torch

def best():
    now = "cuda" if torch.cuda.is_available() else "cpu"
    same = sys.modules["helper"].BEST == helper.BEST
    return now, helper.BEST, same

def move(model):
    model.to(helper.BEST)

def slope(w):
    (w ** 2).backward()
    return w.grad
""",
        "helper.py": b"import torch\nBEST = 'cuda' if torch.cuda.is_available() else 'cpu'\n",
    }
    session = Session(forker, Submission("s", files))
    session.deadline = time.monotonic() + 60
    student, best = session.enter("answers"), {}
    for kind in ("", "cuda", "cpu", "steep", ""):
        session.calls.pretending = kind
        best[kind] = student.best()
        if kind == "cuda":
            model = session.lab.nn.Linear(2, 1)
            student.move(model)
            assert model.weight.device == simulated()
        slope = student.slope(torch.tensor(3.0, requires_grad=True))
        assert slope.item() == (18 if kind == "steep" else 6)
    assert best["cuda"] == ("cuda", "cuda", False)  # `sys.modules` is for what isn't pretended
    assert best["cpu"] == best["steep"] == best[""] == ("cpu", "cpu", True)
    session.close()
