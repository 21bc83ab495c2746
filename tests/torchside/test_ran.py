"""What ran is seen however the code goes about it, and nothing else is."""

from __future__ import annotations

import copy
import inspect
import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import nn
from torch.cuda import is_available as imported_name
from torch.utils._python_dispatch import _disable_current_modes

from grader.torchside.ran import STOPPED, Ran

X = torch.randn(4, 3)
HIDDEN = SimpleNamespace(layer=nn.Linear(3, 2))
POOL = ThreadPoolExecutor(1)
POOL.submit(int).result()


def ran_in(work: Callable[[], Any]) -> Counter[str]:
    with Ran() as ran:
        work()
    assert STOPPED not in ran.names
    return ran.names


def leaf() -> torch.Tensor:
    return torch.ones(3, requires_grad=True)


# --- operators


def without_modes() -> None:
    with _disable_current_modes():
        F.log_softmax(X, 1)


def in_a_thread() -> None:
    thread = threading.Thread(target=lambda: F.log_softmax(X, 1))
    thread.start()
    thread.join()


def without_gradients() -> None:
    with torch.no_grad():
        F.log_softmax(X, 1)


def in_inference_mode() -> None:
    with torch.inference_mode():
        F.log_softmax(X, 1)


def beside_a_profiler() -> None:
    with torch.profiler.profile():
        pass
    F.log_softmax(X, 1)


def inside_a_profiler() -> None:
    with torch.profiler.profile() as profile:
        F.log_softmax(X, 1)
    assert "aten::_log_softmax" in {e.name for e in profile.events()}


@pytest.mark.parametrize(
    "work",
    [
        lambda: F.log_softmax(X, 1),
        lambda: getattr(F, "log_" + "softmax")(X, 1),
        lambda: X.log_softmax(1),
        lambda: torch.ops.aten._log_softmax.default(X, 1, False),
        lambda: nn.LogSoftmax(1)(X),
        lambda: F.cross_entropy(X, torch.tensor([0, 1, 2, 0])),
        lambda: torch.vmap(lambda x: F.log_softmax(x, 0))(X),
        lambda: torch.func.grad(lambda x: F.log_softmax(x, 0)[0])(X[0]),
        lambda: POOL.submit(F.log_softmax, X, 1).result(),
        without_modes,
        in_a_thread,
        without_gradients,
        in_inference_mode,
        beside_a_profiler,
        inside_a_profiler,
    ],
)
def test_an_operator_is_seen(work: Callable[[], Any]) -> None:
    assert ran_in(work)["aten::_log_softmax"] >= 1


def test_counts() -> None:
    assert ran_in(lambda: X.exp() @ X.T)["aten::exp"] == 1
    names = ran_in(lambda: [x.exp() for x in X])
    assert names["aten::exp"] == 4
    assert "aten::mm" not in names


def log_softmax(x: torch.Tensor) -> torch.Tensor:
    return x - x.exp().sum(-1, keepdim=True).log()


def test_ones_own_function_of_that_name_is_not_torchs() -> None:
    names = ran_in(lambda: log_softmax(X))
    assert not [name for name in names if "softmax" in name]


def test_what_code_announces_proves_nothing() -> None:
    def work() -> None:
        with torch.profiler.record_function("aten::_log_softmax"):
            X.exp()
        for _ in torch.utils.data.DataLoader([1, 2, 3]):
            pass

    names = ran_in(work)
    assert names["aten::exp"] == 1
    assert "aten::_log_softmax" not in names
    assert not [name for name in names if name.startswith(("torch.optim", "torch.nn", "profiler"))]


def test_only_the_block_counts() -> None:
    F.log_softmax(X, 1)
    with Ran() as ran:
        X.exp()
    F.log_softmax(X, 1)
    nn.Linear(1, 1)
    leaf().sum().backward()
    torch.cuda.is_available()
    assert set(ran.names) == {"aten::exp"}


def test_blocks_inside_each_other() -> None:
    with Ran() as outer:
        with Ran() as inner:
            X.exp()
        X.log()
    assert {"aten::exp", "aten::log"} <= set(outer.names)
    assert not inner.names


def test_an_exception_ends_the_block() -> None:
    with pytest.raises(ZeroDivisionError), Ran() as ran:
        X.exp()
        raise ZeroDivisionError
    assert ran.names["aten::exp"] == 1
    assert ran_in(lambda: X.log())["aten::exp"] == 0


