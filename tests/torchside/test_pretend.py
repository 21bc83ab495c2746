"""Code in every style of looking for a device ends up on the simulated accelerator."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import nn
from torch.cuda import is_available as cuda_is_there

from grader.torchside.accelerator import fallback_reason, is_simulated, simulated
from grader.torchside.pretend import KINDS, pretend
from grader.torchside.ran import Ran

pytestmark = pytest.mark.skipif(not is_simulated(), reason=fallback_reason())


# --- styles of looking: each gives what a model and data are moved with


def conditional() -> Any:
    return "cuda" if torch.cuda.is_available() else "mps" if mps() else "cpu"


def mps() -> bool:
    return torch.backends.mps.is_available()


def a_device() -> Any:
    return torch.device("cuda" if torch.cuda.is_available() else "mps" if mps() else "cpu")


def a_device_with_an_index() -> Any:
    return torch.device("cuda:0" if torch.cuda.is_available() else "mps:0" if mps() else "cpu")


def an_f_string() -> Any:
    kind = "cuda" if torch.cuda.is_available() else "mps" if mps() else None
    return f"{kind}:{0}" if kind else "cpu"


def two_arguments() -> Any:
    for kind in ("cuda", "mps"):
        if getattr(torch, kind).device_count() > 0:
            return torch.device(kind, 0)
    return torch.device("cpu")


def the_accelerator() -> Any:
    if torch.accelerator.is_available():
        return torch.accelerator.current_accelerator()
    return torch.device("cpu")


def the_accelerator_or() -> Any:
    return torch.accelerator.current_accelerator() or "cpu"


def its_type() -> Any:
    there = torch.accelerator.is_available()
    return torch.accelerator.current_accelerator().type if there else "cpu"  # type: ignore[union-attr]


def an_imported_name() -> Any:
    return "cuda" if cuda_is_there() else "mps" if mps() else "cpu"


def by_getattr() -> Any:
    for name in ("cuda", "mps"):
        backend = getattr(torch, name) if name == "cuda" else getattr(torch.backends, name)
        if backend.is_available():
            return name
    return "cpu"


def the_default() -> Any:
    return torch.get_default_device()


def the_default_that_was_set() -> Any:
    torch.set_default_device(the_accelerator())
    try:
        return torch.get_default_device()
    finally:
        torch.set_default_device(None)


STYLES = [
    conditional,
    a_device,
    a_device_with_an_index,
    an_f_string,
    two_arguments,
    the_accelerator,
    the_accelerator_or,
    its_type,
    an_imported_name,
    by_getattr,
    the_default_that_was_set,
]


def train(model: nn.Module, x: torch.Tensor, y: torch.Tensor, device: Any) -> list[float]:
    model.to(device)
    x, y = x.to(device), y.to(device)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    losses = []
    for _ in range(3):
        loss = F.mse_loss(model(x), y)
        losses.append(loss.item())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return losses


def problem() -> tuple[nn.Module, torch.Tensor, torch.Tensor]:
    torch.manual_seed(0)
    return nn.Linear(3, 1), torch.randn(8, 3), torch.randn(8, 1)


@pytest.mark.parametrize("kind", ["cuda", "mps"])
@pytest.mark.parametrize("style", STYLES)
def test_training_ends_up_there(style: Callable[[], Any], kind: str) -> None:
    model, x, y = problem()
    expected = train(*problem(), "cpu")
    with pretend(kind):
        device = style()
        assert torch.device(device).type == kind
        losses = train(model, x, y, device)
        assert next(model.parameters()).device == torch.device(kind, 0)
    assert all(p.device == simulated() for p in model.parameters())
    assert losses == expected


@pytest.mark.parametrize("style", [*STYLES, the_default])
def test_nothing_is_there(style: Callable[[], Any]) -> None:
    simulated()
    model, x, y = problem()
    with pretend("cpu"):
        assert torch.device(style()).type == "cpu"
        train(model, x, y, style())
    assert all(p.is_cpu for p in model.parameters())


def of(x: torch.Tensor) -> list[torch.Tensor]:
    """A tensor on the device by each way there is."""
    cuda = torch.device("cuda")
    with torch.device("cuda"):
        in_a_block = torch.zeros(2), torch.tensor([1.0]), nn.Linear(1, 1).weight
    torch.set_default_device("cuda")
    by_default = torch.zeros(2), nn.Linear(1, 1).weight
    torch.set_default_device(None)
    with torch.no_grad():
        module = nn.Linear(1, 1).cuda().weight, nn.Linear(1, 1, device=cuda).weight
    return [
        *(x.to("cuda"), x.to(cuda), x.to("cuda:0"), x.to(device="cuda"), x.to(cuda, torch.float64)),
        *(x.to("cuda", non_blocking=True), x.cuda(), x.cuda(0), x.cuda("cuda:0"), x.cuda(cuda)),
        *(x.to(0), x.to(torch.device(0)), torch.zeros(2, device=0), nn.Linear(1, 1).to(0).weight),
        *(x.cuda(non_blocking=True), x.to(x.cuda()), x.to(x.cuda().device), x.pin_memory().cuda()),
        *(torch.zeros(2, device="cuda"), torch.tensor([1.0], device=cuda)),
        *(torch.as_tensor([1.0], device="cuda"), torch.randn(2, device=x.cuda().device)),
        *(torch.zeros_like(x, device="cuda"), torch.zeros_like(x.cuda()), x.new_zeros(2).cuda()),
        *(x.cuda() + 1, x.cuda().clone(), nn.Parameter(x.cuda()), torch.arange(3, device=cuda)),
        *(nn.Linear(1, 1).to("cuda").weight, nn.Linear(1, 1).to(x.cuda().device).weight),
        *(nn.Linear(1, 1).to(device="cuda", dtype=torch.float64).weight, *module),
        *(*in_a_block, *by_default),
    ]


def test_every_way_to_the_device() -> None:
    with pretend("cuda"):
        there = of(torch.ones(2))
        for tensor in there:
            assert tensor.device == torch.device("cuda:0")
            assert tensor.device.type == "cuda"
            assert tensor.is_cuda
            assert not tensor.is_cpu
            assert not tensor.is_mps
            assert tensor.get_device() == 0
            assert "device='cuda:0'" in repr(tensor)
            assert tensor.cpu().device.type == "cpu"
            assert tensor.cpu().get_device() == -1
            assert not tensor.cpu().is_cuda
            with pytest.raises(TypeError, match="can't convert"):
                tensor.detach().numpy()
    assert all(tensor.device == simulated() for tensor in there)


def test_tensors_left_behind_are_an_error() -> None:
    model, x, _ = problem()
    with pretend("cuda"), pytest.raises(RuntimeError, match="Expected all tensors to be on the sa"):
        model.to("cuda")(x)


@pytest.mark.parametrize("name", ["cudax", "cuda:x", "cud", "cuda:1", "gpu", "mps"])
def test_other_names_are_errors(name: str) -> None:
    with pretend("cuda"):
        for use in (
            lambda: torch.ones(2).to(name),
            lambda: torch.zeros(2, device=name),
            lambda: nn.Linear(1, 1).to(name),
            lambda: torch.ones(2).to(torch.device(name)),
        ):
            with pytest.raises((RuntimeError, NotImplementedError)):
                use()


@pytest.mark.parametrize("kind", KINDS)
def test_what_else_code_asks(kind: str) -> None:
    backend: Any = getattr(torch, kind)
    with pretend(kind):
        assert torch.cuda.is_available() == (kind == "cuda")
        assert torch.backends.mps.is_available() == (kind == "mps")
        assert torch.accelerator.device_count() == 1
        assert torch.accelerator.current_accelerator() == torch.device(kind)
        backend.manual_seed(0)
        backend.synchronize()
        backend.empty_cache()
        if kind != "mps":
            assert backend.current_device() == 0
            assert backend.get_device_name()


@pytest.mark.parametrize("optimizer", [torch.optim.SGD, torch.optim.Adam, torch.optim.AdamW])
def test_optimizers(optimizer: Any) -> None:
    def losses(device: str) -> list[float]:
        model, x, y = problem()
        steps = optimizer(model.to(device).parameters(), lr=0.1)
        found = []
        for _ in range(3):
            loss = F.mse_loss(model(x.to(device)), y.to(device))
            steps.zero_grad()
            torch.autograd.backward(loss)
            steps.step()
            found.append(loss.item())
        return found

    with pretend("cuda"):
        assert losses("cuda") == losses("cpu")


def test_all_is_as_before() -> None:
    before = torch.cuda.is_available(), torch.backends.mps.is_available()
    codes = torch.cuda.is_available.__code__, torch.set_default_device.__code__
    with pytest.raises(ZeroDivisionError), pretend("cuda"):
        assert torch.cuda.is_available()
        raise ZeroDivisionError
    assert before == (torch.cuda.is_available(), torch.backends.mps.is_available())
    assert codes == (torch.cuda.is_available.__code__, torch.set_default_device.__code__)
    assert torch.zeros(1).device.type == "cpu"
    with pytest.raises(ValueError, match="cudax"), pretend("cudax"):
        pass


def test_blocks_inside_each_other() -> None:
    with pretend("cuda"):
        with pretend("cpu"):
            assert not torch.cuda.is_available()
        with pretend("mps"):
            assert the_accelerator() == torch.device("mps")
        assert the_accelerator() == torch.device("cuda")


def test_what_ran_is_seen_meanwhile() -> None:
    model, x, y = problem()
    with pretend("cuda"), Ran() as ran:
        train(model, x, y, conditional())
    assert all(p.device == simulated() for p in model.parameters())
    assert ran.names["torch.cuda.is_available"] == 1
    assert ran.names["torch.optim.SGD.step"] == 3