def test_nothing_is_written(capfd: pytest.CaptureFixture[str]) -> None:
    ran_in(lambda: X.exp())
    assert capfd.readouterr() == ("", "")


def test_a_profiler_that_was_stopped_is_reported() -> None:
    with Ran() as ran:
        torch._C._autograd._disable_profiler()
        F.log_softmax(X, 1)
    assert ran.names[STOPPED] == 1


# --- modules


class Deep(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.__dict__["layer"] = nn.Linear(3, 2)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.__dict__["layer"](x)


class Derived(nn.Linear):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x @ self.weight.T


DERIVED = Derived(3, 2)


@pytest.mark.parametrize(
    "work",
    [
        lambda: nn.Linear(3, 2),
        lambda: getattr(nn, "Lin" + "ear")(3, 2),
        lambda: HIDDEN.layer(X),
        lambda: HIDDEN.layer.forward(X),
        lambda: nn.Linear.forward(HIDDEN.layer, X),
        lambda: copy.deepcopy(HIDDEN.layer)(X),
        lambda: torch.func.functional_call(HIDDEN.layer, {"bias": torch.zeros(2)}, (X,)),
        lambda: torch.vmap(HIDDEN.layer)(X),
        lambda: nn.LazyLinear(2)(X),
        lambda: nn.utils.skip_init(nn.Linear, 3, 2),
        lambda: nn.Sequential(nn.Linear(3, 2)),
        lambda: POOL.submit(HIDDEN.layer, X).result(),
        lambda: Derived(3, 2),
        lambda: DERIVED(X),
        Deep,
        lambda: Deep()(X),
    ],
)
def test_a_module_is_seen(work: Callable[[], Any]) -> None:
    assert ran_in(work)["torch.nn.Linear"] >= 1


def test_a_convolution_as_a_layer() -> None:
    names = ran_in(lambda: nn.Conv1d(3, 2, 1)(X.unsqueeze(2)))
    assert names["torch.nn.Conv1d"] >= 1
    assert names["aten::convolution"] == 1


class Linear(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(3, 2))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return F.linear(x, self.weight.T)


def test_ones_own_class_of_that_name_is_not_torchs() -> None:
    def work() -> None:
        model = Linear()
        model(X)
        assert not isinstance(model, nn.Linear)
        assert issubclass(nn.Linear, nn.Module)
        inspect.signature(nn.Linear)

    assert not [name for name in ran_in(work) if name.startswith("torch.nn")]


def test_classes_stay_as_they_are() -> None:
    before = nn.Linear.forward, nn.Linear.forward.__code__, nn.Module.__init__.__code__
    with Ran():
        assert inspect.getsource(nn.Linear.forward).strip().startswith("def forward")
        with pytest.raises(TypeError, match="missing 1 required positional argument"):
            nn.Linear(3)
    assert before == (nn.Linear.forward, nn.Linear.forward.__code__, nn.Module.__init__.__code__)


# --- optimizers

OPTIMIZERS = [
    torch.optim.SGD,
    torch.optim.Adam,
    torch.optim.AdamW,
    torch.optim.RMSprop,
    torch.optim.Adagrad,
]


@pytest.mark.parametrize("foreach", [False, True])
@pytest.mark.parametrize("cls", OPTIMIZERS)
def test_an_optimizer_is_seen(cls: Any, foreach: bool) -> None:
    p = leaf()
    optimizer = cls([p], lr=0.1, foreach=foreach)
    p.sum().backward()
    name = f"torch.optim.{cls.__name__}"
    names = ran_in(lambda: [optimizer.step() for _ in range(3)])
    assert names[f"{name}.step"] == 3
    assert name not in names
    assert ran_in(lambda: cls([p], lr=0.1))[name] == 1


def test_every_optimizer_is_known() -> None:
    p = leaf()
    for name in torch.optim.__all__:
        cls = getattr(torch.optim, name, None)
        if not isinstance(cls, type) or cls is torch.optim.Optimizer:
            continue
        parameters = [nn.Parameter(torch.ones(2, 2))] if name == "Muon" else [p]
        names = ran_in(lambda cls=cls, parameters=parameters: cls(parameters))
        assert names[f"torch.optim.{name}"] == 1


def test_a_function_that_makes_the_step() -> None:
    sgd: Any = torch.optim._functional.sgd  # type: ignore[attr-defined]
    settings = {"weight_decay": 0.0, "momentum": 0.0, "lr": 0.1, "dampening": 0.0}

    def work() -> None:
        sgd([torch.ones(2)], [torch.ones(2)], [None], **settings, nesterov=False, maximize=False)

    assert ran_in(work)["torch.optim.sgd.sgd"] == 1
    names = ran_in(lambda: torch._foreach_add_([torch.ones(2)], [torch.ones(2)], alpha=-0.1))
    assert names["aten::_foreach_add_"] == 1


class Own(torch.optim.Optimizer):
    def __init__(self, params: Any) -> None:
        super().__init__(params, {})

    def step(self, closure: Any = None) -> None:  # type: ignore[override]
        pass


class SGD:
    def step(self) -> None:
        pass


def test_ones_own_optimizer() -> None:
    names = ran_in(lambda: Own([leaf()]).step())
    assert {n for n in names if n.startswith("torch.optim")} == {"torch.optim.Optimizer"}
    assert not ran_in(lambda: SGD().step())


# --- passes of autograd

Y = leaf()


def twice() -> None:
    loss = (leaf() ** 2).sum()
    loss.backward(retain_graph=True)
    loss.backward()


@pytest.mark.parametrize(
    ("work", "passes"),
    [
        (lambda: (leaf() ** 2).sum().backward(), 1),
        (lambda: torch.autograd.backward((leaf() ** 2).sum()), 1),
        (lambda: torch.autograd.grad((Y**2).sum(), Y), 1),
        (lambda: torch.func.grad(lambda x: (x**2).sum())(X), 1),
        (lambda: torch.func.vjp(lambda x: (x**2).sum(), X)[1](torch.tensor(1.0)), 1),
        (lambda: POOL.submit((leaf() ** 2).sum().backward).result(), 1),
        (twice, 2),
        (lambda: leaf().sum(), 0),
        (lambda: X.exp(), 0),
    ],
)
def test_passes_are_counted(work: Callable[[], Any], passes: int) -> None:
    names = ran_in(work)
    assert names["torch.autograd.backward"] == passes
    assert any(name.startswith("autograd::") for name in names) == bool(passes)


def test_nodes_are_named() -> None:
    names = ran_in(lambda: F.log_softmax(leaf(), 0).sum().backward())
    assert names["autograd::LogSoftmaxBackward0"] == 1
    assert names["autograd::AccumulateGrad"] == 1


# --- questions about devices


@pytest.mark.parametrize(
    ("work", "name"),
    [
        (lambda: torch.cuda.is_available(), "torch.cuda.is_available"),
        (lambda: imported_name(), "torch.cuda.is_available"),
        (lambda: getattr(torch, "cu" + "da").device_count(), "torch.cuda.device_count"),
        (lambda: torch.backends.mps.is_available(), "torch.backends.mps.is_available"),
        (lambda: torch.accelerator.is_available(), "torch.accelerator.is_available"),
        (
            lambda: torch.accelerator.current_accelerator(),
            "torch.accelerator.current_accelerator",
        ),
    ],
)
def test_questions_about_devices_are_seen(work: Callable[[], Any], name: str) -> None:
    torch.backends.mps.is_available()  # which remembers its answer
    assert {n for n in ran_in(work) if n.startswith("torch.")} == {name}


def test_torchs_own_questions_dont_count() -> None:
    def work() -> None:
        for _ in torch.utils.data.DataLoader([1, 2, 3]):
            pass
        p = leaf()
        p.sum().backward()
        torch.optim.Adam([p]).step()

    names = ran_in(work)
    assert not [n for n in names if "available" in n or "accelerator" in n or "device_count" in n]


# --- the compiler


def test_compiled_code_is_seen() -> None:
    model: Any = torch.compile(nn.Linear(3, 2), backend="eager")
    model(X)
    names = ran_in(lambda: model(X))
    assert names["torch.nn.Linear"] >= 1
    assert names["aten::linear"] >= 1
    compiled = ran_in(lambda: torch.compile(lambda x: x.log_softmax(1))(X))
    assert compiled["aten::_log_softmax"] == 1
    torch.testing.assert_close(model(X), model._orig_mod(X))
